package org.hitotsu.forwarder.backend.stock;

import io.vertx.core.Context;
import io.vertx.core.Future;
import org.hitotsu.forwarder.nativecall.FileStatus;
import org.hitotsu.forwarder.nativecall.Linux;
import org.jspecify.annotations.Nullable;

/**
 * Mappings of regular files that a program makes. A writable private one is replaced by anonymous memory with the same
 * bytes, since pages of a file's mapping can't be taken from outside.
 *
 * <p>Event loop only; calls come one at a time, as all that change the address space.
 */
final class FileMappings implements CopiedCalls.Sources {
    /** Copying a larger file at once would stall the daemon; threads that touch such a mapping go home instead. */
    static final long LARGEST_COPY = 256L << 20;

    private static final int O_PATH = 010000000;
    private static final int KCMP_FILE = 0;
    /** Since Linux 5.14. */
    private static final int MADV_POPULATE_READ = 22;

    /** Means nothing but that it is the dynamic linker who maps a library: these are many, and no advice is given for them. */
    private static final int MAP_DENYWRITE = 0x800;

    private static final int MREMAP_MAYMOVE = 1;
    private static final int MREMAP_FIXED = 2;
    private static final int READ_WRITE = Linux.PROT_READ | Linux.PROT_WRITE;
    private static final int ALL = READ_WRITE | Linux.PROT_EXEC;

    private final Context context;
    private final StockOriginThreads threads;
    private final OriginPages pages;
    private final ProgramPreparation.Prepared program;
    private final int pidfd;
    private final FileCopies copies;

    FileMappings(
            Context context,
            StockOriginThreads threads,
            OriginPages pages,
            ProgramPreparation.Prepared program,
            int pidfd,
            FileCopies copies) {
        this.context = context;
        this.threads = threads;
        this.pages = pages;
        this.program = program;
        this.pidfd = pidfd;
        this.copies = copies;
    }

    /** See {@link org.hitotsu.forwarder.backend.OriginSpace#mapFile}. */
    Future<@Nullable Long> map(int tid, long address, long length, int prot, int flags, int fd, long offset) {
        boolean replaces = (flags & (Linux.MAP_FIXED | Linux.MAP_FIXED_NOREPLACE)) == Linux.MAP_FIXED;
        boolean copied = isCopied(length, prot, flags);
        if (replaces && address >= 0 && length > 0 && address + length > 0) {
            // Also if it fails: it may have unmapped what was there. A copy that is not known of is only that.
            copies.forget(address, address + wholePages(length));
        }
        if (!copied && !replaces || FileStatus.ofDescriptor(tid, fd).type() != FileStatus.Type.REGULAR) {
            return Future.succeededFuture(null);
        }
        long here = take(tid, fd);
        if (here < 0) {
            return Future.succeededFuture(null);
        }
        return mapNatively(address, length, prot, flags, (int) here, offset)
                .compose(at -> at == null || isError(at) || !copied
                        ? Future.succeededFuture(at)
                        : replace(at, length, prot, flags, (int) here, offset).map(done -> at))
                // For each descriptor that is closed a file server may be asked (fuse(4), nfs(5)).
                .eventually(() -> context.executeBlocking(() -> Linux.close((int) here), false));
    }

    /** A copy of a thread's descriptor for the daemon. */
    private long take(int tid, int fd) {
        long copy = Linux.threadGetfd(tid, fd);
        return copy == -Linux.EINVAL && !hasOwnFile(tid, fd) ? Linux.pidfdGetfd(pidfd, fd) : copy;
    }

    /** Whether a mapping gets a copy of the file: a writable private one's pages can't be taken from outside. */
    static boolean isCopied(long length, int prot, int flags) {
        return (flags & Linux.MAP_TYPE) == Linux.MAP_PRIVATE
                && (prot & Linux.PROT_WRITE) != 0
                && length > 0
                && length <= LARGEST_COPY;
    }

    /**
     * Whether a thread means another file by a descriptor than the process's first thread, of which it is taken by kernels that
     * give no other's (CLONE_FILES).
     */
    private boolean hasOwnFile(int tid, int fd) {
        long differ = tid == program.pid() ? 0 : Linux.call(Linux.NR_KCMP, program.pid(), tid, KCMP_FILE, fd, fd, 0);
        // 1 to 3 say that they differ; a kernel without CONFIG_KCMP can't say.
        return differ > 0 || differ == -Linux.EBADF;
    }

    private static boolean isError(long result) {
        return result < 0 && result >= -4095;
    }

    private static long wholePages(long length) {
        return length + Linux.PAGE_SIZE - 1 & -Linux.PAGE_SIZE;
    }

    /**
     * The call that the program makes, by the helper: with the very file description, which the kernel asks what the program
     * may do with it.
     *
     * @return null if the helper can't have it
     */
    private Future<@Nullable Long> mapNatively(long address, long length, int prot, int flags, int fd, long offset) {
        return threads.helper()
                .pass(fd)
                .compose(there -> there < 0
                        ? Future.succeededFuture(null)
                        : threads.execForProgram(Linux.NR_MMAP, address, length, prot, flags, there, offset)
                                .compose(at -> threads.helper()
                                        .exec(Linux.NR_CLOSE, there)
                                        .map(closed -> at)));
    }

