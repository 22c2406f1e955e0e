package org.hitotsu.coherence;

import org.hitotsu.coherence.DirectoryEntry.Request;
import org.hitotsu.coherence.DirectoryEntry.State;
import org.jspecify.annotations.Nullable;

/**
 * The directory of a shared process, at its origin: who may write a page (owner), who holds read copies (copyset), and
 * whose turn is next. It is the centralized manager of Li and Hudak (IVY, 1989), blocking as in Sorin, Hill and Wood's primer,
 * chapter 8: while one request for a page is served, later ones for it wait first in, first out, so that none starves.
 *
 * <p><b>Invariant.</b> Either one node may write a page and no other node has it, or any number of nodes may read it. A
 * write is granted only when every other holder has answered its invalidation. A page without an entry is the origin's
 * (state M, owner origin); an entry goes when that is so again.
 *
 * <p><b>States of a page.</b> Names after the primer: {@code XY_Z} is on the way from X to Y and waits for D(ata), for
 * A(cknowledgements of invalidations) or for both.
 *
 * <table>
 * <caption>Page states and events; an empty cell throws {@link ProtocolException}</caption>
 * <tr><th>state</th><th>READ at head of queue</th><th>WRITE at head of queue</th><th>reply to a recall</th>
 *     <th>denied by origin</th><th>writeback</th><th>holder or requester lost</th><th>range locked</th></tr>
 * <tr><td>M one owner</td><td>recall owner, keeps a copy → MS_D</td><td>recall owner → MM_D</td><td></td><td></td><td></td>
 *     <td>page lost, → M at origin</td><td rowspan="7">requests → held by the lock, recalls stay out → L</td></tr>
 * <tr><td>S copies only</td><td>fetch from one copy → SS_D</td>
 *     <td>requester has a copy: invalidate the others → SM_A, or grant → M if there are none; else also fetch from one →
 *     SM_AD</td><td></td><td></td><td></td><td>copyset shrinks; last one: page lost</td></tr>
 * <tr><td>MS_D</td><td colspan="2" rowspan="5">waits</td><td>kept, data: grant read → S</td><td>deny → M</td><td></td>
 *     <td>owner: page lost, serve again; requester: finish for nobody</td></tr>
 * <tr><td>SS_D</td><td>kept, data: grant read → S</td><td>deny → S</td><td></td><td>source: fetch from another copy</td></tr>
 * <tr><td>MM_D</td><td>gone, data: grant write → M</td><td>deny → M</td><td></td><td>as MS_D; data for nobody is restored
 *     to the origin</td></tr>
 * <tr><td>SM_A</td><td>gone; last one: grant upgrade → M</td><td>rest answered: deny → S</td><td></td>
 *     <td>as an answer; requester: finish for nobody</td></tr>
 * <tr><td>SM_AD</td><td>gone, source with data; last one: grant write → M</td><td>rest answered: deny → S</td><td></td>
 *     <td>source: page lost once the rest has answered</td></tr>
 * <tr><td>L locked</td><td colspan="2">held by the lock; the origin's own are dropped</td>
 *     <td colspan="2">noted</td><td>from the owner, not recalled</td><td>noted; WRITEBACK: page lost if it had the
 *     contents</td><td>later lock waits for the older one</td></tr>
 * </table>
 *
 * <p>In L with WRITEBACK, contents which arrive are given to the origin's memory at once, read-only until the range is home;
 * none are kept here. A page in S of which the origin has no copy is recalled with its contents from one holder before the
 * range is invalidated there.
 *
 * <p><b>A lock</b> goes WAITING (overlaps an older one) → COLLECTING (its pages are in L and are taken away from the nodes) →
 * HOMING (the origin's cache is told) → READY. HOMING is needed even if nothing is tracked: a grant to the origin, after which
 * the entry was dropped, may still be installing. It also answers all of the origin's own requests for the range, so these
 * are dropped while the lock stands; each was sent before the origin's reply and so has arrived before it.
 *
 * <p><b>Pieces.</b> A range may hold more than a node has memory for on the way to the network, so with WRITEBACK it is taken
 * away piece by piece, in ascending order. A piece is the recalls of its pages and, behind them, its range invalidation, to each
 * node which has a page of it or owes an answer for one; it ends with the replies of all of these, and with the last one
 * HOMING begins. It brings the contents of at most {@code pieceContents} pages from other nodes. The next one, of all locks in
 * turn, begins while those under way bring no more than that together: so never more than twice as many pages are on their
 * way, and the network is not idle between two pieces. A range invalidation is put off by nothing where it arrives, so a
 * piece waits neither for another lock nor for a request.
 *
 * <p><b>A node which is lost</b> takes a page with it if it had the only copy, or was the source of the contents in SM_AD
 * or L while other copies had been invalidated already.
 *
 * <p>Single-threaded. Nothing here waits for time.
 *
 * @param <D> handle of one page's contents
 */
