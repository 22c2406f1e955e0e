package org.hitotsu.forwarder.backend.common;

import io.vertx.core.Context;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.hitotsu.forwarder.backend.common.PageWork.Item;
import org.hitotsu.forwarder.backend.common.PageWork.Kind;
import org.hitotsu.forwarder.backend.common.VmaTable.Vma;
import org.hitotsu.forwarder.nativecall.Linux;
import org.jspecify.annotations.Nullable;

/**
 * An origin's memory: the program's own mappings, each registered with userfaultfd when the first of its pages is taken
 * for another node, so that a program whose threads are all at home pays nothing. Putting pages back is the same for
 * every back-end; how they are taken is not.
 *
 * <p>Event loop only.
 */
public abstract class VmaPages extends BatchedPages {
    private static final int REGISTERED_ROOM = 1024;

    protected final VmaTable vmas;
    /** Registered ranges, start → end. A superset of what is registered still: unmapping forgets on its own. */
    private final TreeMap<Long, Long> registered = new TreeMap<>();
    /** Entries of it, above which those that are not mapped any more are taken out. */
    private int most = REGISTERED_ROOM;

    private @Nullable TrackedPages tracked;
    /** While one more is being {@link #filling}. */
    private @Nullable NavigableMap<Long, Vma> mappedBefore;

    protected VmaPages(Context context, Userfault uffd, VmaTable vmas) {
        super(context, uffd);
        this.vmas = vmas;
    }

    /** Takes or drops pages; {@code kind} is none of those that put pages back. */
    protected abstract void take(Kind kind, List<Item> run);

    /** Asks for the events that this back-end needs of a range of one mapping. */
    protected abstract long register(long start, long length);

    /** Why another node may not have this access; null if it may. */
    protected @Nullable Denial denial(@Nullable Vma vma, boolean write) {
        return VmaTable.denial(vma, write);
    }

    /**
     * Whether a write to a mapping is to be seen. Memory that the program may not write can still be written through
     * /proc/PID/mem (FOLL_FORCE): of a file's mapping that is not seen, and its pages are copied as they are.
     */
    protected static boolean isWatched(Vma vma) {
        return vma.writable() || vma.kind() == VmaTable.Kind.ANONYMOUS;
    }

    @Override
    protected final void run(Kind kind, List<Item> run) {
        switch (kind) {
            case INSTALL_WRITABLE, INSTALL_PROTECTED -> install(run, kind == Kind.INSTALL_PROTECTED);
            case UNPROTECT -> run.forEach(item -> unprotectNow(item.page()));
            case EXTRACT_SHARE, EXTRACT_INVALIDATE, DROP -> take(kind, run);
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
            if (result == -Linux.EFAULT || result == -Linux.EEXIST) {
                result = leaveCutOff(start + done, result, writeProtected);
            }
            if (result < 0) {
                broken(start + done, "can't be put back", result);
                return;
            }
            done += result;
        }
        run.forEach(item -> events().onInstalled(item.page()));
    }

