package org.hitotsu.coherence;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import org.hitotsu.coherence.DirectoryEntry.Request;
import org.hitotsu.coherence.DirectoryEntry.State;
import org.hitotsu.coherence.RangeLock.Piece;
import org.jspecify.annotations.Nullable;

/**
 * The range locks of one directory. Their phases and pieces, and state L of a page, are described at {@link PageDirectory}.
 */
final class RangeLocks<D> {

    private static final int NOBODY = DirectoryEntry.NOBODY;

    private final int origin;
    private final LongMap<DirectoryEntry<D>> entries;
    private final DirectoryActions<D> actions;
    private final int pieceContents;
    /** In the order of their calls. */
    private final List<RangeLock> locks = new ArrayList<>();
    /** Those with pages which are in no piece yet, the one whose turn it is first. */
    private final ArrayDeque<RangeLock> unfinished = new ArrayDeque<>();
    /** Pages of pieces under way whose contents come. */
    private int moving;
    /** Names range messages: several may be under way for one lock. */
    private long nextToken = 1;

    RangeLocks(int origin, LongMap<DirectoryEntry<D>> entries, DirectoryActions<D> actions, int pieceContents) {
        this.origin = origin;
        this.entries = entries;
        this.actions = actions;
        this.pieceContents = pieceContents;
    }

    /** The lock which keeps requests away from a page. */
    @Nullable
    RangeLock over(long page) {
        for (int i = 0; i < locks.size(); i++) {
            RangeLock lock = locks.get(i);
            if (lock.phase != RangeLock.Phase.WAITING && lock.contains(page)) {
                return lock;
            }
        }
        return null;
    }

    int size() {
        return locks.size();
    }

    void lock(RangeLock lock) {
        if (!Pages.isRange(lock.first, lock.count) || find(lock.token) != null) {
            throw new IllegalArgumentException("range " + lock.first + "+" + lock.count + " token " + lock.token);
        }
        locks.add(lock);
        if (!isBlocked(lock)) {
            activate(lock);
        }
    }

    private @Nullable RangeLock find(long token) {
        for (RangeLock lock : locks) {
            if (lock.token == token) {
                return lock;
            }
        }
        return null;
    }

    private boolean isBlocked(RangeLock lock) {
        for (RangeLock older : locks) {
            if (older == lock) {
                return false;
            }
            if (older.overlaps(lock)) {
                return true;
            }
        }
        return false;
    }

    private void activate(RangeLock lock) {
        lock.phase = RangeLock.Phase.COLLECTING;
        lock.pages = entries.keysIn(lock.first, lock.count);
        for (long page : lock.pages) {
            DirectoryEntry<D> e = entries.get(page);
            if (e != null) {
                seize(e, lock);
            }
        }
        if (lock.pages.length == 0) {
            bringHome(lock);
        } else if (lock.use == RangeUse.DISCARD) {
            // One piece, which brings no contents and so has not to wait for room.
            takePiece(lock);
        } else {
            unfinished.add(lock);
            takePieces();
        }
    }

    private void seize(DirectoryEntry<D> e, RangeLock lock) {
        e.lock = lock;
        e.state = State.L;
        e.denied = false;
        for (Request r = e.dequeue(); r != null; r = e.dequeue()) {
            hold(lock, r);
        }
        collect(e);
    }

    /** Begins pieces while there is room for a full one, of each lock in its turn. */
    private void takePieces() {
        while (moving <= pieceContents) {
            RangeLock lock = unfinished.poll();
            if (lock == null) {
                return;
            }
            takePiece(lock);
            if (lock.next < lock.pages.length) {
                unfinished.add(lock);
            }
        }
    }

    /** Begins the next piece of a range. */
    private void takePiece(RangeLock lock) {
        Piece piece = new Piece(lock, nextToken++);
        lock.pieces.add(piece);
        long first = lock.restFirst();
        while (lock.next < lock.pages.length && piece.contents < pieceContents) {
            DirectoryEntry<D> e = entries.get(lock.pages[lock.next++]);
            if (e != null) {
                take(e, piece);
            }
        }
        moving += piece.contents;
        NodeSet nodes = piece.waiting;
        for (int i = 0; i < nodes.size(); i++) {
            actions.rangeInvalidate(
                    nodes.get(i), first, lock.restFirst() - first, lock.use == RangeUse.WRITEBACK, piece.token);
        }
        if (nodes.isEmpty()) {
            finish(piece);
        }
    }

