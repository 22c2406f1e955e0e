package org.hitotsu.forwarder.backend.stock;

import io.vertx.core.Context;
import org.hitotsu.forwarder.backend.PagePort;
import org.hitotsu.forwarder.backend.ShadowSpace;
import org.hitotsu.forwarder.backend.ShadowThreads;
import org.hitotsu.forwarder.backend.common.ShadowPages;
import org.hitotsu.forwarder.backend.common.Userfault;

/** A shadow with everything the daemon holds of it. */
final class StockShadowSpace implements ShadowSpace {
    private final ShadowStart.Started shadow;
    private final StockShadowThreads threads;
    private final ShadowPages pages;
    private Runnable onClose = () -> {};
    private boolean closed;

    StockShadowSpace(Context context, Tracer tracer, ShadowStart.Started shadow) {
        this.shadow = shadow;
        this.threads = new StockShadowThreads(context, tracer, shadow.region(), shadow.pid(), shadow.listener());
        this.pages = new ShadowPages(context, new Userfault(shadow.uffd()), shadow.canvas());
        tracer.handle(shadow.pid(), new ShadowTracee(tracer, threads, shadow.pid()));
    }

    void onClose(Runnable action) {
        onClose = action;
    }

    @Override
    public int pid() {
        return shadow.pid();
    }

    @Override
    public ShadowThreads threads() {
        return threads;
    }

    @Override
    public PagePort pages() {
        return pages;
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            threads.close();
            pages.close();
            shadow.region().close();
            onClose.run();
        }
    }
}
