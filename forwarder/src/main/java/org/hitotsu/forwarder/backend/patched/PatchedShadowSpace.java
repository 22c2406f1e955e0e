package org.hitotsu.forwarder.backend.patched;

import io.vertx.core.Context;
import org.hitotsu.forwarder.backend.common.ShadowPages;
import org.hitotsu.forwarder.backend.common.ShadowParts;

/** A shadow with everything the daemon holds of it. */
final class PatchedShadowSpace extends ShadowParts {
    private final Attachment attachment;
    private final PatchedShadowThreads threads;
    private final ShadowPages pages;

    PatchedShadowSpace(Context context, ShadowEntry.Made shadow) {
        this(
                shadow,
                new PatchedShadowThreads(shadow.attachment().device(), shadow.process(), shadow.calls()),
                new ShadowPages(context, shadow.uffd(), shadow.canvas()));
        attachment.handler(threads::onEvent);
        shadow.process().onEnded(threads::processEnded);
    }

    private PatchedShadowSpace(ShadowEntry.Made shadow, PatchedShadowThreads threads, ShadowPages pages) {
        super(shadow.process().pid(), threads, pages);
        this.attachment = shadow.attachment();
        this.threads = threads;
        this.pages = pages;
    }

    @Override
    protected void end() {
        threads.close();
        attachment.close();
        pages.close();
    }
}
