package org.hitotsu.forwarder.backend.patched;

import io.vertx.core.Context;
import org.hitotsu.forwarder.backend.PagePort;
import org.hitotsu.forwarder.backend.ShadowSpace;
import org.hitotsu.forwarder.backend.ShadowThreads;
import org.hitotsu.forwarder.backend.common.ShadowPages;

/** A shadow with everything the daemon holds of it. */
final class PatchedShadowSpace implements ShadowSpace {
    private final ShadowEntry.Made shadow;
    private final PatchedShadowThreads threads;
    private final ShadowPages pages;
    private Runnable onClose = () -> {};
    private boolean closed;

    PatchedShadowSpace(Context context, ShadowEntry.Made shadow) {
        this.shadow = shadow;
        this.threads = new PatchedShadowThreads(shadow.attachment().device(), shadow.process(), shadow.calls());
        this.pages = new ShadowPages(context, shadow.uffd(), shadow.canvas());
        shadow.attachment().handler(threads::onEvent);
        shadow.process().onEnded(threads::processEnded);
    }

    void onClose(Runnable action) {
        onClose = action;
    }

    @Override
    public int pid() {
        return shadow.process().pid();
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
            shadow.attachment().close();
            pages.close();
            onClose.run();
        }
    }
}
