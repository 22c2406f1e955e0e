package org.hitotsu.forwarder.backend.stock;

import static org.hitotsu.forwarder.backend.common.KernelException.check;

import org.hitotsu.forwarder.backend.common.KernelException;
import org.hitotsu.forwarder.nativecall.Linux;
import org.hitotsu.forwarder.nativecall.NativeMemory;

/**
 * The process that answers a filter's notifications when the daemon does not any more (keeper.c). It does nothing until it
 * is told to begin, and ends if that does not happen.
 */
final class Keeper implements AutoCloseable {
    private static final int F_DUPFD = 0;

    private final int begin;

    private Keeper(int begin) {
        this.begin = begin;
    }

    /** @param path of its executable */
    static Keeper start(String path, int listener) throws KernelException {
        int[] ends = new int[2];
        try (NativeMemory out = new NativeMemory(8)) {
            check("pipe", Linux.call(Linux.NR_PIPE2, out.address(), Linux.O_CLOEXEC, 0));
            ends[0] = NativeMemory.getInt(out.address());
            ends[1] = NativeMemory.getInt(out.address() + 4);
        }
        // Without close-on-exec, for a moment: whoever else is started now has no use for them.
        long inherited = Linux.call(Linux.NR_FCNTL, listener, F_DUPFD, 3);
        long go = Linux.call(Linux.NR_FCNTL, ends[0], F_DUPFD, 3);
        try {
            check("duplicate a descriptor for the keeper", Math.min(inherited, go));
            check("start the keeper", Linux.spawn(path, Long.toString(inherited), Long.toString(go)));
            return new Keeper(ends[1]);
        } catch (KernelException e) {
            Linux.close(ends[1]);
            throw e;
        } finally {
            Linux.close(ends[0]);
            closeIfOpen(inherited);
            closeIfOpen(go);
        }
    }

    private static void closeIfOpen(long descriptor) {
        if (descriptor >= 0) {
            Linux.close((int) descriptor);
        }
    }

    void begin() {
        try (NativeMemory byteOut = new NativeMemory(1)) {
            Linux.call(Linux.NR_WRITE, begin, byteOut.address(), 1);
        }
    }

    @Override
    public void close() {
        Linux.close(begin);
    }
}
