package org.hitotsu.coherence;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.PriorityQueue;
import org.hitotsu.coherence.CacheLine.Acquire;
import org.hitotsu.coherence.CacheLine.RangeWork;
import org.hitotsu.coherence.CacheLine.State;
import org.jspecify.annotations.Nullable;

/**
 * The cache controller of one node: drives the node's memory so that it holds just what the directory granted.
 *
 * <p><b>States of a page.</b> Names after Sorin, Hill and Wood's primer: {@code XY_Z} is on the way from X to Y while a
 * memory operation is under way: I(nstall), U(nprotect), eX(tract) or R(emove). A page which is not tracked is in I, at the
 * origin in M: its memory is the home. Beside the state a page may have <em>asked</em> for READ or WRITE (the primer's
 * IS_D, IM_D, SM_A are here I asked READ, I asked WRITE, S asked WRITE); there is at most one request of a node for a page,
 * whose followers wait with its leader. A page may also be <em>recalled</em>.
 *
 * <table>
 * <caption>Page states and events; an empty cell throws {@link ProtocolException}; "o:" at the origin only</caption>
 * <tr><th>state</th><th>read fault</th><th>write fault</th><th>grant (if asked)</th><th>recall, keep a copy</th>
 *     <th>recall, invalidate</th><th>range taken away</th><th>o: range home</th><th>memory done</th></tr>
 * <tr><td>I</td><td>ask READ</td><td>ask WRITE</td><td>data: install → IS_I, IM_I; o: no data → M</td>
 *     <td colspan="2">o: as in M (contents were lost, memory reads zeros)</td><td>done</td><td>→ M</td><td></td></tr>
 * <tr><td>S</td><td>spurious</td><td>ask WRITE</td><td>no data: unprotect → SM_U; o: READ, no data: stays</td>
 *     <td>extract → SS_X</td><td>data wanted: extract → SI_X; else remove → SI_R</td><td>remove → SI_R</td>
 *     <td>unprotect → SM_U, or → M</td><td></td></tr>
 * <tr><td>M</td><td colspan="2">spurious</td><td>o: no data: stays</td><td>extract → MS_X</td><td>extract → MI_X</td>
 *     <td>data wanted: extract → MI_X; else remove → MI_R</td><td>done</td><td></td></tr>
 * <tr><td>IS_I</td><td colspan="2" rowspan="9">waits for the operation</td><td></td><td colspan="2">later</td>
 *     <td>later</td><td>later</td><td>→ S</td></tr>
 * <tr><td>IM_I</td><td>o: no data: stays</td><td colspan="2">later</td><td>later</td><td>later</td><td>→ M</td></tr>
 * <tr><td>SM_U</td><td></td><td colspan="2">later</td><td>later</td><td>later</td><td>→ M</td></tr>
 * <tr><td>MS_X</td><td></td><td></td><td></td><td>later</td><td></td><td>reply, kept, data → S; o: denied → M</td></tr>
 * <tr><td>SS_X</td><td></td><td></td><td></td><td>later</td><td></td><td>reply, kept, data → S; o: denied → S</td></tr>
 * <tr><td>MI_X</td><td></td><td></td><td></td><td>later</td><td></td>
 *     <td>reply or writeback, data → I; o: denied → M</td></tr>
 * <tr><td>SI_X</td><td></td><td></td><td></td><td>later</td><td></td><td>reply, data → I; o: denied → S</td></tr>
 * <tr><td>SI_R</td><td></td><td></td><td></td><td>later</td><td></td><td>reply if recalled → I; o: denied → S</td></tr>
 * <tr><td>MI_R</td><td></td><td></td><td></td><td></td><td></td><td>→ I</td></tr>
 * </table>
 *
 * <p>"Later": noted, and acted upon when the operation is done. At the origin a "range taken away" takes nothing: it only
 * makes recalls in the range be answered at once. A restore (origin only) is legal in I and gives IM_I, whatever was asked. A
 * denial or a decline needs that the page asked, and only clears that; whoever still waits for another access asks for it.
 * "Range home" is the answer to all that was asked in the range, and is not legal while a page of it is recalled.
 *
 * <p><b>Hold.</b> When a waiting thread is let in, a recall is put off until {@link CacheOptions#holdNanos} later, so that the
 * thread can use the page; ranges are never put off. A page which came as a hint and met no waiting thread is not held.
 *
 * <p><b>Acquire.</b> All the pages of a run are asked for at once. Those present from the first one up to the first missing
 * one are pinned: their recalls wait for the acquire. This is ordered locking. An acquire which waits for page w pins only
 * pages below w; whoever keeps it from w has w pinned, so waits for a page above w, or is done after its hold; so the waiting
 * acquire with the highest w on any node always goes on, and no circle can close. Nor does it starve: the directory serves
 * requests in order, page w is pinned when it comes, before a recall already known is answered, and pins go only when the
 * acquire ends or a range is taken away. Pages above w which are taken away again are asked for again when w has come. For fairness to the other side, a page already recalled is not pinned unless it has just come.
 *
 * <p>Single-threaded.
 *
 * @param <D> handle of one page's contents
 */
