package org.hitotsu.forwarder.backend.common;

import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.IntSupplier;
import org.hitotsu.forwarder.backend.PagePort.Denial;
import org.hitotsu.forwarder.nativecall.Linux;
import org.hitotsu.forwarder.nativecall.ProcFiles;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The memory mappings of a process, read from /proc/PID/maps (proc(5)) and kept until {@link #changed}.
 *
 * <p>Every change that removes or narrows a mapping is a protocol operation, after which {@link #changed} is called, so
 * a mapping found here exists. One that is not found may be new (an mmap that replaces nothing is not reported, and the
 * stack grows by itself), so a miss reads the file again.
 */
public final class VmaTable {
    /**
     * One mapping.
     *
     * @param start first address
     * @param end address behind the last
     * @param file device, inode and name, as the line has them; the same for all mappings of a file
     * @param name which is a part of {@code file}
     */
    public record Vma(
            long start,
            long end,
            boolean readable,
            boolean writable,
            boolean shared,
            Kind kind,
            String file,
            String name) {
        private Vma as(Kind other) {
            return new Vma(start, end, readable, writable, shared, other, file, name);
        }

        private Vma part(long from, long to) {
            return new Vma(from, to, readable, writable, shared, kind, file, name);
        }
    }

    public enum Kind {
        ANONYMOUS,
        FILE,
        SPECIAL
    }

    private static final Logger LOG = LoggerFactory.getLogger(VmaTable.class);

    private final IntSupplier task;
    private final long hiddenStart;
    private final long hiddenEnd;
    private TreeMap<Long, Vma> byStart = new TreeMap<>();
    private boolean stale = true;
    /** The last look found nothing to see: byStart is empty, and says nothing. */
    private boolean unseen;

    /** Ranges that the program's userfaultfd has or takes pages from, start → end. None touches another. */
    private final TreeMap<Long, Long> reserved = new TreeMap<>();
    /** Pages that stay here. Not mappings of their own: each is registered with userfaultfd whole, which shows in maps. */
    private final Set<Long> kept = new HashSet<>();

    /** @param task names any thread of the process that has not ended; asked for each look */
    public VmaTable(IntSupplier task) {
        this(task, 0, 0);
    }

    /** A table that leaves out what is mapped in a range of the daemon's own. */
    public VmaTable(IntSupplier task, long hiddenStart, long hiddenEnd) {
        this.task = task;
        this.hiddenStart = hiddenStart;
        this.hiddenEnd = hiddenEnd;
    }

    /** What is known may be wrong from now on. */
    public void changed() {
        stale = true;
    }

    /**
     * What is in this range is {@link Kind#SPECIAL} from now on, as a mapping of its own, until nothing is mapped there any more.
     */
    public void reserve(long start, long end) {
        Ranges.join(reserved, start, end);
        stale = true;
    }

    /** A page is {@link #isKept} from now on, until nothing is mapped there any more. */
    public void keep(long page) {
        kept.add(page);
        // Or else a program that no other node asks for anything could let them become ever more.
        find(page << Linux.PAGE_SHIFT);
    }

    /** The mappings as they are now, by their starts; not changed any more. */
    NavigableMap<Long, Vma> now() {
        read();
        return byStart;
    }

    /** Asks for no other look at the mappings: of a page that is not mapped any more it may say yes. */
    public boolean isKept(long page) {
        return kept.contains(page);
    }

    /** Any thread of the process that has not ended. */
    int task() {
        return task.getAsInt();
    }

    /** Whether a mapping of this table lies in a range that {@link #reserve} has named. */
    boolean isReserved(Vma vma) {
        return Ranges.overlaps(reserved, vma.start(), vma.end());
    }

    /** The mappings that have addresses from {@code start} to before {@code end}. */
    public List<Vma> overlapping(long start, long end) {
        read();
        return byStart.headMap(end, false).values().stream()
                .filter(vma -> start < vma.end())
                .toList();
    }

    /** The mapping that holds {@code address}, or null. */
    public @Nullable Vma find(long address) {
        if (!stale) {
            Vma known = lookup(address);
            if (known != null) {
                return known;
            }
        }
        read();
        return lookup(address);
    }

    private @Nullable Vma lookup(long address) {
        Map.Entry<Long, Vma> entry = byStart.floorEntry(address);
        return entry != null && address < entry.getValue().end() ? entry.getValue() : null;
    }

    /**
     * Whether the last look at the mappings failed, as of a thread that is ending: no mapping is found then, so that no other node
     * gets a page of what can't be seen, but each may be there all the same.
     */
    boolean isUnseen() {
        return unseen;
    }

    private void read() {
        List<Vma> seen = List.of();
        try {
            seen = parse(ProcFiles.lines(Path.of("/proc/" + task() + "/maps")));
        } catch (NoSuchFileException e) {
            LOG.debug("mappings of a task that has ended: {}", e.getMessage());
        } catch (IOException e) {
            LOG.error("mappings can't be read, so no other node gets a page of them: {}", e.getMessage());
        }
        // A task that has left its memory already has an empty file (proc_maps_open(), m_start()).
        unseen = seen.isEmpty();
        if (unseen) {
            byStart = new TreeMap<>();
            stale = true;
            return;
        }
        TreeMap<Long, Vma> fresh = new TreeMap<>();
        for (Vma vma : seen) {
            if (vma.start() < hiddenStart || vma.start() >= hiddenEnd) {
                fresh.put(vma.start(), vma);
            }
        }
        reserved.entrySet().removeIf(range -> !divide(fresh, range.getKey(), range.getValue()));
        byStart = fresh;
        stale = false;
        kept.removeIf(page -> lookup(page << Linux.PAGE_SHIFT) == null);
    }

    /**
     * Makes what the mappings have in a range special mappings.
     *
     * @return whether they have anything there
     */
    static boolean divide(TreeMap<Long, Vma> mappings, long start, long end) {
        Map.Entry<Long, Vma> before = mappings.lowerEntry(start);
        long first = before == null ? start : before.getKey();
        List<Vma> concerned = mappings.subMap(first, end).values().stream()
                .filter(vma -> start < vma.end())
                .toList();
        for (Vma vma : concerned) {
            mappings.remove(vma.start());
            long from = Math.max(start, vma.start());
            long to = Math.min(end, vma.end());
            for (Vma part : List.of(
                    vma.part(vma.start(), from), vma.part(from, to).as(Kind.SPECIAL), vma.part(to, vma.end()))) {
                if (part.start() < part.end()) {
                    mappings.put(part.start(), part);
                }
            }
        }
        return !concerned.isEmpty();
    }

    /** Parses lines of /proc/PID/maps. */
    public static List<Vma> parse(List<String> lines) {
        return parse(lines, ProtectionKeys.available());
    }

    /** @param keys whether this processor has protection keys */
    static List<Vma> parse(List<String> lines, boolean keys) {
        return lines.stream().map(line -> parseLine(line, keys)).toList();
    }

    private static Vma parseLine(String line, boolean keys) {
        int dash = line.indexOf('-');
        int space = line.indexOf(' ', dash);
        long start = Long.parseUnsignedLong(line, 0, dash, 16);
        long end = Long.parseUnsignedLong(line, dash + 1, space, 16);
        String[] fields = line.substring(space + 1).split(" +", 5);
        String protection = fields[0];
        String name = fields.length > 4 ? fields[4] : "";
        // The kernel gives memory that is only to be executed a key by itself (execute_only_pkey(), mm/mmap.c).
        boolean executeOnly = keys && protection.startsWith("--x");
        boolean special = name.startsWith("[v") || executeOnly;
        boolean file = !"0".equals(fields[3]) || name.startsWith("/");
        Kind kind = special ? Kind.SPECIAL : file ? Kind.FILE : Kind.ANONYMOUS;
        return new Vma(
                start,
                end,
                protection.charAt(0) == 'r' || protection.charAt(2) == 'x',
                protection.charAt(1) == 'w',
                protection.charAt(3) == 's',
                kind,
                fields[2] + " " + fields[3] + " " + name,
                name);
    }

    /** Why another node may not have this access; null if it may. */
    public static @Nullable Denial denial(@Nullable Vma vma, boolean write) {
        if (vma == null) {
            return Denial.UNMAPPED;
        }
        if (vma.kind() == Kind.SPECIAL) {
            return Denial.SPECIAL_MAPPING;
        }
        if (vma.shared()) {
            return Denial.SHARED_MAPPING;
        }
        return (write ? vma.writable() : vma.readable()) ? null : Denial.PROTECTED;
    }
}
