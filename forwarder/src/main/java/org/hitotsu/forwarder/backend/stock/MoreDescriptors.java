package org.hitotsu.forwarder.backend.stock;

import java.io.IOException;
import java.nio.file.Path;
import org.hitotsu.forwarder.nativecall.Linux;
import org.hitotsu.forwarder.nativecall.NativeMemory;
import org.hitotsu.forwarder.nativecall.ProcFiles;

/**
 * Lets a stopped program have as many descriptors as the kernel allows, until it is closed: those below its own limit may all
 * be in use. Above its hard limit only if the daemon may do that (CAP_SYS_RESOURCE). Any thread.
 */
final class MoreDescriptors implements AutoCloseable {
    private static final int NOFILE = 7;

    private final int pid;
    private final NativeMemory before = new NativeMemory(16);
    private final boolean raised;

    MoreDescriptors(int pid) {
        this.pid = pid;
        this.raised = raise(pid, before);
    }

    /** For a process that is the daemon's affair alone. */
    static void forGood(int pid) {
        try (NativeMemory before = new NativeMemory(16)) {
            raise(pid, before);
        }
    }

    private static boolean raise(int pid, NativeMemory before) {
        return Linux.call(Linux.NR_PRLIMIT64, pid, NOFILE, 0, before.address(), 0, 0) == 0
                && (set(pid, most()) || set(pid, NativeMemory.getLong(before.address() + 8)));
    }

    /** More is refused even to those who may do anything. */
    private static long most() {
        try {
            return Long.parseLong(
                    ProcFiles.text(Path.of("/proc/sys/fs/nr_open")).strip());
        } catch (IOException | NumberFormatException e) {
            return 0;
        }
    }

    private static boolean set(int pid, long limit) {
        try (NativeMemory limits = new NativeMemory(16)) {
            NativeMemory.putLong(limits.address(), limit);
            NativeMemory.putLong(limits.address() + 8, limit);
            return limit > 0 && Linux.call(Linux.NR_PRLIMIT64, pid, NOFILE, limits.address(), 0, 0, 0) == 0;
        }
    }

    @Override
    public void close() {
        if (raised) {
            Linux.call(Linux.NR_PRLIMIT64, pid, NOFILE, before.address(), 0, 0, 0);
        }
        before.close();
    }
}
