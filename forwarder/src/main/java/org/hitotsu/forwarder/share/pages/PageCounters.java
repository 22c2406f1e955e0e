package org.hitotsu.forwarder.share.pages;

import org.hitotsu.forwarder.metrics.Metrics;

/** What one share has moved on this node, for people and for the metrics. Event loop only. */
public final class PageCounters {
    private final Metrics metrics;
    private long in;
    private long out;
    private long faults;

    public PageCounters(Metrics metrics) {
        this.metrics = metrics;
    }

    void sent() {
        out++;
        metrics.pagesMoved(Metrics.Direction.OUT, 1, PageData.SIZE);
    }

    void received() {
        in++;
        metrics.pagesMoved(Metrics.Direction.IN, 1, PageData.SIZE);
    }

    void fault(Metrics.FaultKind kind) {
        faults++;
        metrics.fault(kind);
    }

    /** Pages received from other nodes. */
    public long in() {
        return in;
    }

    /** Pages sent to other nodes. */
    public long out() {
        return out;
    }

    public long faults() {
        return faults;
    }
}