public final class PageCache<D> implements CacheEvents<D> {

    private final int node;
    private final boolean origin;
    private final CacheOptions options;
    private final CacheActions<D> actions;
    private final LongMap<CacheLine> lines = new LongMap<>();
    private final List<Acquire> acquires = new ArrayList<>();
    /** Recalls put off by a hold, the earliest first. */
    private final PriorityQueue<CacheLine> deferred = new PriorityQueue<>((a, b) -> Long.signum(a.wakeAt - b.wakeAt));
    /** Origin lines in M which are tracked for their hold only, in the order in which it ends. */
    private final ArrayDeque<CacheLine> expiring = new ArrayDeque<>();

    private StreamTable readStreams;
    private StreamTable writeStreams;
    private boolean armed;
    private long armedFor;

    /**
     * @param node id of this node, for error messages
     * @param origin whether this is the node whose memory is the home of all pages
     */
    public PageCache(int node, boolean origin, CacheOptions options, CacheActions<D> actions) {
        this.node = node;
        this.origin = origin;
        this.options = options;
        this.actions = actions;
        this.readStreams = new StreamTable(options.maxReadWindow());
        this.writeStreams = new StreamTable(options.maxWriteWindow());
    }

    @Override
    public void reset() {
        lines.clear();
        acquires.clear();
        deferred.clear();
        expiring.clear();
        readStreams = new StreamTable(options.maxReadWindow());
        writeStreams = new StreamTable(options.maxWriteWindow());
        armed = false;
    }

    @Override
    public void onFault(long page, Access access, long now) {
        expire(now);
        CacheLine line = lines.get(page);
        if (holds(line, access)) {
            actions.spurious(page, access);
            return;
        }
        if (line == null) {
            if (!Pages.isRun(page, 1)) {
                throw new ProtocolException(node, page, "any", "fault outside the address space");
            }
            line = track(page);
        }
        if (access == Access.WRITE) {
            line.wantWrite = true;
        } else {
            line.wantRead = true;
        }
        if (line.state.stable() && line.asked == null) {
            askAhead(line, access);
        }
    }

    /** Whether this node has the page in the mode and no operation is under way on it. */
    private boolean holds(@Nullable CacheLine line, Access access) {
        return line == null ? origin : line.state.allows(access);
    }

    private CacheLine track(long page) {
        CacheLine line = new CacheLine(page, origin ? State.M : State.I);
        lines.put(page, line);
        return line;
    }

    /** Asks for a page and, if it continues a run, for its neighbours. */
    private void askAhead(CacheLine line, Access access) {
        int window = (access == Access.READ ? readStreams : writeStreams).fault(line.page);
        mark(line, access, false);
        int up = 1;
        while (up < window && markIfMissing(line.page + up, access, true)) {
            up++;
        }
        actions.sendRequest(line.page, up, access);
        int down = 0;
        while (down < -window - 1 && markIfMissing(line.page - down - 1, access, true)) {
            down++;
        }
        if (down > 0) {
            lineAt(line.page - down).hint = false;
            actions.sendRequest(line.page - down, down, access);
        }
    }

    private static void mark(CacheLine line, Access access, boolean hint) {
        line.asked = access;
        line.hint = hint;
    }

