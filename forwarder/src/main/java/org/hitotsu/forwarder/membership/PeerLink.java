package org.hitotsu.forwarder.membership;

import org.hitotsu.forwarder.wire.FrameConnection;

/** The connection to one incarnation of another node. Accessed from the event loop only. */
final class PeerLink {

    final int id;
    final long epoch;
    final FrameConnection connection;

    /** Last measured time from a ping to its pong, in ns; -1 before the first. */
    long roundTripNanos = -1;

    /** Whether the other end has said it leaves. */
    boolean leaving;

    PeerLink(int id, long epoch, FrameConnection connection) {
        this.id = id;
        this.epoch = epoch;
        this.connection = connection;
    }

    /** How log lines name it. */
    @Override
    public String toString() {
        return "peer " + id + " (" + connection.remoteAddress() + ")";
    }
}
