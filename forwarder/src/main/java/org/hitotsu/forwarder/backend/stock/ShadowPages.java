package org.hitotsu.forwarder.backend.stock;

import io.vertx.core.Context;
import org.hitotsu.forwarder.backend.PagePort;
import org.hitotsu.forwarder.nativecall.Linux;
import org.hitotsu.forwarder.nativecall.NativeMemory;
import org.jspecify.annotations.Nullable;

/**
 * A shadow's memory: one memfd mapped over the whole address range under userfaultfd. The file offset is the address, so
 * a page is read through the descriptor and removed by punching a hole, and no code runs in the shadow for it.
 *
 * <p>The descriptor is only read where the page is there: reading a hole leaves it a hole, but a mapping of it in the
 * daemon would not. Event loop only.
 */
final class ShadowPages implements PagePort {
    private static final int PUNCH_HOLE_KEEP_SIZE = 3;

    private final Context context;
    private final Userfault uffd;
    private final int canvas;
    private final NativeMemory buffer = new NativeMemory(Linux.PAGE_SIZE);
    private @Nullable Events events;
    private boolean closed;

    ShadowPages(Context context, Userfault uffd, int canvas) {
        this.context = context;
        this.uffd = uffd;
        this.canvas = canvas;
        uffd.watch(context, (page, write, protectedPage, tid) -> {
            if (events != null) {
                events.onFault(page, write, protectedPage, tid);
            }
        });
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
        long result = uffd.copy(page << Linux.PAGE_SHIFT, buffer.address(), Linux.PAGE_SIZE, !writable);
        if (result != Linux.PAGE_SIZE && result != -Linux.ESRCH) {
            broken(page, "can't be installed", result);
            return;
        }
        later(() -> events().onInstalled(page));
    }

    @Override
    public void unprotect(long page) {
        long result = uffd.writeProtect(page << Linux.PAGE_SHIFT, Linux.PAGE_SIZE, false);
        if (result < 0 && result != -Linux.ESRCH) {
            broken(page, "can't be made writable", result);
            return;
        }
        later(() -> events().onInstalled(page));
    }

    @Override
    public void extract(long page, boolean invalidate) {
        long address = page << Linux.PAGE_SHIFT;
        long result = uffd.writeProtect(address, Linux.PAGE_SIZE, true);
        if (result < 0 && result != -Linux.ESRCH) {
            broken(page, "can't be protected", result);
            return;
        }
        result = Linux.call(Linux.NR_PREAD64, canvas, buffer.address(), Linux.PAGE_SIZE, address, 0, 0);
        if (result != Linux.PAGE_SIZE) {
            broken(page, "can't be read", result);
            return;
        }
        byte[] data = new byte[Linux.PAGE_SIZE];
        NativeMemory.copyOut(buffer.address(), data, 0, Linux.PAGE_SIZE);
        if (!invalidate || punch(page)) {
            later(() -> events().onExtracted(page, data));
        }
    }

    @Override
    public void drop(long page) {
        if (punch(page)) {
            later(() -> events().onDropped(page));
        }
    }

    private boolean punch(long page) {
        long result = Linux.call(
                Linux.NR_FALLOCATE, canvas, PUNCH_HOLE_KEEP_SIZE, page << Linux.PAGE_SHIFT, Linux.PAGE_SIZE, 0, 0);
        if (result < 0) {
            broken(page, "can't be removed", result);
            return false;
        }
        return true;
    }

    @Override
    public void wake(long page) {
        uffd.wake(page << Linux.PAGE_SHIFT, Linux.PAGE_SIZE);
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

    private void later(Runnable completion) {
        context.runOnContext(ignored -> {
            if (!closed) {
                completion.run();
            }
        });
    }

    void close() {
        if (!closed) {
            closed = true;
            uffd.close();
            Linux.close(canvas);
            buffer.close();
        }
    }
}
