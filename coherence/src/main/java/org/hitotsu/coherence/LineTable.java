package org.hitotsu.coherence;

import java.util.ArrayDeque;
import org.hitotsu.coherence.CacheLine.State;
import org.jspecify.annotations.Nullable;

/** The pages of one cache of which there is more to say than where they are by default: M at the origin, I elsewhere. */
final class LineTable {

    final int node;
    final boolean origin;
    private final LongMap<CacheLine> lines = new LongMap<>();
    /** Origin lines in M which are tracked for their hold only, in the order in which it ends. */
    private final ArrayDeque<CacheLine> expiring = new ArrayDeque<>();

    LineTable(int node, boolean origin) {
        this.node = node;
        this.origin = origin;
    }

    @Nullable
    CacheLine get(long page) {
        return lines.get(page);
    }

    /** The line of a page, made if need be. */
    CacheLine track(long page) {
        CacheLine line = lines.get(page);
        if (line == null) {
            line = new CacheLine(page, origin ? State.M : State.I);
            lines.put(page, line);
        }
        return line;
    }

    /** The pages in a range which are tracked now, ascending. */
    long[] pagesIn(long firstPage, long count) {
        return lines.keysIn(firstPage, count);
    }

    /** Whether this node has the page in the mode and no operation is under way on it. */
    boolean holds(long page, Access access) {
        CacheLine line = lines.get(page);
        return line == null ? origin : line.state.allows(access);
    }

    /** Forgets a line which says no more than its absence would. */
    void release(CacheLine line, long now) {
        if (line.state != (origin ? State.M : State.I)
                || line.asked != null
                || line.wantRead
                || line.wantWrite
                || line.recalled
                || line.pins > 0
                || line.range != null
                || line.expiring) {
            return;
        }
        if (origin && line.isHeld(now)) {
            line.expiring = true;
            expiring.add(line);
        } else {
            lines.remove(line.page);
        }
    }

    /** Forgets origin lines whose hold is over. Done in passing, because a timer for each would cost more than the lines. */
    void expire(long now) {
        for (CacheLine line = expiring.peek(); line != null && line.holdUntil - now <= 0; line = expiring.peek()) {
            expiring.remove();
            line.expiring = false;
            release(line, now);
        }
    }

    void clear() {
        lines.clear();
        expiring.clear();
    }

    int size() {
        return lines.size();
    }

    int outstandingRequests() {
        int[] count = new int[1];
        lines.forEach(line -> count[0] += line.asked == null ? 0 : 1);
        return count[0];
    }

    ProtocolException failure(long page, @Nullable CacheLine line, String event) {
        return new ProtocolException(
                node, page, line == null ? (origin ? "M, not tracked" : "I, not tracked") : line.toString(), event);
    }
}
