package org.hitotsu.forwarder.backend.stock;

import io.vertx.core.Context;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import org.hitotsu.forwarder.backend.PagePort;
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
final class OriginPages implements PagePort {
    /** Makes the helper discard the ranges in its mailbox; {@code done} gets the result on the event loop. */
    interface Discarder {
        void discard(long[] starts, long[] lengths, int count, java.util.function.LongConsumer done);
    }

    private static final int ZERO_RUN_MAX = 64;

    private final Context context;
    private final Userfault uffd;
    private final int memFd;
    private final VmaTable vmas;
    private final Discarder discarder;
    private final NativeMemory buffer = new NativeMemory(Linux.PAGE_SIZE);
    private final NativeMemory zeros = new NativeMemory((long) ZERO_RUN_MAX * Linux.PAGE_SIZE);
    /** Registered ranges, start → end. A superset of what is registered still: unmapping forgets on its own. */
    private final TreeMap<Long, Long> registered = new TreeMap<>();

    private final ArrayDeque<PendingDrop> drops = new ArrayDeque<>();
    private boolean dropping;
    private @Nullable Events events;
    private long lastZeroEnd;
    private int zeroRun = 1;

    private record PendingDrop(long page, byte @Nullable [] data) {}

    OriginPages(Context context, Userfault uffd, int memFd, VmaTable vmas, Discarder discarder) {
        this.context = context;
        this.uffd = uffd;
        this.memFd = memFd;
        this.vmas = vmas;
        this.discarder = discarder;
        uffd.watch(context, this::onFault);
    }

    private void onFault(long page, boolean write, boolean protectedPage, int tid) {
        if (events != null) {
            events.onFault(page, write, protectedPage, tid);
        }
    }

    @Override
    public void events(Events handler) {
        this.events = handler;
    }

    private Events events() {
        return java.util.Objects.requireNonNull(events, "events");
    }

    @Override
    public void install(long page, byte[] data, int offset, boolean writable) {
        NativeMemory.copyIn(buffer.address(), data, offset, Linux.PAGE_SIZE);
        long address = page << Linux.PAGE_SHIFT;
        long result = copyRegistered(address, buffer.address(), Linux.PAGE_SIZE, !writable);
        if (result != Linux.PAGE_SIZE && result != -Linux.ESRCH) {
            events().onBroken("page 0x" + Long.toHexString(address) + " can't be put back at the origin: "
                    + Linux.errorName(result));
            return;
        }
        later(() -> events().onInstalled(page));
    }

    private long copyRegistered(long address, long source, long length, boolean writeProtected) {
        long result = uffd.copy(address, source, length, writeProtected);
        // ENOENT: a mapping that grew or was made anew since it was registered.
        if (result == -Linux.ENOENT || result == -Linux.EINVAL) {
            Vma vma = vmas.find(address);
            if (vma != null && register(vma, true)) {
                result = uffd.copy(address, source, length, writeProtected);
            }
        }
        return result;
    }

    @Override
    public void unprotect(long page) {
        long result = uffd.writeProtect(page << Linux.PAGE_SHIFT, Linux.PAGE_SIZE, false);
        if (result < 0 && result != -Linux.ESRCH && result != -Linux.ENOENT) {
            events().onBroken("page 0x" + Long.toHexString(page << Linux.PAGE_SHIFT)
                    + " can't be made writable at the origin: " + Linux.errorName(result));
            return;
        }
        later(() -> events().onInstalled(page));
    }

    @Override
    public @Nullable Denial check(long page, boolean write) {
        return VmaTable.denial(vmas.find(page << Linux.PAGE_SHIFT), write);
    }

    @Override
    public void extract(long page, boolean invalidate) {
        long address = page << Linux.PAGE_SHIFT;
        Vma vma = vmas.find(address);
        Denial denial = VmaTable.denial(vma, invalidate);
        if (denial != null || vma == null) {
            Denial reason = denial == null ? Denial.UNMAPPED : denial;
            later(() -> events().onExtractDenied(page, reason));
            return;
        }
        if (vma.writable() && !protect(vma, address)) {
            later(() -> events().onExtractDenied(page, Denial.SPECIAL_MAPPING));
            return;
        }
        byte[] data = read(address, vma.writable());
        if (data == null) {
            later(() -> events().onExtractDenied(page, Denial.UNMAPPED));
            return;
        }
        if (invalidate) {
            drops.add(new PendingDrop(page, data));
            startDropping();
        } else {
            later(() -> events().onExtracted(page, data));
        }
    }

    /** Write-protects one page, registering its mapping first where needed. */
    private boolean protect(Vma vma, long address) {
        if (!register(vma, false)) {
            return false;
        }
        long result = uffd.writeProtect(address, Linux.PAGE_SIZE, true);
        if (result == -Linux.ENOENT) {
            // The heap grew: the kernel made a second mapping behind the registered one, and maps shows both.
            vmas.changed();
            Vma again = vmas.find(address);
            result = again != null && register(again, true)
                    ? uffd.writeProtect(address, Linux.PAGE_SIZE, true)
                    : -Linux.ENOENT;
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
        byte[] data = new byte[Linux.PAGE_SIZE];
        for (int attempt = 0; attempt < 2; attempt++) {
            // /proc/PID/mem answers EIO at once where process_vm_readv would wait for the missing page: for itself.
            long got = Linux.call(Linux.NR_PREAD64, memFd, buffer.address(), Linux.PAGE_SIZE, address, 0, 0);
            if (got == Linux.PAGE_SIZE) {
                NativeMemory.copyOut(buffer.address(), data, 0, Linux.PAGE_SIZE);
                return data;
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

    @Override
    public void drop(long page) {
        drops.add(new PendingDrop(page, null));
        startDropping();
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

    @Override
    public void wake(long page) {
        uffd.wake(page << Linux.PAGE_SHIFT, Linux.PAGE_SIZE);
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
        long result = copyRegistered(address, zeros.address(), Math.max(length, Linux.PAGE_SIZE), false);
        if (result == -Linux.EEXIST) {
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

    private void later(Runnable completion) {
        context.runOnContext(ignored -> completion.run());
    }

    void close() {
        uffd.close();
        Linux.close(memFd);
        buffer.close();
        zeros.close();
    }
}
