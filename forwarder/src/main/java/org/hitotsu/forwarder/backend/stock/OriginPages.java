package org.hitotsu.forwarder.backend.stock;

import io.vertx.core.Context;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.hitotsu.forwarder.backend.common.PageWork.Item;
import org.hitotsu.forwarder.backend.common.PageWork.Kind;
import org.hitotsu.forwarder.backend.common.Userfault;
import org.hitotsu.forwarder.backend.common.VmaPages;
import org.hitotsu.forwarder.backend.common.VmaTable;
import org.hitotsu.forwarder.backend.common.VmaTable.Vma;
import org.hitotsu.forwarder.nativecall.Linux;
import org.hitotsu.forwarder.nativecall.NativeMemory;
import org.jspecify.annotations.Nullable;

/**
 * The origin's memory: the program's own anonymous mappings.
 *
 * <p>Taking a page is write-protect, read, and for an invalidation drop: a write in between waits at the
 * protection. Dropping takes a system call inside the address space, which the helper makes; drops gather while it is
 * busy and go in one batch.
 *
 * <p>Event loop only.
 */
final class OriginPages extends VmaPages implements CopiedCalls.Pages {
    /** Makes the helper discard the ranges in its mailbox; {@code done} gets the result on the event loop. */
    interface Discarder {
        void discard(long[] starts, long[] lengths, int count, java.util.function.LongConsumer done);
    }

    private static final int ZERO_RUN_MAX = 64;

    private final int memFd;
    private final Discarder discarder;
    private final NativeMemory single = new NativeMemory(Linux.PAGE_SIZE);
    private final NativeMemory zeros = new NativeMemory(Linux.PAGE_SIZE);
    private final ArrayDeque<PendingDrop> drops = new ArrayDeque<>();
    private boolean dropping;
    /** Ranges that are filled soon, start → end. */
    private final TreeMap<Long, Long> awaited = new TreeMap<>();

    private long lastZeroEnd;
    private int zeroRun = 1;

    private record PendingDrop(long page, byte @Nullable [] data) {}

    OriginPages(Context context, Userfault uffd, int memFd, VmaTable vmas, Discarder discarder) {
        super(context, uffd, vmas);
        this.memFd = memFd;
        this.discarder = discarder;
    }

    @Override
    protected void take(Kind kind, List<Item> run) {
        if (kind == Kind.DROP) {
            run.forEach(item -> dropNow(item.page()));
            startDropping();
        } else {
            extract(run, kind == Kind.EXTRACT_INVALIDATE);
        }
    }

    @Override
    protected long register(long start, long length) {
        return uffd.register(start, length);
    }

    @Override
    protected @Nullable Denial denial(@Nullable Vma vma, boolean write) {
        return denialOf(vma, write);
    }

    /**
     * As {@link VmaTable#denial}, and nothing of a writable private file mapping: its pages can't be write-protected from
     * outside. A read-only one holds the file's bytes (or the program's own, from when it was writable) and can be copied.
     */
    static @Nullable Denial denialOf(@Nullable Vma vma, boolean write) {
        Denial general = VmaTable.denial(vma, write);
        boolean writableFile = vma != null && vma.kind() == VmaTable.Kind.FILE && vma.writable();
        return general == null && writableFile ? Denial.FILE_MAPPING : general;
    }

    /** Takes a run in pieces that lie in one mapping each, and page by page where one of them was never touched. */
    private void extract(List<Item> run, boolean invalidate) {
        int start = 0;
        while (start < run.size()) {
            long address = run.get(start).page() << Linux.PAGE_SHIFT;
            Vma vma = vmas.find(address);
            Denial denial = denial(vma, invalidate);
            if (denial != null || vma == null) {
                events().onExtractDenied(run.get(start).page(), denial == null ? Denial.UNMAPPED : denial);
                start++;
                continue;
            }
            int count = (int) Math.min(run.size() - start, (vma.end() - address) >>> Linux.PAGE_SHIFT);
            extract(run.subList(start, start + count), vma, invalidate);
            start += count;
        }
        startDropping();
    }

