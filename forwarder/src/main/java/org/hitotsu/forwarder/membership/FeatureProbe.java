package org.hitotsu.forwarder.membership;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;
import org.hitotsu.forwarder.nativecall.ProcFiles;

/** Reads from /proc what other nodes are to know of this one. Its calls read files; not for a busy event loop. */
public final class FeatureProbe {

    /** Index of the page size in the auxiliary vector (getauxval(3)). */
    private static final long AT_PAGESZ = 6;

    private FeatureProbe() {}

    /**
     * Features of this machine.
     *
     * @param backends back-ends that work here, best first
     * @param xstateBytes size of the XSAVE area, 0 if unknown
     * @param cpus processors offered
     * @throws IOException if /proc can't be read
     */
    public static NodeFeatures features(List<String> backends, int xstateBytes, int cpus) throws IOException {
        return new NodeFeatures(
                cpuFlags(ProcFiles.lines(Path.of("/proc/cpuinfo"))),
                xstateBytes,
                ProcFiles.text(Path.of("/proc/sys/kernel/osrelease")).strip(),
                pageBytes(Files.readAllBytes(Path.of("/proc/self/auxv"))),
                backends,
                cpus);
    }

    /** Id of this boot of the machine (random(4)). */
    public static String bootId() throws IOException {
        return ProcFiles.text(Path.of("/proc/sys/kernel/random/boot_id")).strip();
    }

    /** The flags every processor has. */
    static SortedSet<String> cpuFlags(List<String> cpuinfo) {
        TreeSet<String> common = new TreeSet<>();
        boolean first = true;
        for (String line : cpuinfo) {
            if (!line.startsWith("flags")) {
                continue;
            }
            List<String> flags =
                    Arrays.asList(line.substring(line.indexOf(':') + 1).strip().split(" "));
            if (first) {
                common.addAll(flags);
                first = false;
            } else {
                common.retainAll(flags);
            }
        }
        return common;
    }

    /** The page size an auxiliary vector gives, 0 if it gives none. */
    static int pageBytes(byte[] auxv) {
        ByteBuffer words = ByteBuffer.wrap(auxv).order(ByteOrder.nativeOrder());
        while (words.remaining() >= 2 * Long.BYTES) {
            long key = words.getLong();
            long value = words.getLong();
            if (key == AT_PAGESZ) {
                return Math.toIntExact(value);
            }
        }
        return 0;
    }
}
