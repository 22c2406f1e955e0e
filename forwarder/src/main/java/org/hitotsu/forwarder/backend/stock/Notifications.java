package org.hitotsu.forwarder.backend.stock;

import io.vertx.core.Context;
import org.hitotsu.forwarder.loop.LoopFd;
import org.hitotsu.forwarder.nativecall.Linux;
import org.hitotsu.forwarder.nativecall.NativeMemory;

/**
 * A seccomp filter's listener on the event loop (seccomp_unotify(2)). Event loop only; allocates nothing per
 * notification but the argument array.
 */
final class Notifications implements AutoCloseable {
    /** Receives each notification. */
    interface Handler {
        /**
         * @param id to answer with
         * @param tid the calling thread
         * @param nr system call number
         * @param args its six arguments; the receiver's
         * @param foreignAbi whether the call came by another ABI (int 0x80, x32)
         */
        void onCall(long id, int tid, long nr, long[] args, boolean foreignAbi);
    }

    private static final long RECV = 0xc0502100L;
    private static final long SEND = 0xc0182101L;
    private static final long ADDFD = 0x40182103L;
    private static final long SET_FLAGS = 0x40082104L;
    private static final int ADDFD_SEND = 2;
    private static final int SYNC_WAKE_UP = 1;
    private static final int FLAG_CONTINUE = 1;
    private static final int AUDIT_ARCH_X86_64 = 0xc000003e;
    private static final int X32_BIT = 0x40000000;

    private final int fd;
    private Handler handler;
    private final NativeMemory scratch = new NativeMemory(256);
    private final LoopFd watched;
    private boolean closed;

    Notifications(Context context, int fd, Handler handler) {
        this.fd = fd;
        this.handler = handler;
        // Linux 6.6; elsewhere EINVAL and the wake-up is an ordinary one.
        Linux.ioctl(fd, SET_FLAGS, SYNC_WAKE_UP);
        this.watched = LoopFd.watch(context, fd, this::receive);
    }

    int fd() {
        return fd;
    }

    /** Whether nobody answers here any more: it was closed, or the last process under the filter has ended. */
    boolean isClosed() {
        return closed;
    }

    /** Hands what comes from now on to another receiver. */
    void handler(Handler next) {
        handler = next;
    }

    /**
     * Takes one notification; epoll is level-triggered and reports the next. RECV blocks where nothing is pending, but
     * this is the sole receiver, and a call that was interrupted since epoll saw it answers ENOENT.
     */
    private void receive(boolean readable) {
        if (!readable) {
            // Hung up: the last process under the filter has ended.
            close();
            return;
        }
        long at = scratch.address();
        NativeMemory.zero(at, 80);
        if (closed || Linux.ioctl(fd, RECV, at) < 0) {
            return;
        }
        long[] args = new long[6];
        for (int a = 0; a < 6; a++) {
            args[a] = NativeMemory.getLong(at + 32 + 8L * a);
        }
        int nr = NativeMemory.getInt(at + 16);
        boolean foreign = NativeMemory.getInt(at + 20) != AUDIT_ARCH_X86_64 || (nr & X32_BIT) != 0;
        handler.onCall(NativeMemory.getLong(at), NativeMemory.getInt(at + 8), nr, args, foreign);
    }

    /** Ends the call with {@code result} (failures as {@code -errno}) without executing it. 0, or {@code -errno}. */
    long answer(long id, long result) {
        boolean error = result < 0 && result >= -4095;
        return send(id, error ? 0 : result, error ? (int) result : 0, 0);
    }

    /** Lets the kernel execute the call. */
    long proceed(long id) {
        return send(id, 0, 0, FLAG_CONTINUE);
    }

    /**
     * Ends the call with a new descriptor, close-on-exec, of what {@code descriptor} of this process is: the caller needs no
     * path to it, and no right to open it (SECCOMP_ADDFD_FLAG_SEND, Linux 5.14). The descriptor's number there; or
     * {@code -errno}, and the call still waits.
     */
    long give(long id, int descriptor) {
        return add(id, descriptor, ADDFD_SEND);
    }

    /** As {@link #give}, but the call goes on waiting in any case. */
    long lend(long id, int descriptor) {
        return add(id, descriptor, 0);
    }

    private long add(long id, int descriptor, int flags) {
        if (closed) {
            return -Linux.ENOENT;
        }
        long at = scratch.address() + 128;
        NativeMemory.putLong(at, id);
        NativeMemory.putInt(at + 8, flags);
        NativeMemory.putInt(at + 12, descriptor);
        NativeMemory.putInt(at + 16, 0);
        NativeMemory.putInt(at + 20, Linux.O_CLOEXEC);
        return Linux.ioctl(fd, ADDFD, at);
    }

    private long send(long id, long value, int error, int flags) {
        if (closed) {
            return -Linux.ENOENT;
        }
        long at = scratch.address() + 128;
        NativeMemory.putLong(at, id);
        NativeMemory.putLong(at + 8, value);
        NativeMemory.putInt(at + 16, error);
        NativeMemory.putInt(at + 20, flags);
        return Linux.ioctl(fd, SEND, at);
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            watched.close();
            Linux.close(fd);
            scratch.close();
        }
    }
}
