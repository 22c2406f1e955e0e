package org.hitotsu.forwarder.wire;

import java.util.concurrent.atomic.LongAdder;

/** What has gone over all connections of a node. Any thread may read it. */
public final class WireStats {

    final LongAdder framesIn = new LongAdder();
    final LongAdder framesOut = new LongAdder();
    final LongAdder bytesIn = new LongAdder();
    final LongAdder bytesOut = new LongAdder();
    final LongAdder writes = new LongAdder();

    /** Frames received. */
    public long framesIn() {
        return framesIn.sum();
    }

    /** Frames sent. */
    public long framesOut() {
        return framesOut.sum();
    }

    /** Bytes received, frame lengths included. */
    public long bytesIn() {
        return bytesIn.sum();
    }

    /** Bytes sent, frame lengths included. */
    public long bytesOut() {
        return bytesOut.sum();
    }

    /** Socket writes; less than {@link #framesOut} as sends of one turn are gathered. */
    public long writes() {
        return writes.sum();
    }
}