    /**
     * Puts anonymous memory with its bytes in the place of a file's mapping, at once for all who see it. What fails here, or
     * has no page to give since the file ends before it, leaves the mapping as it is: it is used at the origin only, and faults
     * as the kernel says.
     */
    private Future<Void> replace(long at, long length, int prot, int flags, int fd, long offset) {
        long size = wholePages(length);
        // Read by faults and not by read(2), of which inotify(7) and fanotify(7) would tell.
        long source = Linux.mmap(0, size, Linux.PROT_READ, Linux.MAP_PRIVATE, fd, offset);
        if (isError(source)) {
            return Future.succeededFuture();
        }
        pages.filling();
        int kept = flags & (Linux.MAP_NORESERVE | Linux.MAP_LOCKED);
        return threads.execForDaemon(
                        Linux.NR_MMAP, 0, size, READ_WRITE, kept | Linux.MAP_PRIVATE | Linux.MAP_ANONYMOUS, -1, 0)
                .compose(memory -> isError(memory)
                        ? Future.succeededFuture(false)
                        : read(source, size)
                                .compose(read -> threads.hasEnded()
                                        ? Future.succeededFuture(false)
                                        : fillAndMove(memory, source, size, prot, at)))
                .compose(moved -> {
                    if (moved && (flags & MAP_DENYWRITE) == 0) {
                        keep(at, size, fd, offset);
                    }
                    return Future.<Void>succeededFuture();
                })
                .onComplete(done -> {
                    pages.filled();
                    Linux.munmap(source, size);
                });
    }

    /**
     * Has a file read, as far as it goes, which may take its disk or its server long. Copying it is left to the event loop, and
     * does not wait then: in between no page may come to be watched.
     */
    private Future<Long> read(long source, long size) {
        return context.executeBlocking(() -> populate(source, size), false);
    }

    private static long populate(long source, long size) {
        return Linux.call(Linux.NR_MADVISE, source, size, MADV_POPULATE_READ);
    }

    @Override
    public Future<Long> map(FileCopies.Range copy) {
        if (threads.hasEnded()) {
            return Future.succeededFuture((long) -Linux.ESRCH);
        }
        long length = copy.end() - copy.start();
        // One of its own: the copy's may be closed meanwhile, when the program ends.
        long path = Linux.duplicate(copy.fd());
        return context.executeBlocking(() -> mapNow(path, length, copy.offset()), false)
                .map(source -> {
                    if (!isError(source) && threads.hasEnded()) {
                        Linux.munmap(source, length);
                        return (long) -Linux.ESRCH;
                    }
                    return source;
                });
    }

    private static long mapNow(long path, long length, long offset) {
        long fd = Linux.open("/proc/self/fd/" + path, 0);
        Linux.close((int) path);
        if (fd < 0) {
            return fd;
        }
        long source = Linux.mmap(0, length, Linux.PROT_READ, Linux.MAP_PRIVATE, (int) fd, offset);
        Linux.close((int) fd);
        if (!isError(source)) {
            populate(source, length);
        }
        return source;
    }

    @Override
    public void unmap(FileCopies.Range copy, long source) {
        // With the last mapping the file is closed.
        context.executeBlocking(() -> Linux.munmap(source, copy.end() - copy.start()), false);
    }

    /**
     * Remembers what memory is a copy of. The file itself is not kept open, which would hold its locks and leases, and whoever
     * waits for the program's end would find them held.
     */
    private void keep(long at, long size, int fd, long offset) {
        String name = "/proc/self/fd/" + fd;
        FileStatus status = FileStatus.of(name);
        if (status.error() == 0) {
            copies.add(at, at + size, status.identity(), () -> (int) Linux.open(name, O_PATH), offset);
        } else {
            // Then it is not known to be one.
            copies.forget(at, at + size);
        }
    }

    private Future<Boolean> fillAndMove(long memory, long source, long size, int prot, long at) {
        pages.mapped(memory, size);
        // Only the kernel touches the file's mapping: behind the file's end that is EFAULT for it, and SIGBUS for
        // others.
        long copied = Linux.call(Linux.NR_PWRITE64, program.memFd(), source, size, memory, 0, 0);
        if (copied != size) {
            return threads.execForDaemon(Linux.NR_MUNMAP, memory, size).map(false);
        }
        Future<Long> protectedSo = (prot & ALL) == READ_WRITE
                ? Future.succeededFuture(0L)
                : threads.execForDaemon(Linux.NR_MPROTECT, memory, size, prot & ALL);
        return protectedSo
                .compose(done -> done < 0
                        ? Future.succeededFuture(done)
                        : threads.execForDaemon(Linux.NR_MREMAP, memory, size, size, MREMAP_MAYMOVE | MREMAP_FIXED, at))
                .compose(moved -> moved == at
                        ? Future.succeededFuture(true)
                        : threads.execForDaemon(Linux.NR_MUNMAP, memory, size).map(false));
    }
}
