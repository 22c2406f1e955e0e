package org.hitotsu.forwarder.backend.patched;

import static org.hitotsu.forwarder.backend.patched.PatchedLayout.*;

import io.vertx.core.Context;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.hitotsu.forwarder.backend.common.MappedFiles;
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
 * The origin's memory: the program's own private mappings, files' included. The kernel takes pages out of them, and leaves
 * markers, at which the program waits; what was never taken stays the kernel's own affair.
 *
 * <p>All pages to be taken in one turn of the event loop go with one request for each kind. Event loop only.
 */
final class PatchedOriginPages extends VmaPages {
    private final MappedFiles files;
    private final Extraction extraction = new Extraction();
    private final NativeMemory zeros = new NativeMemory(Linux.PAGE_SIZE);
    private final List<List<Item>> shared = new ArrayList<>();
    private final List<List<Item>> invalidated = new ArrayList<>();
    private final List<List<Item>> dropped = new ArrayList<>();
    /** Pages of mappings that the kernel did not find registered, and that have been since. */
    private final Set<Long> registeredAgain = new HashSet<>();

    PatchedOriginPages(Context context, Userfault uffd, VmaTable vmas) {
        super(context, uffd, vmas);
        this.files = new MappedFiles(vmas);
    }

    @Override
    protected long register(long start, long length) {
        return uffd.registerProtection(start, length);
    }

    /** Notes the parts of a run that may be taken; {@link #flushed} takes them. */
    @Override
    protected void take(Kind kind, List<Item> run) {
        boolean write = kind != Kind.EXTRACT_SHARE;
        List<List<Item>> runs = runs(kind);
        int start = 0;
        for (int i = 0; i < run.size(); i++) {
            Denial denial = obstacle(run.get(i).page() << Linux.PAGE_SHIFT, write);
            if (denial != null) {
                add(runs, run.subList(start, i));
                start = i + 1;
                events().onExtractDenied(run.get(i).page(), denial);
            }
        }
        add(runs, run.subList(start, run.size()));
    }

    private static void add(List<List<Item>> runs, List<Item> run) {
        if (!run.isEmpty()) {
            runs.add(run);
        }
    }

    private List<List<Item>> runs(Kind kind) {
        return switch (kind) {
            case EXTRACT_SHARE -> shared;
            case EXTRACT_INVALIDATE -> invalidated;
            case DROP -> dropped;
            default -> throw new IllegalArgumentException(kind + " takes no page");
        };
    }

    private @Nullable Denial obstacle(long address, boolean write) {
        Vma vma = vmas.find(address);
        Denial denial = denial(vma, write);
        if (denial != null || vma == null) {
            return denial == null ? Denial.UNMAPPED : denial;
        }
        return isWatched(vma) && !register(vma, false) && !registerAnew(address) ? Denial.SPECIAL_MAPPING : null;
    }

    /**
     * Private memory of a device (/dev/zero, a disk) stays, since it can't be put back: UFFDIO_COPY compares with the size of
     * the file, which is none (mfill_file_over_size(), Linux 6.12).
     */
    @Override
    protected @Nullable Denial denial(@Nullable Vma vma, boolean write) {
        Denial denial = super.denial(vma, write);
        if (denial != null || vma == null || vma.kind() != VmaTable.Kind.FILE) {
            return denial;
        }
        return files.isRegular(vma) ? null : Denial.SPECIAL_MAPPING;
    }

    /** Another look at the mappings: many calls split or merge them without changing what is mapped. */
    private boolean registerAnew(long address) {
        vmas.changed();
        Vma vma = vmas.find(address);
        return vma != null && register(vma, true);
    }

    @Override
    protected void flushed() {
        take(Kind.EXTRACT_SHARE, EXTRACT_SHARE, shared);
        take(Kind.EXTRACT_INVALIDATE, EXTRACT_INVALIDATE, invalidated);
        take(Kind.DROP, EXTRACT_DROP, dropped);
    }

    private void take(Kind kind, int mode, List<List<Item>> runs) {
        int start = 0;
        while (start < runs.size()) {
            int pages = 0;
            int end = start;
            while (end < runs.size() && pages + runs.get(end).size() <= Extraction.MAX_PAGES) {
                pages += runs.get(end++).size();
            }
            takeNow(kind, mode, runs.subList(start, end));
            start = end;
        }
        runs.clear();
    }

