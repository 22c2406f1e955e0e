package org.hitotsu.forwarder.share.threads;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Set;
import java.util.function.Supplier;
import org.hitotsu.coherence.Pages;
import org.hitotsu.coherence.RangeUse;
import org.hitotsu.forwarder.backend.OriginSpace;
import org.hitotsu.forwarder.nativecall.Linux;
import org.hitotsu.forwarder.nativecall.ProcFiles;
import org.hitotsu.forwarder.share.pages.OriginMemory;
import org.jspecify.annotations.Nullable;

/**
 * System calls that change the address space, as operations of the page protocol: the pages they touch are taken from the
 * other nodes before the call is made, and can't be asked for until it has returned. Otherwise a page of an unmapped range
 * would live on elsewhere and come back under the next mapping of the same addresses.
 *
 * <p>One at a time, as under the kernel's mmap_lock, so that two of them never wait for each other's ranges. Event loop
 * only.
 */
final class MemoryCalls {
    /** Has the calling thread itself make the call; null as result if it will make it natively when let go. */
    interface Caller {
        Future<@Nullable Long> execute(long nr, long[] args);
    }

    private static final int MREMAP_MAYMOVE = 1;
    private static final int MREMAP_FIXED = 2;
    private static final int MADV_DONTNEED = 4;
    private static final int MADV_FREE = 8;
    private static final int MADV_REMOVE = 9;
    private static final int MADV_WIPEONFORK = 18;
    private static final int MADV_DONTNEED_LOCKED = 24;
    private static final int MADV_GUARD_INSTALL = 102;
    /** In place of a descriptor, since Linux 6.14: of the calling thread, of its process. */
    private static final Set<Integer> PIDFD_SELF = Set.of(-10000, -10001);

    private static final int SHM_REMAP = 040000;
    private static final int NR_MSYNC = 26;
    /** Afterwards the kernel refuses to empty or to unmap a range whose contents are wanted (madvise(2), mseal(2)). */
    private static final Set<Integer> LOCKING =
            Set.of(Linux.NR_MLOCK, Linux.NR_MLOCKALL, Linux.NR_MLOCK2, Linux.NR_MSEAL);

    /** TASK_SIZE_MAX: the last page below the non-canonical hole is nobody's. */
    private static final long USER_END = (Pages.LIMIT << Pages.SHIFT) - Pages.SIZE;

    private final OriginSpace space;
    private final OriginMemory memory;
    private final ArrayDeque<Runnable> queue = new ArrayDeque<>();
    private boolean busy;
    /** A range has been locked or sealed: a discard may be refused, and contents thrown away before would be lost. */
    private boolean refusable;

    private long programBreak;
    /** The break before the first change of it: the kernel sets none below the heap's start. */
    private long firstBreak;

    MemoryCalls(OriginSpace space, OriginMemory memory) {
        this.space = space;
        this.memory = memory;
        this.refusable = !space.watchedFromStart();
    }

    /**
     * Makes a call of thread {@code tid} when those before it are done.
     *
     * @return its result ({@code -errno} for failures), or null if {@code caller} makes it natively
     */
    Future<@Nullable Long> run(int tid, long nr, long[] args, Caller caller) {
        return inTurn(() -> dispatch(tid, (int) nr, args, caller).onComplete(done -> space.vmasChanged()));
    }

    /** Runs {@code copy} while every page is at the origin and stays there. */
    Future<Void> withAllPagesHome(Supplier<Future<Void>> copy) {
        return inTurn(() -> memory.exclusively(0, Pages.LIMIT, RangeUse.WRITEBACK, copy));
    }

    /** Does {@code work} when what came before is done, and nothing else until it is. */
    <T> Future<T> inTurn(Supplier<Future<T>> work) {
        Promise<T> promise = Promise.promise();
        // Also what throws has had its turn.
        queue.add(
                () -> Future.<Void>succeededFuture().compose(turn -> work.get()).onComplete(result -> {
                    busy = false;
                    promise.handle(result);
                    next();
                }));
        next();
        return promise.future();
    }

    private void next() {
        if (!busy && !queue.isEmpty()) {
            busy = true;
            queue.removeFirst().run();
        }
    }

    private RangeUse discard() {
        return refusable ? RangeUse.WRITEBACK : RangeUse.DISCARD;
    }

