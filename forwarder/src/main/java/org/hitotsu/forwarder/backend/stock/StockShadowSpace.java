package org.hitotsu.forwarder.backend.stock;

import io.vertx.core.Context;
import org.hitotsu.forwarder.backend.common.ShadowPages;
import org.hitotsu.forwarder.backend.common.ShadowParts;
import org.hitotsu.forwarder.backend.common.Userfault;

/** A shadow with everything the daemon holds of it. */
final class StockShadowSpace extends ShadowParts {
    private final AgentRegion region;
    private final StockShadowThreads threads;
    private final ShadowPages pages;

    StockShadowSpace(Context context, Tracer tracer, ShadowStart.Started shadow) {
        this(
                shadow,
                new StockShadowThreads(context, tracer, shadow.region(), shadow.pid(), shadow.listener()),
                new ShadowPages(context, new Userfault(shadow.uffd()), shadow.canvas()));
        tracer.handle(shadow.pid(), new ShadowTracee(tracer, threads, shadow.pid()));
    }

    private StockShadowSpace(ShadowStart.Started shadow, StockShadowThreads threads, ShadowPages pages) {
        super(shadow.pid(), threads, pages);
        this.region = shadow.region();
        this.threads = threads;
        this.pages = pages;
    }

    @Override
    protected void end() {
        threads.close();
        pages.close();
        region.close();
    }
}
