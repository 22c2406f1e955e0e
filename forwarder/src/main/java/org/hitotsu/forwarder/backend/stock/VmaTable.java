package org.hitotsu.forwarder.backend.stock;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.hitotsu.forwarder.backend.PagePort.Denial;
import org.jspecify.annotations.Nullable;

/**
 * The memory mappings of a process, read from /proc/PID/maps (proc(5)) and kept until {@link #changed}.
 *
 * <p>Every change that removes or narrows a mapping is a protocol operation, after which {@link #changed} is called, so
 * a mapping found here exists. One that is not found may be new (an mmap that replaces nothing is not reported, and the
 * stack grows by itself), so a miss reads the file again.
 */
final class VmaTable {
    /**
     * One mapping.
     *
     * @param start first address
     * @param end address behind the last
     */
    record Vma(long start, long end, boolean readable, boolean writable, boolean shared, Kind kind, String name) {}

    enum Kind {
        ANONYMOUS,
        FILE,
        SPECIAL
    }

    private final Path maps;
    private TreeMap<Long, Vma> byStart = new TreeMap<>();
    private boolean stale = true;

    VmaTable(int pid) {
        maps = Path.of("/proc/" + pid + "/maps");
    }

    void changed() {
        stale = true;
    }

    /** The mapping that holds {@code address}, or null. */
    @Nullable
    Vma find(long address) {
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

    private void read() {
        TreeMap<Long, Vma> fresh = new TreeMap<>();
        try {
            for (Vma vma : parse(Files.readAllLines(maps))) {
                fresh.put(vma.start(), vma);
            }
        } catch (IOException e) {
            // The process has ended; nothing is mapped any more.
            fresh.clear();
        }
        byStart = fresh;
        stale = false;
    }

    /** Parses lines of /proc/PID/maps; those of the agent's own region are left out. */
    static List<Vma> parse(List<String> lines) {
        return lines.stream()
                .map(VmaTable::parseLine)
                .filter(vma -> vma.start() < StockLayout.AGENT_BASE || vma.start() >= StockLayout.AGENT_END)
                .toList();
    }

    private static Vma parseLine(String line) {
        int dash = line.indexOf('-');
        int space = line.indexOf(' ', dash);
        long start = Long.parseUnsignedLong(line, 0, dash, 16);
        long end = Long.parseUnsignedLong(line, dash + 1, space, 16);
        String[] fields = line.substring(space + 1).split(" +", 5);
        String protection = fields[0];
        String name = fields.length > 4 ? fields[4] : "";
        boolean kernels = name.startsWith("[v");
        boolean file = !"0".equals(fields[3]) || name.startsWith("/");
        Kind kind = kernels ? Kind.SPECIAL : file ? Kind.FILE : Kind.ANONYMOUS;
        return new Vma(
                start,
                end,
                protection.charAt(0) == 'r' || protection.charAt(2) == 'x',
                protection.charAt(1) == 'w',
                protection.charAt(3) == 's',
                kind,
                name);
    }

    /** Why another node may not have this access; null if it may. */
    static @Nullable Denial denial(@Nullable Vma vma, boolean write) {
        if (vma == null) {
            return Denial.UNMAPPED;
        }
        if (vma.kind() == Kind.SPECIAL) {
            return Denial.SPECIAL_MAPPING;
        }
        if (vma.shared()) {
            return Denial.SHARED_MAPPING;
        }
        if (write ? !vma.writable() : !vma.readable()) {
            return Denial.PROTECTED;
        }
        // A private file mapping's pages can't be write-protected from outside, so a writable one can't be shared. A
        // read-only one holds the file's bytes (or the program's own, from when it was writable) and can be copied.
        return vma.kind() == Kind.FILE && vma.writable() ? Denial.FILE_MAPPING : null;
    }
}
