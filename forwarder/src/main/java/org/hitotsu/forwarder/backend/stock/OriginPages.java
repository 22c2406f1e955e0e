package org.hitotsu.forwarder.backend.stock;

import io.vertx.core.Context;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import org.hitotsu.forwarder.backend.stock.PageWork.Item;
import org.hitotsu.forwarder.backend.stock.PageWork.Kind;
import org.hitotsu.forwarder.backend.stock.VmaTable.Vma;
import org.hitotsu.forwarder.nativecall.Linux;
import org.hitotsu.forwarder.nativecall.NativeMemory;
import org.jspecify.annotations.Nullable;

/**
 * The origin's memory: the program's own anonymous mappings under userfaultfd.
 *
 * <p>A mapping is registered when the first of its pages is taken for another node, so a program whose threads are all at
 * home pays nothing. Taking a page is write-protect, read, and for an invalidation drop: a write in between waits at the
 * protection. Dropping takes a system call inside the address space, which the helper makes; drops gather while it is
 * busy and go in one batch.
 *
 * <p>Event loop only.
 */
final class OriginPages extends BatchedPages {
    /** Makes the helper discard the ranges in its mailbox; {@code done} gets the result on the event loop. */
    interface Discarder {
        void discard(long[] starts, long[] lengths, int count, java.util.function.LongConsumer done);
    }

    private static final int ZERO_RUN_MAX = 64;

    private final int memFd;
    private final VmaTable vmas;
    private final Discarder discarder;
    private final NativeMemory single = new NativeMemory(Linux.PAGE_SIZE);
    private final NativeMemory zeros = new NativeMemory((long) ZERO_RUN_MAX * Linux.PAGE_SIZE);
    /** Registered ranges, start → end. A superset of what is registered still: unmapping forgets on its own. */
    private final TreeMap<Long, Long> registered = new TreeMap<>();

    private final ArrayDeque<PendingDrop> drops = new ArrayDeque<>();
    private boolean dropping;
    private long lastZeroEnd;
    private int zeroRun = 1;

    private record PendingDrop(long page, byte @Nullable [] data) {}

    OriginPages(Context context, Userfault uffd, int memFd, VmaTable vmas, Discarder discarder) {
        super(context, uffd);
        this.memFd = memFd;
        this.vmas = vmas;
        this.discarder = discarder;
    }

    @Override
    void run(Kind kind, List<Item> run) {
        switch (kind) {
            case INSTALL_WRITABLE, INSTALL_PROTECTED -> install(run, kind == Kind.INSTALL_PROTECTED);
            case UNPROTECT -> run.forEach(item -> unprotectNow(item.page()));
            case EXTRACT_SHARE, EXTRACT_INVALIDATE -> extract(run, kind == Kind.EXTRACT_INVALIDATE);
            case DROP -> {
                run.forEach(item -> dropNow(item.page()));
                startDropping();
            }
        }
    }

    private void install(List<Item> run, boolean writeProtected) {
        gather(run);
        long start = run.get(0).page() << Linux.PAGE_SHIFT;
        long length = (long) run.size() << Linux.PAGE_SHIFT;
        for (long done = 0; done < length; ) {
            long result = copyPiece(start + done, buffer.address() + done, length - done, writeProtected);
            if (result == -Linux.ESRCH) {
                break;
            }
            if (result < 0) {
                broken(start + done, "can't be put back", result);
                return;
            }
            done += result;
        }
        run.forEach(item -> events().onInstalled(item.page()));
    }

    private void unprotectNow(long page) {
        long address = page << Linux.PAGE_SHIFT;
        long result = uffd.writeProtect(address, Linux.PAGE_SIZE, false);
        if (result < 0 && result != -Linux.ESRCH && result != -Linux.ENOENT) {
            broken(address, "can't be made writable", result);
            return;
        }
        events().onInstalled(page);
    }

    private void broken(long address, String what, long result) {
        events().onBroken("page 0x" + Long.toHexString(address) + " " + what + " at the origin: "
                + Linux.errorName(result) + " in " + vmas.find(address));
    }

