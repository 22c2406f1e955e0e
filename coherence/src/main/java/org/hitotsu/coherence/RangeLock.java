package org.hitotsu.coherence;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One {@link DirectoryEvents#lockRange} until its unlock. */
final class RangeLock {

    private static final long[] NONE = {};

    enum Phase {
        /** Overlaps an older lock. */
        WAITING,
        /** Nodes give their copies back. */
        COLLECTING,
        /** The origin's cache takes note. */
        HOMING,
        READY
    }

    /** A part of the range, while it is being taken away from the nodes. */
    static final class Piece {
        final RangeLock lock;
        final long token;
        /** Nodes whose range reply is missing. */
        final NodeSet waiting = new NodeSet();
        /** How many of its pages' contents come from other nodes. */
        int contents;

        Piece(RangeLock lock, long token) {
            this.lock = lock;
            this.token = token;
        }
    }

    final long first;
    final long count;
    final RangeUse use;
    final long token;
    Phase phase = Phase.WAITING;
    /** The pages which have an entry, ascending, while collecting. */
    long[] pages = NONE;
    /** Index of the first page which is in no piece yet. */
    int next;
    /** The pieces under way. */
    final List<Piece> pieces = new ArrayList<>();
    /** Of the message to the origin's cache, while homing. */
    long homingToken;
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

    /** Where the part begins which is in no piece yet. */
    long restFirst() {
        if (next == pages.length) {
            return first + count;
        }
        return next == 0 ? first : pages[next];
    }

    boolean isCollected() {
        return pieces.isEmpty() && next == pages.length;
    }

    @Nullable
    Piece piece(long pieceToken) {
        for (Piece piece : pieces) {
            if (piece.token == pieceToken) {
                return piece;
            }
        }
        return null;
    }

    /** The entries are gone. */
    void forgetPages() {
        pages = NONE;
        next = 0;
    }
}
