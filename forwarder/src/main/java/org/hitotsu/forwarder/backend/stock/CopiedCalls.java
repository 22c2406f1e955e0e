package org.hitotsu.forwarder.backend.stock;

import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.List;
import org.hitotsu.forwarder.nativecall.Linux;

/**
 * Calls that change the address space, where it holds copies of files in place of their mappings ({@link FileMappings}):
 * what the kernel would do with these is done here. Event loop only; calls come one at a time, each under the lock of its
 * range.
 */
final class CopiedCalls {
    /** Makes a call in the program's memory, under the program's limits. */
    interface Caller {
        Future<Long> exec(long nr, long... args);
    }

    /** The pages that the copies have; see {@link OriginPages}. */
    interface Pages {
        void watch(long start, long end);

        void awaitFill(long start, long end);

        void fill(long start, long length, long source);

        void endFill();

        void filling();

        void filled();
    }

    /** The files that the copies are of. */
    interface Sources {
        /**
         * Maps the bytes of a copy for the daemon, and has them read, for which their disk or server may take long.
         *
         * @return where they are, or {@code -errno}
         */
        Future<Long> map(FileCopies.Range copy);

        void unmap(FileCopies.Range copy, long source);
    }

    private static final int MADV_DONTNEED = 4;
    private static final int MADV_FREE = 8;
    private static final int MADV_REMOVE = 9;
    private static final int MADV_WIPEONFORK = 18;
    private static final int MADV_DONTNEED_LOCKED = 24;
    private static final int MREMAP_FIXED = 2;
    private static final int MREMAP_DONTUNMAP = 4;

    private final Caller caller;
    private final Pages pages;
    private final Sources sources;
    private final FileCopies copies;
    private long programBreak;

    CopiedCalls(Caller caller, Pages pages, Sources sources, FileCopies copies) {
        this.caller = caller;
        this.pages = pages;
        this.sources = sources;
        this.copies = copies;
    }

    /** Makes a call as the program would have it made; see {@link StockOriginThreads#execInSpace}. */
    Future<Long> exec(long nr, long[] args) {
        return switch ((int) nr) {
            case Linux.NR_MUNMAP ->
                caller.exec(nr, args).onSuccess(result -> {
                    if (result == 0) {
                        forget(args[0], args[1]);
                    }
                });
            // A failure may have unmapped what was there.
            case Linux.NR_MMAP -> caller.exec(nr, args).onSuccess(at -> forget(args[0], args[1]));
            case Linux.NR_BRK -> caller.exec(nr, args).onSuccess(this::breakSet);
            case Linux.NR_MREMAP -> copies.isEmpty() ? caller.exec(nr, args) : mremap(args);
            case Linux.NR_MADVISE -> madvise(args);
            default -> caller.exec(nr, args);
        };
    }

    /** Whether there is a copy in a range. */
    boolean isCopied(long start, long length) {
        return !copiesIn(start, length).isEmpty();
    }

    private static long wholePages(long length) {
        return length + Linux.PAGE_SIZE - 1 & -Linux.PAGE_SIZE;
    }

    private static boolean isError(long result) {
        return result < 0 && result >= -4095;
    }

    /** Something else may be mapped in a range. */
    void forget(long start, long length) {
        long end = start + wholePages(length);
        if (start >= 0 && end > start) {
            copies.forget(start, end);
        }
    }

    private void breakSet(long now) {
        if (now < programBreak) {
            copies.forget(wholePages(now), wholePages(programBreak));
        }
        programBreak = now;
    }

    private List<FileCopies.Range> copiesIn(long start, long length) {
        long end = start + wholePages(length);
        return start < 0 || start % Linux.PAGE_SIZE != 0 || end <= start ? List.of() : copies.in(start, end);
    }

