package org.hitotsu.forwarder.backend.common;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.hitotsu.forwarder.nativecall.Linux;
import org.hitotsu.forwarder.nativecall.ProcFiles;

/** Protection keys for memory (pkeys(7)). */
public final class ProtectionKeys {
    private static final String KEY = "ProtectionKey:";
    private static final boolean AVAILABLE = probe();

    private ProtectionKeys() {}

    /** Whether this computer has them. */
    public static boolean available() {
        return AVAILABLE;
    }

    private static boolean probe() {
        long key = Linux.call(Linux.NR_PKEY_ALLOC, 0, 0, 0);
        return key >= 0 && Linux.call(Linux.NR_PKEY_FREE, key, 0, 0) == 0;
    }

    /**
     * Whether a running process has given keys to memory. The kernel looks at every page of the process for that: some seconds
     * for one of 100 GB. Not for an event loop.
     */
    public static boolean inUse(int pid) throws IOException {
        return AVAILABLE && inUse(ProcFiles.lines(Path.of("/proc/" + pid + "/smaps")));
    }

    /** Looks through lines of /proc/PID/smaps. */
    static boolean inUse(List<String> lines) {
        String mapping = "";
        for (String line : lines) {
            // Names of values begin with a capital letter, mappings with a lower-case hexadecimal digit.
            if (!Character.isUpperCase(line.charAt(0))) {
                mapping = line;
            } else if (line.startsWith(KEY)
                    && !"0".equals(line.substring(KEY.length()).trim())
                    // To memory that is only executed the kernel gives one by itself (execute_only_pkey(), mm/mmap.c).
                    && !mapping.contains(" --x")) {
                return true;
            }
        }
        return false;
    }
}
