package org.hitotsu.forwarder.backend.common;

import io.vertx.core.Context;
import org.hitotsu.forwarder.loop.LoopFd;
import org.hitotsu.forwarder.nativecall.Linux;
import org.hitotsu.forwarder.nativecall.NativeMemory;
import org.jspecify.annotations.Nullable;

/**
 * A userfaultfd of another process on the event loop (userfaultfd(2), ioctl_userfaultfd(2)). Results follow
 * {@link Linux}; once it is closed, each is ESRCH. Event loop only, but for {@link #enable}.
 */
public final class Userfault implements AutoCloseable {
    /** Receives each page-fault event. */
    public interface Handler {
        void onFault(long page, boolean write, boolean protectedPage, int tid);
    }

    private static final long API = 0xc018aa3fL;
    private static final long WAKE = 0x8010aa02L;
    private static final long COPY = 0xc028aa03L;
    private static final long ZEROPAGE = 0xc020aa04L;
    private static final long WRITEPROTECT = 0xc018aa06L;
    private static final int FEATURE_PAGEFAULT_FLAG_WP = 1;
    private static final int FEATURE_THREAD_ID = 1 << 8;
    private static final int FEATURE_WP_HUGETLBFS_SHMEM = 1 << 12;
    private static final int MODE_MISSING = 1;
    private static final int MODE_WP = 2;
    private static final int FLAG_WRITE = 1;
    private static final int FLAG_WP = 2;
    private static final int EVENT_PAGEFAULT = 0x12;
    private static final int MESSAGE_SIZE = 32;
    private static final int BATCH = 32;

    private final int fd;
    private final NativeMemory scratch = new NativeMemory(MESSAGE_SIZE * BATCH + 64);
    private final long arg = scratch.address() + MESSAGE_SIZE * BATCH;
    private @Nullable LoopFd watched;
    private boolean closed;

    public Userfault(int fd) {
        this.fd = fd;
    }

    /**
     * UFFDIO_API with the features that both back-ends need; write protection of shared memory needs Linux 5.19.
     *
     * @param more other features, as bits
     */
    public long enable(long more) {
        return request(API, 0xaa, FEATURE_PAGEFAULT_FLAG_WP | FEATURE_THREAD_ID | FEATURE_WP_HUGETLBFS_SHMEM | more, 0);
    }

    /** @param fields of the request's structure, 64 bits each */
    private long request(long number, long... fields) {
        if (closed) {
            // Who waited for something else while the program ended.
            return -Linux.ESRCH;
        }
        for (int i = 0; i < fields.length; i++) {
            NativeMemory.putLong(field(i), fields[i]);
        }
        return Linux.ioctl(fd, number, arg);
    }

    private long field(int number) {
        return arg + (long) number * Long.BYTES;
    }

    /** What a request says that it has done, in the field that it was given as zero; or what it has answered. */
    private long done(int field, long result) {
        long bytes = closed ? 0 : NativeMemory.getLong(field(field));
        return bytes > 0 ? bytes : result;
    }

    /** For requests that this class does not have. */
    public int fd() {
        return fd;
    }

    void watch(Context context, Handler handler) {
        watched = LoopFd.watch(context, fd, readable -> read(handler));
    }

    private void read(Handler handler) {
        long at = scratch.address();
        long bytes = Linux.call(Linux.NR_READ, fd, at, MESSAGE_SIZE * BATCH);
        for (long m = at; m < at + bytes && !closed; m += MESSAGE_SIZE) {
            if (NativeMemory.getByte(m) == EVENT_PAGEFAULT) {
                long flags = NativeMemory.getLong(m + 8);
                long page = NativeMemory.getLong(m + 16) >>> Linux.PAGE_SHIFT;
                handler.onFault(page, (flags & FLAG_WRITE) != 0, (flags & FLAG_WP) != 0, NativeMemory.getInt(m + 24));
            }
        }
    }

    /** Registers a range for missing and write-protect events. */
    public long register(long start, long length) {
        return register(start, length, MODE_MISSING | MODE_WP);
    }

    /** Registers a range for write-protect events alone: pages that were never touched stay the kernel's affair. */
    public long registerProtection(long start, long length) {
        return register(start, length, MODE_WP);
    }

    private long register(long start, long length, int modes) {
        return request(Linux.UFFDIO_REGISTER, start, length, modes, 0);
    }

    /** Asks for no more events of a range; what waits for one tries again. Unprotects its pages, too. */
    public long unregister(long start, long length) {
        return request(Linux.UFFDIO_UNREGISTER, start, length);
    }

    /**
     * Puts pages from {@code source} at {@code start}, atomically, and wakes who waits for them.
     *
     * @return bytes copied, which may be fewer than asked, or {@code -errno}
     */
    public long copy(long start, long source, long length, boolean writeProtected) {
        return done(4, request(COPY, start, source, length, writeProtected ? 2 : 0, 0));
    }

    /**
     * Puts zeros where there is nothing at all, and wakes who waits for them. Unlike {@link #copy} it leaves guard regions alone
     * (MADV_GUARD_INSTALL, Linux 6.13), which copying replaces: mfill_atomic_pte_zeropage() wants an empty entry,
     * mfill_atomic_install_pte() takes any marker for one.
     *
     * @return bytes filled, which may be fewer than asked, or {@code -errno}: EEXIST where there is something
     */
    public long zero(long start, long length) {
        return done(3, request(ZEROPAGE, start, length, 0, 0));
    }

    /** Sets or clears write protection; clearing wakes. */
    public long writeProtect(long start, long length, boolean on) {
        while (true) {
            long result = request(WRITEPROTECT, start, length, on ? 1 : 0);
            // EAGAIN: the process's mappings are just changing (fork, mremap); it passes.
            if (result != -Linux.EAGAIN) {
                return result;
            }
            Thread.onSpinWait();
        }
    }

    /** Lets the threads that wait for pages of the range try again. */
    public long wake(long start, long length) {
        return request(WAKE, start, length);
    }

    /** Frees what this object owns, but not the descriptor, which goes on to another owner. */
    public void release() {
        closed = true;
        scratch.close();
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            if (watched != null) {
                watched.close();
            }
            Linux.close(fd);
            scratch.close();
        }
    }
}
