package org.hitotsu.coherence;

import java.util.ArrayList;
import java.util.List;
import org.hitotsu.coherence.DirectoryEntry.Request;
import org.hitotsu.coherence.DirectoryEntry.State;
import org.jspecify.annotations.Nullable;

/** The range locks of one directory. Their phases, and state L of a page, are described at {@link PageDirectory}. */
final class RangeLocks<D> {

    private static final int NOBODY = DirectoryEntry.NOBODY;

    private final int origin;
    private final LongMap<DirectoryEntry<D>> entries;
    private final DirectoryActions<D> actions;
    /** In the order of their calls. */
    private final List<RangeLock> locks = new ArrayList<>();

    RangeLocks(int origin, LongMap<DirectoryEntry<D>> entries, DirectoryActions<D> actions) {
        this.origin = origin;
        this.entries = entries;
        this.actions = actions;
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
        for (long page : entries.keysIn(lock.first, lock.count)) {
            DirectoryEntry<D> e = entries.get(page);
            if (e != null) {
                seize(e, lock);
            }
        }
        NodeSet nodes = lock.waiting;
        for (int i = 0; i < nodes.size(); i++) {
            actions.rangeInvalidate(nodes.get(i), lock.first, lock.count, lock.use == RangeUse.WRITEBACK, lock.token);
        }
        if (nodes.isEmpty()) {
            bringHome(lock);
        }
    }

    private void seize(DirectoryEntry<D> e, RangeLock lock) {
        e.lock = lock;
        e.state = State.L;
        e.denied = false;
        for (Request r = e.dequeue(); r != null; r = e.dequeue()) {
            hold(lock, r);
        }
        if (e.owner != NOBODY && e.owner != origin) {
            lock.waiting.add(e.owner);
        }
        int spare = NOBODY;
        for (int i = 0; i < e.copies.size(); i++) {
            int holder = e.copies.get(i);
            if (holder != origin) {
                lock.waiting.add(holder);
                if (!e.pending.contains(holder)) {
                    spare = holder;
                }
            }
        }
        if (e.pending.contains(origin)) {
            lock.waiting.add(origin);
        }
        boolean originKeeps = e.copies.contains(origin) && !e.pending.contains(origin);
        if (lock.use == RangeUse.WRITEBACK
                && e.owner == NOBODY
                && e.data == null
                && e.source == NOBODY
                && !originKeeps
                && spare != NOBODY) {
            // It must reach the holder before the range invalidation does, which would drop the copy as clean.
            e.sharing = false;
            e.recall(spare, true, actions);
        }
        collect(e);
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
        RangeLock lock = find(token);
        if (lock == null) {
            throw new ProtocolException(node, 0, "no lock " + token, "range reply");
        }
        if (lock.phase == RangeLock.Phase.COLLECTING && lock.waiting.remove(node)) {
            if (lock.waiting.isEmpty()) {
                bringHome(lock);
            }
        } else if (lock.phase == RangeLock.Phase.HOMING && node == origin) {
            lock.phase = RangeLock.Phase.READY;
            actions.rangeReady(token);
        } else {
            throw new ProtocolException(node, lock.first, "lock " + lock.phase, "range reply");
        }
    }

    private void bringHome(RangeLock lock) {
        lock.phase = RangeLock.Phase.HOMING;
        boolean writeback = lock.use == RangeUse.WRITEBACK;
        for (long page : entries.keysIn(lock.first, lock.count)) {
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
        actions.rangeHome(lock.first, lock.count, writeback, lock.token);
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
            if (lock.phase == RangeLock.Phase.COLLECTING && lock.waiting.remove(node) && lock.waiting.isEmpty()) {
                bringHome(lock);
            }
        }
    }
}