    /**
     * Leaves a page of a file as it is that can't be put back since the file has been cut before it: natively the page and all
     * copies of it are gone. If it still ends there (EFAULT, mfill_file_over_size()), a touch meets the kernel's own SIGBUS. If it
     * is long again, what it has there now may have been touched (EEXIST): that is what stays.
     *
     * @return bytes that are done with, or {@code result} if it is no such page
     */
    private long leaveCutOff(long address, long result, boolean writeProtected) {
        Vma vma = vmas.find(address);
        if (vma == null || vma.kind() != VmaTable.Kind.FILE || vma.shared()) {
            return result;
        }
        if (result == -Linux.EEXIST && uffd.writeProtect(address, Linux.PAGE_SIZE, writeProtected) < 0) {
            return result;
        }
        uffd.wake(address, Linux.PAGE_SIZE);
        return Linux.PAGE_SIZE;
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

    /** Reports that the page at {@code address} is in doubt. */
    protected final void broken(long address, String what, long result) {
        events().onBroken("page 0x" + Long.toHexString(address) + " " + what + " at the origin: "
                + Linux.errorName(result) + " in " + vmas.find(address));
    }

    /**
     * Copies as much of a run as lies in one mapping (mfill_atomic() answers ENOENT for more). What is known of the
     * mappings may be too coarse, since many calls split one without changing what is mapped (madvise, mlock, mbind), and
     * one that grew is not registered whole; so a refusal is answered by another look.
     *
     * @return bytes copied, or {@code -errno}
     */
    protected final long copyPiece(long address, long source, long length, boolean writeProtected) {
        long result = -Linux.ENOENT;
        for (int attempt = 0; attempt < 2 && (result == -Linux.ENOENT || result == -Linux.EINVAL); attempt++) {
            if (attempt > 0) {
                vmas.changed();
            }
            Vma vma = vmas.find(address);
            if (vma == null && vmas.isUnseen()) {
                // It is the kernel who knows: ESRCH says that the process has ended.
                return uffd.copy(address, source, Linux.PAGE_SIZE, writeProtected);
            }
            if (vma == null || attempt > 0 && !register(vma, true)) {
                return -Linux.ENOENT;
            }
            result = uffd.copy(address, source, Math.min(length, vma.end() - address), writeProtected);
        }
        return result;
    }

    /**
     * Registers a mapping whole.
     *
     * @param again even if it was registered, since the kernel says that some of it is not
     * @return whether it is registered
     */
    protected final boolean register(Vma vma, boolean again) {
        Map.Entry<Long, Long> known = registered.floorEntry(vma.start());
        if (!again && known != null && known.getValue() >= vma.end()) {
            return true;
        }
        if (register(vma.start(), vma.end() - vma.start()) < 0) {
            return false;
        }
        registered.put(vma.start(), vma.end());
        if (registered.size() > most) {
            NavigableMap<Long, Vma> now = vmas.now();
            if (!vmas.isUnseen()) {
                registered.entrySet().removeIf(range -> !isMapped(now, range.getKey(), range.getValue()));
            }
            most = Math.max(REGISTERED_ROOM, 2 * registered.size());
        }
        return true;
    }

    private static boolean isMapped(NavigableMap<Long, Vma> mappings, long start, long end) {
        Map.Entry<Long, Vma> last = mappings.lowerEntry(end);
        return last != null && last.getValue().end() > start;
    }

    /** See {@link org.hitotsu.forwarder.backend.OriginSpace#leaveFaults}. */
    public final void leaveFaults(long start, long length) {
        leave(start, start + length);
        vmas.reserve(start, start + length);
    }

    /** See {@link org.hitotsu.forwarder.backend.OriginSpace#moving}. */
    public final Runnable moving(long start, long length) {
        if (!Ranges.overlaps(registered, start, start + length)) {
            return () -> {};
        }
        leave(start, start + length);
        return () -> {
            // If it was not moved, it is a part of its mapping again: the kernel moves no two mappings in one call.
            vmas.changed();
            for (Vma vma : vmas.overlapping(start, start + length)) {
                if (!vmas.isReserved(vma)) {
                    register(vma, true);
                }
            }
        };
    }

    private void leave(long start, long end) {
        for (Vma vma : vmas.overlapping(start, end)) {
            // The kernel would unregister a mapping from whichever userfaultfd it has (userfaultfd_unregister() of
            // Linux 6.12): one that the program has registered before must keep its own. A mapping has one, so a part
            // tells of all of it.
            if (!vmas.isReserved(vma) && Ranges.overlaps(registered, vma.start(), vma.end())) {
                long from = Math.max(start, vma.start());
                // Some of it may have been mapped anew since: a refusal means nothing.
                uffd.unregister(from, Math.min(end, vma.end()) - from);
            }
        }
        Ranges.forget(registered, start, end);
    }

    /**
     * A mapping is about to be made whose pages get their content only then: until {@link #filled} no other node gets a page of
     * what is not mapped yet. Its address is not known before, and a node that asks for the pages behind others (prefetch) may
     * ask for these as soon as they are mapped: it would have them empty.
     */
    public final void filling() {
        mappedBefore = vmas.now();
    }

    /** That mapping is there, and its pages are not registered, so that they can be written to. */
    public final void mapped(long start, long length) {
        // It may be one with a mapping beside it, which is registered whole for any page of it. A refusal means
        // nothing.
        uffd.unregister(start, length);
    }

    /** See {@link #filling}. */
    public final void filled() {
        mappedBefore = null;
        // It may have been looked at where it was filled, and have moved since.
        vmas.changed();
    }

    private boolean isBeingFilled(long address) {
        if (mappedBefore == null) {
            return false;
        }
        Map.Entry<Long, Vma> before = mappedBefore.floorEntry(address);
        return before == null || before.getValue().end() <= address;
    }

    @Override
    public final @Nullable Denial check(long page, boolean write) {
        if (isBeingFilled(page << Linux.PAGE_SHIFT)) {
            return Denial.UNMAPPED;
        }
        Denial denial = denial(vmas.find(page << Linux.PAGE_SHIFT), write);
        return denial == null && vmas.isKept(page) ? Denial.PINNED : denial;
    }

    @Override
    public final void tracked(TrackedPages pages) {
        this.tracked = pages;
    }

    /** Whether other nodes have, or have had, a page; true if nobody knows. */
    protected final boolean isTracked(long page) {
        return tracked == null || tracked.isTracked(page);
    }
}