    private void extract(List<Item> run, Vma vma, boolean invalidate) {
        long address = run.get(0).page() << Linux.PAGE_SHIFT;
        int length = run.size() << Linux.PAGE_SHIFT;
        boolean watched = isWatched(vma);
        if (watched && !protect(vma, address, length)) {
            run.forEach(item -> events().onExtractDenied(item.page(), Denial.SPECIAL_MAPPING));
            return;
        }
        List<byte @Nullable []> pages = new ArrayList<>(run.size());
        // /proc/PID/mem answers EIO at once where process_vm_readv would wait for the missing page: for itself.
        long got = Linux.call(Linux.NR_PREAD64, memFd, buffer.address(), length, address, 0, 0);
        for (int i = 0; i < run.size(); i++) {
            long from = (long) i << Linux.PAGE_SHIFT;
            pages.add(from + Linux.PAGE_SIZE <= got ? copyOut(buffer.address() + from) : read(address + from, watched));
        }
        for (int i = 0; i < run.size(); i++) {
            long page = run.get(i).page();
            byte[] data = pages.get(i);
            if (data == null) {
                events().onExtractDenied(page, Denial.UNMAPPED);
            } else if (invalidate) {
                drops.add(new PendingDrop(page, data));
            } else {
                events().onExtracted(page, data);
            }
        }
    }

    /** Write-protects pages, registering its mapping first where needed. */
    private boolean protect(Vma vma, long address, long length) {
        if (!register(vma, false)) {
            return false;
        }
        long result = uffd.writeProtect(address, length, true);
        if (result == -Linux.ENOENT) {
            // The heap grew: the kernel made a second mapping behind the registered one, and maps shows both.
            vmas.changed();
            Vma again = vmas.find(address);
            result = again != null && register(again, true) ? uffd.writeProtect(address, length, true) : -Linux.ENOENT;
        }
        return result >= 0;
    }

    /**
     * The content of a page that is protected (or can't be written anyway). A page that was never touched is put in place
     * as zeros first, and protected as well, so that a write to it is seen.
     *
     * @return null if there is none, as in a guard region
     */
    private byte @Nullable [] read(long address, boolean registeredRange) {
        for (int attempt = 0; attempt < 2; attempt++) {
            long got = Linux.call(Linux.NR_PREAD64, memFd, single.address(), Linux.PAGE_SIZE, address, 0, 0);
            if (got == Linux.PAGE_SIZE) {
                return copyOut(single.address());
            }
            if (!registeredRange) {
                return null;
            }
            long filled = uffd.zero(address, Linux.PAGE_SIZE);
            if (filled != Linux.PAGE_SIZE && filled != -Linux.EEXIST) {
                return null;
            }
            // Whoever waited for the page may have written to it already. From here on that is seen.
            if (uffd.writeProtect(address, Linux.PAGE_SIZE, true) < 0) {
                return null;
            }
        }
        return null;
    }

    private void dropNow(long page) {
        Denial denial = denial(vmas.find(page << Linux.PAGE_SHIFT), true);
        if (denial != null) {
            // Not the program's to write: nobody else may be given it to write either.
            events().onExtractDenied(page, denial);
            return;
        }
        drops.add(new PendingDrop(page, null));
    }

    private void startDropping() {
        if (dropping || drops.isEmpty()) {
            return;
        }
        dropping = true;
        List<PendingDrop> batch = new ArrayList<>();
        long[] starts = new long[StockLayout.BOX_MAX_RANGES];
        long[] lengths = new long[StockLayout.BOX_MAX_RANGES];
        int ranges = 0;
        while (!drops.isEmpty()) {
            long address = drops.getFirst().page << Linux.PAGE_SHIFT;
            if (ranges > 0 && starts[ranges - 1] + lengths[ranges - 1] == address) {
                lengths[ranges - 1] += Linux.PAGE_SIZE;
            } else if (ranges == StockLayout.BOX_MAX_RANGES) {
                break;
            } else {
                starts[ranges] = address;
                lengths[ranges] = Linux.PAGE_SIZE;
                ranges++;
            }
            batch.add(drops.removeFirst());
        }
        discarder.discard(starts, lengths, ranges, result -> {
            dropping = false;
            if (result < 0) {
                events().onBroken("pages can't be dropped at the origin: " + Linux.errorName(result));
                return;
            }
            for (PendingDrop done : batch) {
                byte[] data = done.data();
                if (data == null) {
                    events().onDropped(done.page());
                } else {
                    events().onExtracted(done.page(), data);
                }
            }
            startDropping();
        });
    }

