package org.hitotsu.coherence;

import java.util.ArrayList;
import java.util.List;

/** One {@link DirectoryEvents#lockRange} until its unlock. */
final class RangeLock {

    enum Phase {
        /** Overlaps an older lock. */
        WAITING,
        /** Nodes give their copies back. */
        COLLECTING,
        /** The origin's cache takes note. */
        HOMING,
        READY
    }

    final long first;
    final long count;
    final RangeUse use;
    final long token;
    Phase phase = Phase.WAITING;
    /** Nodes whose range reply is missing, while collecting. */
    final NodeSet waiting = new NodeSet();
    /** Requests which met the lock, oldest first. */
    final List<DirectoryEntry.Request> held = new ArrayList<>();

    RangeLock(long first, long count, RangeUse use, long token) {
        this.first = first;
        this.count = count;
        this.use = use;
        this.token = token;
    }

    boolean contains(long page) {
        return page >= first && page - first < count;
    }

    boolean overlaps(RangeLock other) {
        return first < other.first + other.count && other.first < first + count;
    }
}
