package org.hitotsu.forwarder.backend.common;

import io.vertx.core.Context;
import java.util.List;
import java.util.Objects;
import org.hitotsu.forwarder.backend.PagePort;
import org.hitotsu.forwarder.backend.common.PageWork.Item;
import org.hitotsu.forwarder.backend.common.PageWork.Kind;
import org.hitotsu.forwarder.nativecall.Linux;
import org.hitotsu.forwarder.nativecall.NativeMemory;
import org.jspecify.annotations.Nullable;

/** What the two kinds of memory have in common: faults of a userfaultfd, and operations gathered into runs. */
public abstract class BatchedPages implements PagePort {
    protected final Userfault uffd;
    /** Room for the longest run. */
    protected final NativeMemory buffer = new NativeMemory((long) PageWork.MAX_RUN * Linux.PAGE_SIZE);

    private final PageWork work;
    private @Nullable Events events;

    protected BatchedPages(Context context, Userfault uffd) {
        this.uffd = uffd;
        this.work = new PageWork(context, new PageWork.Worker() {
            @Override
            public void run(Kind kind, List<Item> items) {
                BatchedPages.this.run(kind, items);
            }

            @Override
            public void flushed() {
                BatchedPages.this.flushed();
            }
        });
        uffd.watch(context, this::onFault);
    }

    /** Does a run; see {@link PageWork.Worker}. */
    protected abstract void run(Kind kind, List<Item> run);

    /** Every run of this turn of the event loop has been given to {@link #run}. */
    protected void flushed() {}

    /** Has {@link #run} do one more operation in a later turn. */
    protected final void later(Kind kind, long page) {
        work.add(kind, page);
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

    protected final Events events() {
        return Objects.requireNonNull(events, "events");
    }

    @Override
    public void install(long page, byte[] data, int offset, boolean writable) {
        work.add(writable ? Kind.INSTALL_WRITABLE : Kind.INSTALL_PROTECTED, page, data, offset);
    }

    @Override
    public void unprotect(long page) {
        work.add(Kind.UNPROTECT, page);
    }

    @Override
    public void extract(long page, boolean invalidate) {
        work.add(invalidate ? Kind.EXTRACT_INVALIDATE : Kind.EXTRACT_SHARE, page);
    }

    @Override
    public void drop(long page) {
        work.add(Kind.DROP, page);
    }

    @Override
    public void wake(long page) {
        uffd.wake(page << Linux.PAGE_SHIFT, Linux.PAGE_SIZE);
    }

    /** Copies the pages of an installing run into the buffer, in order. */
    protected final void gather(List<Item> run) {
        long at = buffer.address();
        for (Item item : run) {
            NativeMemory.copyIn(at, Objects.requireNonNull(item.data()), item.offset(), Linux.PAGE_SIZE);
            at += Linux.PAGE_SIZE;
        }
    }

    protected static byte[] copyOut(long from) {
        byte[] data = new byte[Linux.PAGE_SIZE];
        NativeMemory.copyOut(from, data, 0, Linux.PAGE_SIZE);
        return data;
    }

    /** Stops; what is not done is dropped. */
    public void close() {
        work.close();
        uffd.close();
        buffer.close();
    }
}