    /**
     * A page that no other node has ever held is missing because its mapping is registered: it gets zeros, and so do the
     * pages behind it when the program walks through fresh memory.
     */
    @Override
    public void resolveLocally(long page, boolean write) {
        long address = page << Linux.PAGE_SHIFT;
        if (isAwaited(address)) {
            return;
        }
        zeroRun = address == lastZeroEnd ? Math.min(zeroRun * 2, ZERO_RUN_MAX) : 1;
        Vma vma = vmas.find(address);
        long end = vma == null ? address + Linux.PAGE_SIZE : vma.end();
        long length = Math.min((long) zeroRun * Linux.PAGE_SIZE, end - address);
        length = Math.min(length, untrackedRun(page, (int) (length >>> Linux.PAGE_SHIFT)) << Linux.PAGE_SHIFT);
        if (!awaited.isEmpty()) {
            length = Linux.PAGE_SIZE;
        }
        // A page that others have copies of is protected; its own content is gone only where the program gave it up.
        boolean shared = !write && isTracked(page);
        length = shared ? Linux.PAGE_SIZE : Math.max(length, Linux.PAGE_SIZE);
        // Before the page that is waited for: the program goes on to them. There may be guard regions among them.
        long behind = length > Linux.PAGE_SIZE ? uffd.zero(address + Linux.PAGE_SIZE, length - Linux.PAGE_SIZE) : 0;
        long result = copyPiece(address, zeros.address(), Linux.PAGE_SIZE, shared);
        if (result == -Linux.EEXIST && !write) {
            // It is there to be read; it may be protected because other nodes have copies.
            uffd.wake(address, Linux.PAGE_SIZE);
        } else if (result == -Linux.EEXIST) {
            // Not missing: a protection left from a copy that has ended.
            uffd.writeProtect(address, Linux.PAGE_SIZE, false);
            uffd.wake(address, Linux.PAGE_SIZE);
        } else if (result < 0) {
            // The mapping is gone: the access must meet what the kernel says now.
            uffd.wake(address, Linux.PAGE_SIZE);
        } else {
            lastZeroEnd = address + result + Math.max(0, behind);
        }
    }

    /** Has faults in a range come to the daemon, so that it can be filled. The mappings may have changed. */
    @Override
    public void watch(long start, long end) {
        vmas.changed();
        vmas.overlapping(start, end).stream().filter(OriginPages::isOwn).forEach(vma -> register(vma, true));
    }

    /**
     * A range is about to lose its pages, and gets others by {@link #fill}: who touches it until {@link #endFill} waits for
     * them, instead of getting zeros.
     */
    @Override
    public void awaitFill(long start, long end) {
        awaited.put(start, end);
    }

    /**
     * Puts bytes in the places of pages that are missing. What is there stays: it is the program's. The mappings may have
     * changed.
     *
     * @param source readable up to where it is to be used; the kernel alone reads it
     */
    @Override
    public void fill(long start, long length, long source) {
        vmas.changed();
        for (long done = 0; done < length; ) {
            Vma vma = vmas.find(start + done);
            long result = vma != null && isOwn(vma) ? copyPiece(start + done, source + done, length - done, false) : 0;
            if (result == -Linux.EFAULT || result == -Linux.ESRCH) {
                return;
            }
            done += result > 0 ? result : Linux.PAGE_SIZE;
        }
    }

    private static boolean isOwn(Vma vma) {
        return vma.kind() == VmaTable.Kind.ANONYMOUS && !vma.shared();
    }

    /** See {@link #awaitFill}. What was not filled is zeros now. */
    @Override
    public void endFill() {
        Map<Long, Long> over = new TreeMap<>(awaited);
        awaited.clear();
        over.forEach((start, end) -> uffd.wake(start, end - start));
    }

    private boolean isAwaited(long address) {
        Map.Entry<Long, Long> range = awaited.floorEntry(address);
        return range != null && address < range.getValue();
    }

    private long untrackedRun(long page, int max) {
        int run = 1;
        while (run < max && !isTracked(page + run)) {
            run++;
        }
        return run;
    }

    /** No page can be dropped any more. */
    void broken(String why) {
        events().onBroken(why);
    }

    @Override
    public void close() {
        super.close();
        Linux.close(memFd);
        single.close();
        zeros.close();
    }
}
