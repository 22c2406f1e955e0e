package org.hitotsu.forwarder.nativecall;

/** How long calls wait on the sockets of other processes (SO_RCVTIMEO and SO_SNDTIMEO of socket(7)). Any thread. */
public final class SocketTimeouts {
    private static final int SOL_SOCKET = 1;
    private static final int SO_RCVTIMEO = 20;
    private static final int SO_SNDTIMEO = 21;
    /** {@code struct timeval}. */
    private static final int TIMEVAL_SIZE = 16;

    private SocketTimeouts() {}

    /** Whether descriptor {@code fd} of a thread is a socket on which not every wait is for ever. */
    public static boolean any(int pid, int tid, int fd) {
        // Of anything else no copy is made: closing it might wait for a file server (fuse(4), nfs(5)).
        if (FileStatus.ofDescriptor(tid, fd).type() != FileStatus.Type.SOCKET) {
            return false;
        }
        long socket = Linux.threadGetfd(tid, fd);
        if (socket == -Linux.EINVAL) {
            long process = Linux.pidfdOpen(pid);
            if (process < 0) {
                return false;
            }
            socket = Linux.pidfdGetfd((int) process, fd);
            Linux.close((int) process);
        }
        if (socket < 0) {
            // A call that waits for ever is kept in vain then, which is harmless.
            return true;
        }
        try (NativeMemory out = new NativeMemory(TIMEVAL_SIZE + Integer.BYTES)) {
            return isSet((int) socket, SO_RCVTIMEO, out) || isSet((int) socket, SO_SNDTIMEO, out);
        } finally {
            Linux.close((int) socket);
        }
    }

    /** What is no socket has none (ENOTSOCK). */
    private static boolean isSet(int socket, int option, NativeMemory out) {
        long value = out.address();
        long length = value + TIMEVAL_SIZE;
        NativeMemory.putInt(length, TIMEVAL_SIZE);
        long result = Linux.call(Linux.NR_GETSOCKOPT, socket, SOL_SOCKET, option, value, length, 0);
        return result == 0 && (NativeMemory.getLong(value) | NativeMemory.getLong(value + Long.BYTES)) != 0;
    }
}