    /**
     * Copies as much of a run as lies in one mapping (mfill_atomic() answers ENOENT for more). What is known of the
     * mappings may be too coarse, since many calls split one without changing what is mapped (madvise, mlock, mbind), and
     * one that grew is not registered whole; so a refusal is answered by another look.
     */
    private long copyPiece(long address, long source, long length, boolean writeProtected) {
        long result = -Linux.ENOENT;
        for (int attempt = 0; attempt < 2 && (result == -Linux.ENOENT || result == -Linux.EINVAL); attempt++) {
            if (attempt > 0) {
                vmas.changed();
            }
            Vma vma = vmas.find(address);
            if (vma == null || attempt > 0 && !register(vma, true)) {
                return -Linux.ENOENT;
            }
            result = uffd.copy(address, source, Math.min(length, vma.end() - address), writeProtected);
        }
        return result;
    }

    @Override
    public @Nullable Denial check(long page, boolean write) {
        return VmaTable.denial(vmas.find(page << Linux.PAGE_SHIFT), write);
    }

    /** Takes a run in pieces that lie in one mapping each, and page by page where one of them was never touched. */
    private void extract(List<Item> run, boolean invalidate) {
        int start = 0;
        while (start < run.size()) {
            long address = run.get(start).page() << Linux.PAGE_SHIFT;
            Vma vma = vmas.find(address);
            Denial denial = VmaTable.denial(vma, invalidate);
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
        if (vma.writable() && !protect(vma, address, length)) {
            run.forEach(item -> events().onExtractDenied(item.page(), Denial.SPECIAL_MAPPING));
            return;
        }
        List<byte @Nullable []> pages = new ArrayList<>(run.size());
        // /proc/PID/mem answers EIO at once where process_vm_readv would wait for the missing page: for itself.
        long got = Linux.call(Linux.NR_PREAD64, memFd, buffer.address(), length, address, 0, 0);
        for (int i = 0; i < run.size(); i++) {
            long from = (long) i << Linux.PAGE_SHIFT;
            pages.add(
                    from + Linux.PAGE_SIZE <= got
                            ? copyOut(buffer.address() + from)
                            : read(address + from, vma.writable()));
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

    private boolean register(Vma vma, boolean force) {
        java.util.Map.Entry<Long, Long> known = registered.floorEntry(vma.start());
        if (!force && known != null && known.getValue() >= vma.end()) {
            return true;
        }
        long result = uffd.register(vma.start(), vma.end() - vma.start());
        if (result < 0) {
            return false;
        }
        registered.put(vma.start(), vma.end());
        return true;
    }

    /**
     * The content of a page that is protected (or can't be written anyway). A page that was never touched is put in place
     * as zeros first, protected as well, so that a first write to it is seen.
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
            long copied = uffd.copy(address, zeros.address(), Linux.PAGE_SIZE, true);
            if (copied != Linux.PAGE_SIZE && copied != -Linux.EEXIST) {
                return null;
            }
        }
        return null;
    }

    private void dropNow(long page) {
        Denial denial = VmaTable.denial(vmas.find(page << Linux.PAGE_SHIFT), true);
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
        zeroRun = address == lastZeroEnd ? Math.min(zeroRun * 2, ZERO_RUN_MAX) : 1;
        Vma vma = vmas.find(address);
        long end = vma == null ? address + Linux.PAGE_SIZE : vma.end();
        long length = Math.min((long) zeroRun * Linux.PAGE_SIZE, end - address);
        length = Math.min(length, untrackedRun(page, (int) (length >>> Linux.PAGE_SHIFT)) << Linux.PAGE_SHIFT);
        // A page that others have copies of is protected; its own content is gone only where the program gave it up.
        boolean shared = !write && tracked != null && tracked.isTracked(page);
        length = shared ? Linux.PAGE_SIZE : Math.max(length, Linux.PAGE_SIZE);
        long result = copyPiece(address, zeros.address(), length, shared);
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
            lastZeroEnd = address + result;
        }
    }

    private @Nullable TrackedPages tracked;

    @Override
    public void tracked(TrackedPages pages) {
        this.tracked = pages;
    }

    private long untrackedRun(long page, int max) {
        if (tracked == null) {
            return 1;
        }
        int run = 1;
        while (run < max && !tracked.isTracked(page + run)) {
            run++;
        }
        return run;
    }

    @Override
    void close() {
        super.close();
        Linux.close(memFd);
        single.close();
        zeros.close();
    }
}