    /** Makes a locked page part of a piece. */
    private void take(DirectoryEntry<D> e, Piece piece) {
        boolean writeback = piece.lock.use == RangeUse.WRITEBACK;
        if (isHost(e.owner)) {
            piece.waiting.add(e.owner);
        }
        int spare = NOBODY;
        for (int i = 0; i < e.copies.size(); i++) {
            int holder = e.copies.get(i);
            if (holder != origin) {
                piece.waiting.add(holder);
                if (!e.pending.contains(holder)) {
                    spare = holder;
                }
            }
        }
        if (e.pending.contains(origin)) {
            piece.waiting.add(origin);
        }
        boolean originKeeps = e.copies.contains(origin) && !e.pending.contains(origin);
        if (writeback && e.owner == NOBODY && e.data == null && e.source == NOBODY && !originKeeps && spare != NOBODY) {
            // It must reach the holder before the range invalidation does, which would drop the copy as clean.
            e.sharing = false;
            e.recall(spare, true, actions);
        }
        if (writeback && (isHost(e.owner) || isHost(e.source))) {
            piece.contents++;
        }
    }

    private boolean isHost(int node) {
        return node != NOBODY && node != origin;
    }

    /** Everybody has given up a piece. */
    private void finish(Piece piece) {
        RangeLock lock = piece.lock;
        moving -= piece.contents;
        lock.pieces.remove(piece);
        if (lock.isCollected()) {
            bringHome(lock);
        }
    }

    /** Keeps a request until the unlock. */
    void hold(RangeLock lock, Request r) {
        if (r.node == origin) {
            if (lock.phase == RangeLock.Phase.READY) {
                throw new ProtocolException(origin, r.page, "L, ready", "request of the origin, " + r.access);
            }
        } else if (r.node != NOBODY) {
            if (r.hint) {
                actions.decline(r.node, r.page, 1);
            } else {
                lock.held.add(r);
            }
        }
    }

    void onWriteback(int node, DirectoryEntry<D> e, D data) {
        if (e.lock == null || e.lock.use != RangeUse.WRITEBACK || e.owner != node || !e.pending.isEmpty()) {
            throw e.failure(node, "writeback");
        }
        e.owner = NOBODY;
        e.data = data;
        collect(e);
    }

    /**
     * Contents of a locked page have come: gives them to the origin's memory unless it has them. Read-only, because other
     * nodes may still read them.
     */
    void collect(DirectoryEntry<D> e) {
        D data = e.data;
        RangeLock lock = e.lock;
        if (data == null || lock == null) {
            return;
        }
        if (lock.use == RangeUse.DISCARD) {
            e.data = null;
        } else if (!e.copies.contains(origin)) {
            e.data = null;
            e.copies.add(origin);
            actions.restore(e.page, data);
        }
    }

    void onReply(int node, long token) {
        for (RangeLock lock : locks) {
            Piece piece = lock.piece(token);
            if (piece != null && piece.waiting.remove(node)) {
                if (piece.waiting.isEmpty()) {
                    finish(piece);
                    takePieces();
                }
                return;
            }
            if (lock.phase == RangeLock.Phase.HOMING && lock.homingToken == token && node == origin) {
                lock.phase = RangeLock.Phase.READY;
                actions.rangeReady(lock.token);
                return;
            }
        }
        throw new ProtocolException(node, 0, "no range message " + token, "range reply");
    }

    private void bringHome(RangeLock lock) {
        lock.phase = RangeLock.Phase.HOMING;
        lock.homingToken = nextToken++;
        boolean writeback = lock.use == RangeUse.WRITEBACK;
        for (long page : lock.pages) {
            DirectoryEntry<D> e = entries.get(page);
            if (e == null) {
                continue;
            }
            if (!e.pending.isEmpty()) {
                throw e.failure(e.pending.get(0), "range reply before the answer to a recall");
            }
            if (writeback && e.owner != origin && !e.copies.contains(origin)) {
                if (e.owner != NOBODY || !e.lossy) {
                    throw e.failure(e.owner == NOBODY ? origin : e.owner, "range reply before the contents");
                }
                actions.pageLost(page);
            }
            entries.remove(page);
        }
        lock.forgetPages();
        actions.rangeHome(lock.first, lock.count, writeback, lock.homingToken);
    }

    void unlock(long token) {
        RangeLock lock = find(token);
        if (lock == null || lock.phase != RangeLock.Phase.READY) {
            throw new IllegalStateException("unlock " + token + ": " + (lock == null ? "no such lock" : lock.phase));
        }
        locks.remove(lock);
        for (Request r : lock.held) {
            actions.retry(r.node, r.page, 1, r.access);
        }
        for (RangeLock next : List.copyOf(locks)) {
            if (next.phase == RangeLock.Phase.WAITING && !isBlocked(next)) {
                activate(next);
            }
        }
    }

    /** A node is gone, from the entries too. */
    void onNodeLost(int node) {
        for (RangeLock lock : locks) {
            lock.held.removeIf(r -> r.node == node);
            for (Piece piece : List.copyOf(lock.pieces)) {
                if (piece.waiting.remove(node) && piece.waiting.isEmpty()) {
                    finish(piece);
                }
            }
        }
        takePieces();
    }
}
