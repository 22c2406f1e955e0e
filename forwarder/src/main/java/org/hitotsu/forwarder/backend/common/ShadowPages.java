package org.hitotsu.forwarder.backend.common;

import io.vertx.core.Context;
import java.util.ArrayList;
import java.util.List;
import org.hitotsu.forwarder.backend.common.PageWork.Item;
import org.hitotsu.forwarder.backend.common.PageWork.Kind;
import org.hitotsu.forwarder.nativecall.Linux;
import org.jspecify.annotations.Nullable;

/**
 * A shadow's memory: one memfd mapped over the whole address range under userfaultfd. The file offset is the address, so
 * a page is read through the descriptor and removed by punching a hole, and no code runs in the shadow for it.
 *
 * <p>The descriptor is only read where the page is there: reading a hole leaves it a hole, but a mapping of it in the
 * daemon would not. Event loop only.
 */
public final class ShadowPages extends BatchedPages {
    private static final int PUNCH_HOLE_KEEP_SIZE = 3;

    private final int canvas;
    private boolean closed;

    /** @param canvas the memfd; it and {@code uffd} are this object's from now on */
    public ShadowPages(Context context, Userfault uffd, int canvas) {
        super(context, uffd);
        this.canvas = canvas;
    }

    @Override
    protected void run(Kind kind, List<Item> run) {
        long page = run.get(0).page();
        long address = page << Linux.PAGE_SHIFT;
        long length = (long) run.size() << Linux.PAGE_SHIFT;
        switch (kind) {
            case INSTALL_WRITABLE, INSTALL_PROTECTED -> install(run, address, length, kind == Kind.INSTALL_PROTECTED);
            case UNPROTECT -> {
                if (worked(page, "can't be made writable", uffd.writeProtect(address, length, false))) {
                    run.forEach(item -> events().onInstalled(item.page()));
                }
            }
            case EXTRACT_SHARE, EXTRACT_INVALIDATE -> extract(run, address, length, kind == Kind.EXTRACT_INVALIDATE);
            case DROP -> {
                if (punch(page, length)) {
                    run.forEach(item -> events().onDropped(item.page()));
                }
            }
        }
    }

    private void install(List<Item> run, long address, long length, boolean writeProtected) {
        gather(run);
        long result = uffd.copy(address, buffer.address(), length, writeProtected);
        if (result != length && result != -Linux.ESRCH) {
            broken(run.get(0).page(), "can't be installed", result);
            return;
        }
        run.forEach(item -> events().onInstalled(item.page()));
    }

    private void extract(List<Item> run, long address, long length, boolean invalidate) {
        long page = run.get(0).page();
        if (!worked(page, "can't be protected", uffd.writeProtect(address, length, true))) {
            return;
        }
        long got = Linux.call(Linux.NR_PREAD64, canvas, buffer.address(), length, address, 0, 0);
        if (got != length) {
            broken(page, "can't be read", got);
            return;
        }
        if (invalidate && !punch(page, length)) {
            return;
        }
        long at = buffer.address();
        List<byte[]> pages = new ArrayList<>(run.size());
        for (int i = 0; i < run.size(); i++) {
            pages.add(copyOut(at));
            at += Linux.PAGE_SIZE;
        }
        for (int i = 0; i < run.size(); i++) {
            events().onExtracted(run.get(i).page(), pages.get(i));
        }
    }

    private boolean punch(long page, long length) {
        long result =
                Linux.call(Linux.NR_FALLOCATE, canvas, PUNCH_HOLE_KEEP_SIZE, page << Linux.PAGE_SHIFT, length, 0, 0);
        return worked(page, "can't be removed", result);
    }

    private boolean worked(long page, String otherwise, long result) {
        if (result < 0 && result != -Linux.ESRCH) {
            broken(page, otherwise, result);
            return false;
        }
        return true;
    }

    @Override
    public void resolveLocally(long page, boolean write) {
        // Held sufficiently, so the event is older than the page: the access only has to be made again.
        wake(page);
    }

    @Override
    public void tracked(TrackedPages pages) {
        // Only the origin has pages that nobody else knows of.
    }

    @Override
    public @Nullable Denial check(long page, boolean write) {
        return null;
    }

    private void broken(long page, String what, long result) {
        events().onBroken("page 0x" + Long.toHexString(page << Linux.PAGE_SHIFT) + " " + what + " in the shadow: "
                + (result < 0 ? Linux.errorName(result) : "short transfer"));
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            super.close();
            Linux.close(canvas);
        }
    }
}