    /** Notes that a page is asked for, if it can be now. */
    private boolean markIfMissing(long page, Access access, boolean hint) {
        if (!Pages.isRun(page, 1)) {
            return false;
        }
        CacheLine line = lines.get(page);
        if (line == null) {
            if (origin) {
                return false;
            }
            line = track(page);
        } else if (!line.state.stable() || line.state.allows(access) || line.asked != null || line.recalled) {
            return false;
        }
        mark(line, access, hint);
        return true;
    }

    private CacheLine lineAt(long page) {
        CacheLine line = lines.get(page);
        if (line == null) {
            throw new ProtocolException(node, page, origin ? "M" : "I", "not tracked");
        }
        return line;
    }

    @Override
    public void onGrant(long page, Access access, @Nullable D data, long now) {
        expire(now);
        CacheLine line = lines.get(page);
        String event = "grant " + access + (data == null ? ", no data" : ", data");
        if (line == null || line.asked == null || (line.asked == Access.WRITE && access == Access.READ)) {
            throw failure(page, line, event);
        }
        State state = line.state;
        if (data != null) {
            if (state != State.I) {
                throw failure(page, line, event);
            }
            line.asked = null;
            boolean writable = access == Access.WRITE;
            line.state = writable ? State.IM_I : State.IS_I;
            actions.install(page, data, writable);
            return;
        }
        if (state == State.S && access == Access.WRITE) {
            line.asked = null;
            line.state = State.SM_U;
            actions.unprotect(page);
            return;
        }
        boolean atHome =
                access == Access.READ ? state == State.S : state == State.I || state == State.M || state == State.IM_I;
        if (!origin || !atHome) {
            throw failure(page, line, event);
        }
        line.asked = null;
        if (access == Access.WRITE && state == State.I) {
            line.state = State.M;
        }
        if (line.state.stable()) {
            settle(line, true, now);
        }
    }

    @Override
    public void onDecline(long firstPage, long pages, long now) {
        for (long bits = pages; bits != 0; bits &= bits - 1) {
            long page = firstPage + Long.numberOfTrailingZeros(bits);
            CacheLine line = lines.get(page);
            if (line == null || line.asked == null || !line.hint) {
                throw failure(page, line, "decline");
            }
            line.asked = null;
            if (line.state.stable()) {
                settle(line, false, now);
            }
        }
    }

    @Override
    public void onDeny(long page, Access access, int reason, long now) {
        CacheLine line = lines.get(page);
        if (line == null || line.asked != access) {
            throw failure(page, line, "deny " + access);
        }
        line.asked = null;
        if (access == Access.READ ? line.wantRead : line.wantWrite) {
            if (access == Access.READ) {
                line.wantRead = false;
            } else {
                line.wantWrite = false;
            }
            actions.faultDenied(page, access, reason);
        }
        line.pins++;
        for (int i = 0; i < acquires.size(); ) {
            Acquire a = acquires.get(i);
            if (a.access == access && a.contains(page)) {
                acquires.remove(i);
                actions.acquireDenied(a.token, page, reason);
                unpin(a, 0, now);
            } else {
                i++;
            }
        }
        line.pins--;
        if (line.state.stable()) {
            settle(line, false, now);
        }
    }

    @Override
    public void onRecall(long page, boolean invalidate, boolean needData, long now) {
        expire(now);
        CacheLine line = lines.get(page);
        if (line == null && origin) {
            line = track(page);
        }
        if (line == null || line.recalled || !mayRecall(line.state, invalidate, needData)) {
            throw failure(page, line, "recall" + (invalidate ? ", invalidate" : "") + (needData ? ", data" : ""));
        }
        line.recalled = true;
        line.recallInvalidates = invalidate;
        line.recallNeedsData = needData;
        if (line.state == State.I) {
            line.state = State.M;
        }
        if (line.state.stable()) {
            startRecall(line, now);
        }
    }

    /** Contents of which this may be the only copy must be asked for, and there must be some. */
    private boolean mayRecall(State state, boolean invalidate, boolean needData) {
        return switch (state) {
            case I -> origin && needData;
            case M, IM_I, SM_U -> needData;
            case S, IS_I -> invalidate || needData;
            default -> false;
        };
    }