public final class PageDirectory<D> implements DirectoryEvents<D> {

    private static final int NOBODY = DirectoryEntry.NOBODY;

    private final int origin;
    private final DirectoryActions<D> actions;
    private final LongMap<DirectoryEntry<D>> entries = new LongMap<>();
    private final RangeLocks<D> locks;

    /**
     * @param origin id of the node whose memory is the home of all pages
     * @param pieceContents of how many pages a piece of a locked range may bring the contents, at least 1; twice as many are
     *     under way at most
     */
    public PageDirectory(int origin, DirectoryActions<D> actions, int pieceContents) {
        if (pieceContents < 1) {
            throw new IllegalArgumentException("pieces of " + pieceContents + " pages");
        }
        this.origin = origin;
        this.actions = actions;
        this.locks = new RangeLocks<>(origin, entries, actions, pieceContents);
    }

    @Override
    public void onRequest(int node, long firstPage, int count, Access access, long now) {
        if (node == NOBODY || !Pages.isRun(firstPage, count)) {
            throw new ProtocolException(node, firstPage, "any", "request for " + count + " pages");
        }
        demand(new Request(node, firstPage, access, false, now));
        long declined = 0;
        for (int i = 1; i < count; i++) {
            Request hint = new Request(node, firstPage + i, access, true, now);
            if (!serveHint(hint)) {
                declined |= 1L << i;
            }
        }
        if (declined != 0) {
            actions.decline(node, firstPage, declined);
        }
    }

    @Override
    public void refuse(int node, long page, Access access, int reason) {
        if (!heldFor(node, page)) {
            actions.deny(node, page, access, reason);
        }
    }

    @Override
    public void refuseHints(int node, long firstPage, int count) {
        if (!Pages.isRun(firstPage, count)) {
            throw new ProtocolException(node, firstPage, "any", "hints for " + count + " pages");
        }
        long declined = 0;
        for (int i = 0; i < count; i++) {
            if (!heldFor(node, firstPage + i)) {
                declined |= 1L << i;
            }
        }
        if (declined != 0) {
            actions.decline(node, firstPage, declined);
        }
    }

    /** Whether a request of this node for the page is answered by the end of a lock: it must get no other answer. */
    private boolean heldFor(int node, long page) {
        return node == origin && locks.over(page) != null;
    }

    private void demand(Request request) {
        RangeLock lock = locks.over(request.page);
        if (lock != null) {
            locks.hold(lock, request);
            return;
        }
        DirectoryEntry<D> e = entry(request.page);
        if (e.hasRequest(request.node, request.access)) {
            throw e.failure(request.node, "second request, " + request.access);
        }
        e.enqueue(request);
        serve(e);
    }

    /** Serves a hint if that disturbs no third node and nobody waits for the page; false if it is to be declined. */
    private boolean serveHint(Request hint) {
        RangeLock lock = locks.over(hint.page);
        if (lock != null) {
            if (hint.node == origin) {
                locks.hold(lock, hint);
                return true;
            }
            return false;
        }
        DirectoryEntry<D> e = entries.get(hint.page);
        if (e != null && !cheap(e, hint.node, hint.access)) {
            return false;
        }
        if (e == null) {
            e = entry(hint.page);
        }
        e.enqueue(hint);
        serve(e);
        return true;
    }