    private Future<@Nullable Long> dispatch(int tid, int nr, long[] args, Caller caller) {
        refusable |= LOCKING.contains(nr) || nr == Linux.NR_MMAP && (args[3] & Linux.MAP_LOCKED) != 0;
        return switch (nr) {
            case Linux.NR_MMAP -> mmap(tid, args, caller);
            case Linux.NR_MUNMAP -> locked(args[0], args[1], discard(), () -> inSpace(tid, nr, args));
            case Linux.NR_MPROTECT, Linux.NR_PKEY_MPROTECT ->
                locked(args[0], args[1], RangeUse.WRITEBACK, () -> inSpace(tid, nr, args));
            case Linux.NR_MREMAP -> mremap(tid, args);
            case Linux.NR_BRK -> brk(tid, args[0]);
            case Linux.NR_MADVISE -> madvise(tid, args, caller);
            // What is registered or not any more, and where what is moved comes from: a start and a length, in bytes.
            case Linux.NR_IOCTL ->
                withoutFaults(tid, args[2] + ((int) args[1] == (int) Linux.UFFDIO_MOVE ? Long.BYTES : 0), args, caller);
            case Linux.NR_PROCESS_MADVISE -> processMadvise(args, caller);
            case NR_MSYNC -> locked(args[0], args[1], RangeUse.WRITEBACK, () -> caller.execute(nr, args));
            case Linux.NR_REMAP_FILE_PAGES ->
                // Rounds down what the others refuse.
                locked(
                        args[0] & -Pages.SIZE,
                        args[1] & -Pages.SIZE,
                        RangeUse.WRITEBACK,
                        () -> caller.execute(nr, args));
            case Linux.NR_SHMAT -> {
                if ((args[2] & SHM_REMAP) != 0) {
                    space.mayBeReplaced(args[1]);
                }
                yield caller.execute(nr, args);
            }
            // mlock and its kin, shmdt: they change no page that another node may have.
            default -> caller.execute(nr, args);
        };
    }

    private Future<@Nullable Long> inSpace(int tid, long nr, long[] args) {
        return space.threads().execInSpace(tid, nr, args).map(result -> result);
    }

    /**
     * Runs a call under the lock of the range that it is about, but one that the kernel refuses before it looks at any
     * mapping runs at once: its pages keep their content.
     */
    private Future<@Nullable Long> locked(
            long address, long length, RangeUse use, Supplier<Future<@Nullable Long>> call) {
        long end = address + length;
        boolean nowhere = address < 0 || address >= USER_END || address % Pages.SIZE != 0;
        if (nowhere || Long.compareUnsigned(end, address) <= 0) {
            return call.get();
        }
        boolean inside = Long.compareUnsigned(end, USER_END) <= 0;
        long first = address >>> Pages.SHIFT;
        long last = (inside ? end : USER_END) - 1 >>> Pages.SHIFT;
        // Of a range that ends outside, mprotect and madvise change what is mapped before they say ENOMEM; the others
        // change nothing. So nothing may be lost, and nothing may stay away either.
        return memory.exclusively(first, last - first + 1, inside ? use : RangeUse.WRITEBACK, call);
    }

    /** An ioctl of userfaultfd(2) about a range, read at {@code argument}, that has to be here and to stay. */
    private Future<@Nullable Long> withoutFaults(int tid, long argument, long[] args, Caller caller) {
        Supplier<Future<@Nullable Long>> call = () -> caller.execute(Linux.NR_IOCTL, args);
        return space.callMemory().read(tid, argument, 2 * Long.BYTES).compose(bytes -> {
            if (bytes == null) {
                return call.get();
            }
            ByteBuffer range = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
            long start = range.getLong();
            long length = range.getLong();
            if (length <= 0 || length % Pages.SIZE != 0 || !isRange(start, start + length)) {
                return call.get();
            }
            return locked(start, length, RangeUse.WRITEBACK, () -> {
                space.leaveFaults(start, length);
                return call.get();
            });
        });
    }

    private Future<@Nullable Long> mmap(int tid, long[] args, Caller caller) {
        int prot = (int) args[2];
        int flags = (int) args[3];
        int fd = (int) args[4];
        // MAP_FIXED_NOREPLACE, alone or not, fails where something is mapped.
        boolean replaces = (flags & (Linux.MAP_FIXED | Linux.MAP_FIXED_NOREPLACE)) == Linux.MAP_FIXED;
        boolean file = (flags & Linux.MAP_ANONYMOUS) == 0;
        Supplier<Future<@Nullable Long>> map = () -> {
            if (file) {
                return space.mapFile(tid, args[0], args[1], prot, flags, fd, args[5])
                        .compose(at -> at != null ? Future.succeededFuture(at) : caller.execute(Linux.NR_MMAP, args));
            }
            return replaces ? inSpace(tid, Linux.NR_MMAP, args) : caller.execute(Linux.NR_MMAP, args);
        };
        // A descriptor that is refused, or a limit, leaves the old mapping as it is.
        return replaces ? locked(args[0], args[1], RangeUse.WRITEBACK, map) : map.get();
    }