    @Override
    public void onRestore(long page, D data, long now) {
        CacheLine line = lines.get(page);
        if (!origin || line == null || line.state != State.I) {
            throw failure(page, line, "restore");
        }
        line.state = State.IM_I;
        actions.install(page, data, true);
    }

    @Override
    public void onRangeInvalidate(long firstPage, long count, boolean needData, long token, long now) {
        startRange(firstPage, count, new RangeWork(token, false, needData, false), now);
    }

    @Override
    public void onRangeHome(long firstPage, long count, boolean unprotect, long token, long now) {
        if (!origin) {
            throw new ProtocolException(node, firstPage, "not the origin", "range home");
        }
        startRange(firstPage, count, new RangeWork(token, true, false, unprotect), now);
    }

    private void startRange(long firstPage, long count, RangeWork work, long now) {
        if (!Pages.isRange(firstPage, count)) {
            throw new ProtocolException(node, firstPage, "any", "range of " + count + " pages");
        }
        for (long page : lines.keysIn(firstPage, count)) {
            CacheLine line = lines.get(page);
            if (line == null) {
                // An acquire which ended with an earlier page of this loop was the reason to track it.
                continue;
            }
            if (line.range != null || (work.home && line.recalled)) {
                throw failure(page, line, work.home ? "range home" : "range taken away");
            }
            line.range = work;
            work.remaining++;
            if (work.home) {
                line.asked = null;
            }
            if (line.state.stable()) {
                settle(line, work.home, now);
            }
        }
        finishRange(work);
    }

    private void finishRange(RangeWork work) {
        if (--work.remaining == 0) {
            actions.sendRangeReply(work.token);
        }
    }

    @Override
    public void onInstalled(long page, long now) {
        CacheLine line = lines.get(page);
        State done = line == null
                ? null
                : switch (line.state) {
                    case IS_I -> State.S;
                    case IM_I, SM_U -> State.M;
                    default -> null;
                };
        if (line == null || done == null) {
            throw failure(page, line, "installed");
        }
        line.state = done;
        settle(line, true, now);
    }

    @Override
    public void onExtracted(long page, D data, long now) {
        CacheLine line = lines.get(page);
        State done = line == null
                ? null
                : switch (line.state) {
                    case MS_X, SS_X -> State.S;
                    case MI_X, SI_X -> State.I;
                    default -> null;
                };
        if (line == null || done == null) {
            throw failure(page, line, "extracted");
        }
        line.state = done;
        if (line.recalled) {
            line.recalled = false;
            actions.sendRecallReply(page, done == State.S, data);
        } else {
            actions.sendWriteback(page, data);
        }
        settle(line, false, now);
    }

    @Override
    public void onDropped(long page, long now) {
        CacheLine line = lines.get(page);
        if (line == null || (line.state != State.SI_R && line.state != State.MI_R)) {
            throw failure(page, line, "dropped");
        }
        line.state = State.I;
        if (line.recalled) {
            line.recalled = false;
            actions.sendRecallReply(page, false, null);
        }
        settle(line, false, now);
    }

    @Override
    public void onExtractDenied(long page, int reason, long now) {
        CacheLine line = lines.get(page);
        State before = line == null || !origin || !line.recalled
                ? null
                : switch (line.state) {
                    case MS_X, MI_X -> State.M;
                    case SS_X, SI_X, SI_R -> State.S;
                    default -> null;
                };
        if (line == null || before == null) {
            throw failure(page, line, "extract denied");
        }
        line.state = before;
        line.recalled = false;
        actions.sendDenied(page, reason);
        settle(line, false, now);
    }

    /**
     * Does what can be done for a page on which no memory operation is under way.
     *
     * @param fresh whether the page has just come: acquires may pin it even if it is recalled already
     */
    private void settle(CacheLine line, boolean fresh, long now) {
        letIn(line, now);
        RangeWork work = line.range;
        if (work != null && !advanceRange(line, work, now)) {
            return;
        }
        // Acquires which end here must leave this line in place, and its recall to us.
        line.pins++;
        for (int i = 0; i < acquires.size(); ) {
            Acquire a = acquires.get(i);
            int before = a.pinned;
            if (a.contains(line.page) && advance(a, fresh ? line.page : -1, now)) {
                continue;
            }
            if (a.pinned > before) {
                askFor(a);
            }
            i++;
        }
        line.pins--;
        if (line.recalled && startRecall(line, now)) {
            return;
        }
        if (line.asked == null) {
            Access wanted = wanted(line);
            if (wanted != null) {
                mark(line, wanted, false);
                for (int i = 0; i < acquires.size(); i++) {
                    acquires.get(i).demand(line.page);
                }
                actions.sendRequest(line.page, 1, wanted);
            }
        }
        release(line, now);
    }