    private Future<Long> madvise(long[] args) {
        List<FileCopies.Range> concerned = copiesIn(args[0], args[1]);
        if (concerned.isEmpty()) {
            return caller.exec(Linux.NR_MADVISE, args);
        }
        return switch ((int) args[2]) {
            case MADV_FREE, MADV_WIPEONFORK -> adviseBefore(concerned.get(0).start(), args, -Linux.EINVAL);
            case MADV_REMOVE -> adviseBefore(concerned.get(0).start(), args, -Linux.EACCES);
            case MADV_DONTNEED, MADV_DONTNEED_LOCKED -> {
                awaitFill(concerned);
                yield caller.exec(Linux.NR_MADVISE, args)
                        // A failure may come behind what was emptied. What was not is there, and stays.
                        .compose(result -> fill(concerned).map(result))
                        .onComplete(done -> pages.endFill());
            }
            default -> caller.exec(Linux.NR_MADVISE, args);
        };
    }

    /** The kernel goes from mapping to mapping, and ends at the first that it refuses; but not where there is none. */
    private Future<Long> adviseBefore(long start, long[] args, long error) {
        if (start == args[0]) {
            return Future.succeededFuture(error);
        }
        return caller.exec(Linux.NR_MADVISE, args[0], start - args[0], args[2])
                .map(result -> result == 0 || result == -Linux.ENOMEM ? (Long) error : result);
    }

    private Future<Long> mremap(long[] args) {
        long from = args[0];
        long old = wholePages(args[1]);
        long now = wholePages(args[2]);
        long flags = args[3];
        boolean stays = (flags & MREMAP_DONTUNMAP) != 0;
        List<FileCopies.Range> concerned = copiesIn(from, args[1]);
        if (stays) {
            awaitFill(concerned);
        }
        if (!concerned.isEmpty() && now > old) {
            pages.filling();
        }
        return caller.exec(Linux.NR_MREMAP, args)
                .compose(at -> {
                    if ((flags & MREMAP_FIXED) != 0) {
                        // A failure, too, may have unmapped what was there.
                        forget(args[4], now);
                    }
                    if (now < old && (!isError(at) || (flags & MREMAP_FIXED) != 0)) {
                        forget(from + now, old - now);
                    }
                    return isError(at)
                            ? Future.succeededFuture(at)
                            : remapped(from, old, at, now, stays).map(at);
                })
                .onComplete(done -> {
                    pages.endFill();
                    pages.filled();
                });
    }

    private Future<Void> remapped(long from, long old, long at, long now, boolean stays) {
        List<FileCopies.Range> empty = new ArrayList<>(stays ? copies.in(from, from + old) : List.of());
        if (at != from) {
            copies.move(from, Math.min(old, now), at, stays);
        }
        if (now > old && now - old <= FileMappings.LARGEST_COPY) {
            copies.grow(at + old, at + now);
            pages.awaitFill(at + old, at + now);
            watch(at, at + now);
            empty.addAll(copies.in(at + old, at + now));
        }
        return fill(empty);
    }

    private void awaitFill(List<FileCopies.Range> concerned) {
        for (FileCopies.Range copy : concerned) {
            watch(copy.start(), copy.end());
            pages.awaitFill(copy.start(), copy.end());
        }
    }

    /** Whole copies: parts that are watched and parts that are not would be no one mapping again after mprotect(2). */
    private void watch(long start, long end) {
        copies.touching(start, end).forEach(copy -> pages.watch(copy.start(), copy.end()));
    }

    /** Puts files' bytes where copies of them have no page, one copy after the other. */
    private Future<Void> fill(List<FileCopies.Range> empty) {
        Future<Void> filled = Future.succeededFuture();
        for (FileCopies.Range copy : empty) {
            filled = filled.compose(before -> sources.map(copy)).map(source -> {
                if (!isError(source)) {
                    pages.fill(copy.start(), copy.end() - copy.start(), source);
                    sources.unmap(copy, source);
                }
                return null;
            });
        }
        return filled;
    }
}