    /** Whether a request can be served by the requester, the origin and at most one recall. */
    private boolean cheap(DirectoryEntry<D> e, int node, Access access) {
        if (e.head != null) {
            return false;
        }
        if (e.owner != NOBODY) {
            return e.owner == origin || node == origin;
        }
        if (access == Access.READ) {
            return e.copies.contains(origin) || node == origin;
        }
        int others = e.copies.size() - (e.copies.contains(node) ? 1 : 0);
        return others == 0 || (others == 1 && (node == origin || e.copies.contains(origin)));
    }

    private DirectoryEntry<D> entry(long page) {
        DirectoryEntry<D> e = entries.get(page);
        if (e == null) {
            e = new DirectoryEntry<>(page, origin);
            entries.put(page, e);
        }
        return e;
    }

    /** Starts waiting requests until one has to wait for an answer; drops the entry if the page is wholly home. */
    private void serve(DirectoryEntry<D> e) {
        while (!e.state.serving() && e.head != null) {
            start(e, e.head);
        }
        if (e.state == State.M && e.owner == origin && e.head == null) {
            entries.remove(e.page);
        }
    }

    private void start(DirectoryEntry<D> e, Request r) {
        if (e.owner == r.node || (r.access == Access.READ && e.copies.contains(r.node))) {
            // After a loss or a restore the origin's cache may know less than we do. No other node can.
            if (r.node != origin) {
                throw e.failure(r.node, "request for a page it holds, " + r.access);
            }
            e.dequeue();
            actions.grant(r.node, e.page, e.owner == origin ? Access.WRITE : Access.READ, null);
            return;
        }
        e.sharing = r.access == Access.READ;
        if (e.owner != NOBODY) {
            e.state = e.sharing ? State.MS_D : State.MM_D;
            e.recall(e.owner, true, actions);
        } else if (e.sharing) {
            e.state = State.SS_D;
            e.recall(bestSource(e), true, actions);
        } else {
            boolean upgrade = e.copies.contains(r.node);
            e.state = upgrade ? State.SM_A : State.SM_AD;
            int source = upgrade ? NOBODY : bestSource(e);
            for (int i = 0; i < e.copies.size(); i++) {
                int holder = e.copies.get(i);
                if (holder != r.node) {
                    e.recall(holder, holder == source, actions);
                }
            }
            if (e.pending.isEmpty()) {
                complete(e);
            }
        }
    }

    /** The origin if it can: it is never lost, and its memory is next to us. */
    private int bestSource(DirectoryEntry<D> e) {
        return e.copies.contains(origin) ? origin : e.copies.get(0);
    }

    @Override
    public void onRecallReply(int node, long page, boolean keptCopy, @Nullable D data) {
        DirectoryEntry<D> e = entries.get(page);
        if (e == null) {
            throw new ProtocolException(node, page, "home", "recall reply");
        }
        boolean isSource = e.source == node;
        if (!e.pending.contains(node) || keptCopy != e.sharing || isSource != (data != null)) {
            throw e.failure(node, "recall reply" + (keptCopy ? ", kept" : "") + (data != null ? ", data" : ""));
        }
        e.pending.remove(node);
        if (isSource) {
            e.source = NOBODY;
            e.data = data;
        }
        if (e.owner == node) {
            e.owner = NOBODY;
            if (keptCopy) {
                e.copies.add(node);
            }
        } else if (!keptCopy) {
            e.copies.remove(node);
        }
        answered(e);
    }

    @Override
    public void onDenied(int node, long page, int reason) {
        DirectoryEntry<D> e = entries.get(page);
        if (e == null) {
            throw new ProtocolException(node, page, "home", "denied");
        }
        if (node != origin || !e.pending.remove(origin)) {
            throw e.failure(node, "denied");
        }
        if (e.source == origin) {
            e.source = NOBODY;
        }
        e.denied = true;
        e.denyReason = reason;
        answered(e);
    }

    private void answered(DirectoryEntry<D> e) {
        if (e.state == State.L) {
            locks.collect(e);
        } else if (e.pending.isEmpty()) {
            complete(e);
            serve(e);
        }
    }