    /** Wakes threads whose access the page allows now, and holds the page for them. */
    private void letIn(CacheLine line, long now) {
        boolean served = false;
        if (line.wantRead && line.state.allows(Access.READ)) {
            line.wantRead = false;
            served = true;
        }
        if (line.wantWrite && line.state.allows(Access.WRITE)) {
            line.wantWrite = false;
            served = true;
        }
        if (served) {
            line.holding = true;
            line.holdUntil = now + options.holdNanos();
            actions.wake(line.page);
        }
    }

    private @Nullable Access wanted(CacheLine line) {
        boolean read = line.wantRead;
        boolean write = line.wantWrite;
        for (int i = 0; i < acquires.size(); i++) {
            Acquire a = acquires.get(i);
            if (a.wants(line.page)) {
                write |= a.access == Access.WRITE;
                read = true;
            }
        }
        if (write && line.state != State.M) {
            return Access.WRITE;
        }
        return read && line.state == State.I ? Access.READ : null;
    }

    /** Whether the line has done its part in the range; if not, an operation is under way. */
    private boolean advanceRange(CacheLine line, RangeWork work, long now) {
        if (work.home) {
            if (line.state == State.S && work.unprotect) {
                line.state = State.SM_U;
                actions.unprotect(line.page);
                return false;
            }
            line.state = State.M;
            letIn(line, now);
        } else if (line.recalled) {
            line.recallInvalidates |= !origin;
            unpinFrom(line.page, now);
            beginRecall(line);
            return false;
        } else if (!origin && line.state != State.I) {
            unpinFrom(line.page, now);
            line.holding = false;
            if (line.state == State.M && work.needData) {
                line.state = State.MI_X;
                actions.extract(line.page, true);
            } else {
                line.state = line.state == State.M ? State.MI_R : State.SI_R;
                actions.drop(line.page);
            }
            return false;
        }
        line.range = null;
        finishRange(work);
        return true;
    }

    /** Answers a recall unless a hold or an acquire puts it off. */
    private boolean startRecall(CacheLine line, long now) {
        if (line.pins > 0) {
            return false;
        }
        if (line.holding && line.holdUntil - now > 0) {
            if (!line.deferred) {
                line.deferred = true;
                line.wakeAt = line.holdUntil;
                deferred.add(line);
                arm(now);
            }
            return false;
        }
        beginRecall(line);
        return true;
    }

    private void beginRecall(CacheLine line) {
        line.holding = false;
        boolean modified = line.state == State.M;
        if (!line.recallInvalidates) {
            line.state = modified ? State.MS_X : State.SS_X;
            actions.extract(line.page, false);
        } else if (line.recallNeedsData) {
            line.state = modified ? State.MI_X : State.SI_X;
            actions.extract(line.page, true);
        } else {
            line.state = State.SI_R;
            actions.drop(line.page);
        }
    }

    private void arm(long now) {
        CacheLine next = deferred.peek();
        if (next != null && (!armed || armedFor - next.wakeAt > 0)) {
            armed = true;
            armedFor = next.wakeAt;
            actions.setTimer(Math.max(0, next.wakeAt - now));
        }
    }

    @Override
    public void onTimer(long now) {
        armed = false;
        for (CacheLine line = deferred.peek(); line != null && line.wakeAt - now <= 0; line = deferred.peek()) {
            deferred.remove();
            line.deferred = false;
            if (line.recalled && line.state.stable()) {
                startRecall(line, now);
            }
        }
        arm(now);
        expire(now);
    }