    private Future<@Nullable Long> mremap(int tid, long[] args) {
        long from = args[0];
        long fromEnd = from + pageEnd(args[1]);
        Supplier<Future<@Nullable Long>> call = () -> inSpace(tid, Linux.NR_MREMAP, args);
        boolean mayMove = (args[3] & MREMAP_MAYMOVE) != 0 && isRange(from, fromEnd);
        // Under the lock, without which it may have pages elsewhere.
        Supplier<Future<@Nullable Long>> move = () -> {
            // Of no length, a shared mapping is to be there a second time.
            Runnable made = mayMove && from < fromEnd ? space.moving(from, fromEnd - from) : () -> {};
            return call.get().onComplete(done -> made.run());
        };
        if ((args[3] & MREMAP_FIXED) == 0) {
            long length = Math.max(args[1], args[2]);
            return locked(from, length, RangeUse.WRITEBACK, length < USER_END ? move : call);
        }
        long to = args[4];
        long toEnd = to + pageEnd(args[2]);
        boolean valid = mayMove && isRange(to, toEnd) && to < toEnd;
        if (!valid || from < toEnd && to < fromEnd) {
            // The kernel refuses it. Two overlapping ranges, one locked inside the other's lock, would wait for ever.
            return call.get();
        }
        // Where it would move to is left as it is if there is nothing to move, or too many mappings.
        return locked(from, fromEnd - from, RangeUse.WRITEBACK, () -> locked(to, toEnd - to, RangeUse.WRITEBACK, move));
    }

    private static boolean isRange(long start, long end) {
        return start >= 0 && start % Pages.SIZE == 0 && start <= end && end <= USER_END;
    }

    private Future<@Nullable Long> brk(int tid, long wanted) {
        if (programBreak == 0) {
            return space.threads().execInSpace(tid, Linux.NR_BRK, 0).compose(now -> {
                programBreak = now;
                firstBreak = now;
                return brk(tid, wanted);
            });
        }
        Supplier<Future<@Nullable Long>> set =
                () -> space.threads().execInSpace(tid, Linux.NR_BRK, wanted).map(now -> {
                    programBreak = now;
                    return now;
                });
        if (wanted <= 0 || wanted >= programBreak) {
            return set.get();
        }
        // The kernel frees whole pages behind the new break; the page which holds it stays. One below the heap it
        // refuses, and where the heap starts is not known here: nothing of what is there may be lost.
        long kept = pageEnd(wanted);
        RangeUse use = wanted < firstBreak ? RangeUse.WRITEBACK : discard();
        return locked(kept, pageEnd(programBreak) - kept, use, set);
    }

    private static long pageEnd(long address) {
        return address + Pages.SIZE - 1 & -Pages.SIZE;
    }

    private Future<@Nullable Long> madvise(int tid, long[] args, Caller caller) {
        return switch ((int) args[2]) {
            case MADV_DONTNEED, MADV_DONTNEED_LOCKED ->
                locked(
                        args[0],
                        args[1],
                        space.isRefilled(args[0], args[1]) ? RangeUse.WRITEBACK : discard(),
                        () -> inSpace(tid, Linux.NR_MADVISE, args));
            // The content may stay, of guards where the kernel installs none: what the origin has must be the latest.
            case MADV_FREE, MADV_REMOVE, MADV_GUARD_INSTALL ->
                locked(args[0], args[1], RangeUse.WRITEBACK, () -> inSpace(tid, Linux.NR_MADVISE, args));
            case MADV_WIPEONFORK -> inSpace(tid, Linux.NR_MADVISE, args);
            default -> caller.execute(Linux.NR_MADVISE, args);
        };
    }

    /**
     * Of the program's own memory: advice that drops content, which the kernel takes for that since Linux 6.13. What its ranges
     * are is not looked at: all pages come home, and then the kernel does to them what it does.
     */
    private Future<@Nullable Long> processMadvise(long[] args, Caller caller) {
        Supplier<Future<@Nullable Long>> call = () -> caller.execute(Linux.NR_PROCESS_MADVISE, args);
        boolean drops = switch ((int) args[3]) {
            case MADV_DONTNEED, MADV_DONTNEED_LOCKED, MADV_GUARD_INSTALL, MADV_FREE, MADV_REMOVE -> true;
            default -> false;
        };
        if (!drops || !isOwn((int) args[0])) {
            return call.get();
        }
        return memory.exclusively(0, Pages.LIMIT, RangeUse.WRITEBACK, call);
    }

    /** Whether a pidfd of the program is its own; also if that can't be told. */
    private boolean isOwn(int pidfd) {
        if (PIDFD_SELF.contains(pidfd)) {
            return true;
        }
        try {
            String pid = "Pid:\t" + space.pid();
            return ProcFiles.text(Path.of("/proc/" + space.pid() + "/fdinfo/" + pidfd))
                    .lines()
                    .anyMatch(pid::equals);
        } catch (IOException e) {
            return true;
        }
    }
}
