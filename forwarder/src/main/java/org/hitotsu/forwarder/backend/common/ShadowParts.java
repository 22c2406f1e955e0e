package org.hitotsu.forwarder.backend.common;

import org.hitotsu.forwarder.backend.PagePort;
import org.hitotsu.forwarder.backend.ShadowSpace;
import org.hitotsu.forwarder.backend.ShadowThreads;

/** What shadows of all back-ends have in common: two ports, and one end. Event loop only. */
public abstract class ShadowParts implements ShadowSpace {
    private final int pid;
    private final ShadowThreads threads;
    private final PagePort pages;
    private Runnable onClose = () -> {};
    private boolean closed;

    protected ShadowParts(int pid, ShadowThreads threads, PagePort pages) {
        this.pid = pid;
        this.threads = threads;
        this.pages = pages;
    }

    /** Ends the shadow and frees everything. Called once. */
    protected abstract void end();

    /** Names what is to be done after the end. */
    public final void onClose(Runnable action) {
        onClose = action;
    }

    @Override
    public final int pid() {
        return pid;
    }

    @Override
    public final ShadowThreads threads() {
        return threads;
    }

    @Override
    public final PagePort pages() {
        return pages;
    }

    @Override
    public final void close() {
        if (!closed) {
            closed = true;
            end();
            onClose.run();
        }
    }
}
