package org.hitotsu.forwarder.backend.stock;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.IntConsumer;
import java.util.function.IntSupplier;

/**
 * Which ranges of a program's memory are copies of files, and of which bytes of them: what the mappings that the program
 * made would tell if they were still the files'. Addresses and lengths are of whole pages. Any thread that has it to itself.
 */
final class FileCopies {
    /** Each is a descriptor of the daemon's, until no range has any of its bytes. */
    private static final int MAX_FILES = 256;

    private final IntConsumer close;
    private final TreeMap<Long, Copy> byStart = new TreeMap<>();
    private final Map<Object, KeptFile> files = new HashMap<>();

    /** A file of which there are copies. */
    private static final class KeptFile {
        final Object key;
        final int fd;
        int copies;

        KeptFile(Object key, int fd) {
            this.key = key;
            this.fd = fd;
        }
    }

    private record Copy(long start, long end, KeptFile file, long offset) {
        /** The part that begins and ends where it says, in this one. */
        Copy part(long from, long to) {
            return new Copy(from, to, file, offset + (from - start));
        }

        Range range() {
            return new Range(start, end, file.fd, offset);
        }
    }

    /**
     * A range with a file's bytes.
     *
     * @param fd what {@link #add} has got for it
     * @param offset in the file, of its first byte
     */
    record Range(long start, long end, int fd, long offset) {}

    /** @param close gets each descriptor that is not needed any more */
    FileCopies(IntConsumer close) {
        this.close = close;
    }

    /**
     * A range that had nothing, or nothing any more, is a copy.
     *
     * @param key says which file it is
     * @param open makes a descriptor for it if there is none yet, or {@code -errno}, with which nothing is added
     */
    void add(long start, long end, Object key, IntSupplier open, long offset) {
        forget(start, end);
        KeptFile file = files.get(key);
        if (file == null) {
            int fd = files.size() < MAX_FILES ? open.getAsInt() : -1;
            if (fd < 0) {
                return;
            }
            file = new KeptFile(key, fd);
            files.put(key, file);
        }
        put(new Copy(start, end, file, offset));
    }

    /** A mapping has grown behind {@code end}, up to which it was: so does the copy that ended there, if there is one. */
    void grow(long end, long newEnd) {
        forget(end, newEnd);
        Map.Entry<Long, Copy> before = byStart.lowerEntry(end);
        if (before != null && before.getValue().end() == end) {
            put(before.getValue().part(end, newEnd));
        }
    }

    /** There is no copy in a range: it was unmapped, or something else was mapped there. */
    void forget(long start, long end) {
        for (Copy copy : overlapping(start, end)) {
            byStart.remove(copy.start());
            // First: or else the file would be given up.
            if (copy.start() < start) {
                put(copy.part(copy.start(), start));
            }
            if (copy.end() > end) {
                put(copy.part(end, copy.end()));
            }
            drop(copy.file());
        }
    }

    /**
     * What was in a range, of {@code length} bytes, is in another one which does not overlap it.
     *
     * @param stays whether the range keeps its mappings, which have the same bytes of the files
     */
    void move(long from, long length, long to, boolean stays) {
        List<Copy> moved = overlapping(from, from + length);
        List<Copy> there = new ArrayList<>();
        for (Copy copy : moved) {
            Copy part = copy.part(Math.max(copy.start(), from), Math.min(copy.end(), from + length));
            there.add(new Copy(part.start() - from + to, part.end() - from + to, part.file(), part.offset()));
            part.file().copies++;
        }
        forget(to, to + length);
        if (!stays) {
            forget(from, from + length);
        }
        for (Copy copy : there) {
            put(copy);
            drop(copy.file());
        }
    }

    /** The copies in a range, cut to it, in the order of their addresses. */
    List<Range> in(long start, long end) {
        return overlapping(start, end).stream()
                .map(copy -> copy.part(Math.max(copy.start(), start), Math.min(copy.end(), end)))
                .map(Copy::range)
                .toList();
    }

    /** As {@link #in}, but not cut. */
    List<Range> touching(long start, long end) {
        return overlapping(start, end).stream().map(Copy::range).toList();
    }

    boolean isEmpty() {
        return byStart.isEmpty();
    }

    void clear() {
        forget(0, Long.MAX_VALUE);
    }

    private List<Copy> overlapping(long start, long end) {
        if (start >= end) {
            return List.of();
        }
        Map.Entry<Long, Copy> before = byStart.lowerEntry(start);
        long first = before == null ? start : before.getKey();
        return byStart.subMap(Math.min(first, start), end).values().stream()
                .filter(copy -> copy.end() > start)
                .toList();
    }

    private void put(Copy copy) {
        byStart.put(copy.start(), copy);
        copy.file().copies++;
    }

    private void drop(KeptFile file) {
        file.copies--;
        if (file.copies == 0) {
            files.remove(file.key);
            close.accept(file.fd);
        }
    }
}