    /** All recalls of the request at the head are answered. */
    private void complete(DirectoryEntry<D> e) {
        Request r = e.head;
        if (r == null) {
            throw e.failure(origin, "answer without a request");
        }
        D data = e.data;
        if (e.denied) {
            int reason = e.denyReason;
            e.dequeue();
            rest(e);
            if (r.node == NOBODY) {
                return;
            }
            if (r.hint) {
                actions.decline(r.node, e.page, 1);
            } else {
                actions.deny(r.node, e.page, r.access, reason);
            }
        } else if (r.node == NOBODY) {
            e.dequeue();
            rest(e);
        } else if (data == null && e.state != State.SM_A) {
            // The source was lost. The request stays at the head and is served from whoever is left.
            rest(e);
        } else {
            e.dequeue();
            e.data = null;
            e.lossy = false;
            if (r.access == Access.READ) {
                e.copies.add(r.node);
                e.state = State.S;
            } else {
                e.copies.clear();
                e.owner = r.node;
                e.state = State.M;
            }
            actions.grant(r.node, e.page, r.access, data);
        }
    }

    /** Comes to the stable state which the remaining holders make, and brings a page which nobody has to the origin. */
    private void rest(DirectoryEntry<D> e) {
        D data = e.data;
        e.data = null;
        e.denied = false;
        e.lossy = false;
        if (e.owner == NOBODY && e.copies.isEmpty()) {
            e.owner = origin;
            if (data != null) {
                actions.restore(e.page, data);
            } else {
                actions.pageLost(e.page);
            }
        } else if (e.copies.size() == 1 && e.copies.contains(origin)) {
            e.copies.clear();
            e.owner = origin;
        }
        e.state = e.owner == NOBODY ? State.S : State.M;
    }

    @Override
    public void lockRange(long firstPage, long count, RangeUse use, long token) {
        locks.lock(new RangeLock(firstPage, count, use, token));
    }

    @Override
    public void unlockRange(long token) {
        locks.unlock(token);
    }

    @Override
    public void onWriteback(int node, long page, D data) {
        DirectoryEntry<D> e = entries.get(page);
        if (e == null) {
            throw new ProtocolException(node, page, "home", "writeback");
        }
        locks.onWriteback(node, e, data);
    }

    @Override
    public void onRangeReply(int node, long token) {
        locks.onReply(node, token);
    }

    @Override
    public void onNodeLost(int node) {
        if (node == origin || node == NOBODY) {
            throw new IllegalArgumentException("node " + node);
        }
        for (long page : entries.keysIn(0, Pages.LIMIT)) {
            lose(entry(page), node);
        }
        locks.onNodeLost(node);
    }

    private void lose(DirectoryEntry<D> e, int node) {
        boolean holder = e.copies.remove(node);
        if (e.owner == node) {
            e.owner = NOBODY;
            holder = true;
        }
        e.pending.remove(node);
        if (e.source == node) {
            e.source = NOBODY;
        }
        e.forgetRequests(node);
        e.lossy |= holder;
        if (e.state == State.L) {
            return;
        }
        if (e.state.serving()) {
            if (e.pending.isEmpty()) {
                complete(e);
            }
        } else if (holder) {
            rest(e);
        }
        serve(e);
    }

    /** How many pages have an entry: those which are not wholly at the origin, and those asked for just now. */
    public int trackedPages() {
        return entries.size();
    }

    /** How many pages only {@code node} has and may write. Not for the origin, which owns all that is not tracked. */
    public int ownedBy(int node) {
        int[] count = new int[1];
        entries.forEach(e -> count[0] += e.owner == node ? 1 : 0);
        return count[0];
    }

    /** Age of the oldest request being served, in nanoseconds; 0 if there is none. Visits all entries: for reports. */
    public long oldestRequestNanos(long now) {
        long[] oldest = new long[1];
        entries.forEach(e -> {
            if (e.head != null) {
                oldest[0] = Math.max(oldest[0], now - e.head.since);
            }
        });
        return oldest[0];
    }

    /** Whether this page is anything else than wholly the origin's. */
    public boolean isTracked(long page) {
        return entries.get(page) != null;
    }

    /** Whether a range lock keeps requests for this page back, because its VMAs are changing. */
    public boolean isLocked(long page) {
        return locks.over(page) != null;
    }

    /** How many range locks are held or waited for. */
    public int locks() {
        return locks.size();
    }
}