    @Override
    public void acquire(long firstPage, int count, Access access, long token, long now) {
        if (!Pages.isRun(firstPage, count)) {
            throw new IllegalArgumentException("acquire of " + count + " pages at " + firstPage);
        }
        expire(now);
        Acquire a = new Acquire(firstPage, count, access, token);
        acquires.add(a);
        if (!advance(a, -1, now)) {
            askFor(a);
        }
    }

    /** Asks for all the pages which are missing, a request for each run of them. */
    private void askFor(Acquire a) {
        a.demanded = 0;
        for (int i = 0; i < a.count; ) {
            int run = 0;
            while (i + run < a.count && markIfMissing(a.first + i + run, a.access, run > 0)) {
                run++;
            }
            if (run > 0) {
                a.demand(a.first + i);
                actions.sendRequest(a.first + i, run, a.access);
            }
            i += Math.max(1, run);
        }
    }

    @Override
    public void cancelAcquire(long token, long now) {
        for (int i = 0; i < acquires.size(); i++) {
            Acquire a = acquires.get(i);
            if (a.token == token) {
                acquires.remove(i);
                unpin(a, 0, now);
                return;
            }
        }
    }

    /**
     * Completes an acquire whose pages are all here, and otherwise pins those up to the first missing one.
     *
     * @param fresh the page which has just come, or -1
     * @return whether it is complete
     */
    private boolean advance(Acquire a, long fresh, long now) {
        int present = 0;
        while (present < a.count && holds(lines.get(a.first + present), a.access)) {
            present++;
        }
        if (present == a.count) {
            acquires.remove(a);
            actions.acquired(a.token);
            unpin(a, 0, now);
            return true;
        }
        while (a.pinned < present) {
            long page = a.first + a.pinned;
            CacheLine line = lines.get(page);
            if (line == null) {
                line = track(page);
            } else if (line.recalled && page != fresh) {
                break;
            }
            line.pins++;
            a.pinned++;
        }
        return false;
    }

    /** A page is going although it is pinned: acquires keep only what lies below it. */
    private void unpinFrom(long page, long now) {
        for (int i = 0; i < acquires.size(); i++) {
            Acquire a = acquires.get(i);
            if (a.contains(page) && page - a.first < a.pinned) {
                unpin(a, (int) (page - a.first), now);
            }
        }
    }

    private void unpin(Acquire a, int keep, long now) {
        while (a.pinned > keep) {
            a.pinned--;
            CacheLine line = lineAt(a.first + a.pinned);
            line.pins--;
            // A line with range work is in the hands of whoever called us.
            if (line.range == null && line.state.stable() && !(line.recalled && startRecall(line, now))) {
                release(line, now);
            }
        }
    }

    /** Forgets a line which says no more than its absence would. */
    private void release(CacheLine line, long now) {
        if (line.state != (origin ? State.M : State.I)
                || line.asked != null
                || line.wantRead
                || line.wantWrite
                || line.recalled
                || line.pins > 0
                || line.range != null) {
            return;
        }
        if (origin && line.holding && line.holdUntil - now > 0) {
            if (!line.expiring) {
                line.expiring = true;
                expiring.add(line);
            }
            return;
        }
        if (!line.expiring) {
            lines.remove(line.page);
        }
    }

    /** Forgets origin lines whose hold is over. Done in passing, because a timer for each would cost more than the lines. */
    private void expire(long now) {
        for (CacheLine line = expiring.peek(); line != null && line.holdUntil - now <= 0; line = expiring.peek()) {
            expiring.remove();
            line.expiring = false;
            if (line.state.stable()) {
                release(line, now);
            }
        }
    }

    private ProtocolException failure(long page, @Nullable CacheLine line, String event) {
        return new ProtocolException(
                node, page, line == null ? (origin ? "M, not tracked" : "I, not tracked") : line.toString(), event);
    }

    /** How many pages have a line: those held, asked for or, at the origin, not wholly held. */
    public int trackedPages() {
        return lines.size();
    }

    /** How many acquires wait. */
    public int waitingAcquires() {
        return acquires.size();
    }

    /** How many requests the directory has not answered. Visits all lines: for reports. */
    public int outstandingRequests() {
        int[] count = new int[1];
        lines.forEach(line -> count[0] += line.asked == null ? 0 : 1);
        return count[0];
    }
}