    private void takeNow(Kind kind, int mode, List<List<Item>> runs) {
        long looked = extraction.run(uffd.fd(), mode, runs);
        if (looked == -Linux.ESRCH) {
            return; // The process has ended.
        }
        if (looked < 0 && looked != -Linux.EAGAIN) {
            broken(runs.get(0).get(0).page() << Linux.PAGE_SHIFT, "can't be taken", looked);
            return;
        }
        // Copied out before anything else happens: what is told may have the next request made.
        List<Taken> taken = new ArrayList<>();
        int index = 0;
        for (List<Item> run : runs) {
            for (Item item : run) {
                int status = index < looked ? extraction.status(index) : -Linux.EAGAIN;
                byte[] data = status == 0 && kind != Kind.DROP ? copyOut(extraction.content(index)) : null;
                taken.add(new Taken(item.page(), status, data));
                index++;
            }
        }
        for (Taken page : taken) {
            tell(kind, page);
        }
    }

    private record Taken(long page, int status, byte @Nullable [] data) {}

    private void tell(Kind kind, Taken taken) {
        long page = taken.page();
        boolean again = registeredAgain.remove(page);
        switch (-taken.status()) {
            case 0 -> done(kind, page, taken.data());
            // Its mapping was changing, or the page itself.
            case Linux.EAGAIN -> later(kind, page);
            case Linux.EPERM -> {
                if (!again && registerAnew(page << Linux.PAGE_SHIFT)) {
                    registeredAgain.add(page);
                    later(kind, page);
                } else {
                    events().onExtractDenied(page, Denial.SPECIAL_MAPPING);
                }
            }
            case Linux.ENODATA -> away(kind, page);
            case Linux.EFAULT -> events().onExtractDenied(page, Denial.UNMAPPED);
            case Linux.EACCES -> events().onExtractDenied(page, Denial.PROTECTED);
            case Linux.EXDEV -> events().onExtractDenied(page, Denial.SHARED_MAPPING);
            case Linux.EOPNOTSUPP -> events().onExtractDenied(page, Denial.SPECIAL_MAPPING);
            case Linux.EBUSY -> events().onExtractDenied(page, Denial.PINNED);
            default -> broken(page << Linux.PAGE_SHIFT, "can't be taken", taken.status());
        }
    }

    private void done(Kind kind, long page, byte @Nullable [] data) {
        if (kind == Kind.DROP || data == null) {
            events().onDropped(page);
        } else {
            events().onExtracted(page, data);
        }
    }

    /**
     * The page was taken before, and is not elsewhere: a call that was to remove it with its content has failed after the
     * content was given up. Anonymous memory reads as zeros then, as if it had not failed.
     */
    private void away(Kind kind, long page) {
        long address = page << Linux.PAGE_SHIFT;
        if (kind == Kind.DROP) {
            events().onDropped(page);
        } else if (!isAnonymous(address)) {
            broken(address, "is lost", -Linux.ENODATA);
        } else {
            if (kind == Kind.EXTRACT_SHARE) {
                copyPiece(address, zeros.address(), Linux.PAGE_SIZE, true);
            }
            events().onExtracted(page, new byte[Linux.PAGE_SIZE]);
        }
    }

    private boolean isAnonymous(long address) {
        Vma vma = vmas.find(address);
        return vma != null && vma.kind() == VmaTable.Kind.ANONYMOUS;
    }

    /**
     * An access waited for a page that is here: its event is older than the page, or the page is protected still from a
     * copy which has ended, or the page is one of those in {@link #away}.
     */
    @Override
    public void resolveLocally(long page, boolean write) {
        long address = page << Linux.PAGE_SHIFT;
        boolean anonymous = isAnonymous(address);
        if (anonymous) {
            // Where something is, nothing is copied.
            copyPiece(address, zeros.address(), Linux.PAGE_SIZE, !write && isTracked(page));
        } else if (isAway(page)) {
            broken(address, "is lost", -Linux.ENODATA);
            return;
        }
        if (write) {
            uffd.writeProtect(address, Linux.PAGE_SIZE, false);
        }
        uffd.wake(address, Linux.PAGE_SIZE);
    }

    /** Whether a marker is there; a page which is there is left protected. */
    private boolean isAway(long page) {
        Item item = new Item(Kind.EXTRACT_SHARE, page, null, 0);
        return extraction.run(uffd.fd(), EXTRACT_SHARE, List.of(List.of(item))) == 1
                && extraction.status(0) == -Linux.ENODATA;
    }

    @Override
    public void close() {
        super.close();
        extraction.close();
        zeros.close();
    }
}
