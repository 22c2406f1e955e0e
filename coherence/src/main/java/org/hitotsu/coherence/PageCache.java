package org.hitotsu.coherence;

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
 * <tr><td>IS_I</td><td colspan="2" rowspan="9">waits for the operation</td><td>o: no data: stays</td><td colspan="2">later</td>
 *     <td>later</td><td>later</td><td>→ S</td></tr>
 * <tr><td>IM_I</td><td></td><td colspan="2">later</td><td>later</td><td>later</td><td>→ M</td></tr>
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
 * makes recalls in the range be answered at once. A restore (origin only) is legal in I and gives IS_I, whatever was asked. A
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

    private final CacheOptions options;
    private final CacheActions<D> actions;
    private final LineTable lines;
    private final Requester<D> requester;
    private final RecallQueue<D> recalls;
    private final AcquireList<D> acquires;

    /**
     * @param node id of this node, for error messages
     * @param origin whether this is the node whose memory is the home of all pages
     */
    public PageCache(int node, boolean origin, CacheOptions options, CacheActions<D> actions) {
        this.options = options;
        this.actions = actions;
        this.lines = new LineTable(node, origin);
        this.requester = new Requester<>(lines, options, actions);
        this.recalls = new RecallQueue<>(actions);
        this.acquires = new AcquireList<>(lines, requester, recalls, actions);
    }

    @Override
    public void reset() {
        lines.clear();
        requester.clear();
        recalls.clear();
        acquires.clear();
    }

    @Override
    public void onFault(long page, Access access, long now) {
        lines.expire(now);
        CacheLine line = lines.get(page);
        if (lines.holds(page, access)) {
            actions.spurious(page, access);
            return;
        }
        if (line == null) {
            if (!Pages.isRun(page, 1)) {
                throw new ProtocolException(lines.node, page, "any", "fault outside the address space");
            }
            line = lines.track(page);
        }
        if (access == Access.WRITE) {
            line.wantWrite = true;
        } else {
            line.wantRead = true;
        }
        if (line.state.stable() && line.asked == null) {
            requester.askAhead(line, access);
        }
    }

    @Override
    public void onGrant(long page, Access access, @Nullable D data, long now) {
        lines.expire(now);
        CacheLine line = lines.get(page);
        String event = "grant " + access + (data == null ? ", no data" : ", data");
        if (line == null || line.asked == null || (line.asked == Access.WRITE && access == Access.READ)) {
            throw lines.failure(page, line, event);
        }
        State state = line.state;
        if (data != null) {
            if (state != State.I || line.asked != access) {
                throw lines.failure(page, line, event);
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
                access == Access.READ ? state == State.S : state == State.I || state == State.M || state == State.IS_I;
        if (!lines.origin || !atHome) {
            throw lines.failure(page, line, event);
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
                throw lines.failure(page, line, "decline");
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
            throw lines.failure(page, line, "deny " + access);
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
        acquires.deny(line, access, reason, now);
        if (line.state.stable()) {
            settle(line, false, now);
        }
    }

    @Override
    public void onRecall(long page, boolean invalidate, boolean needData, long now) {
        lines.expire(now);
        CacheLine line = lines.get(page);
        if (line == null && lines.origin) {
            line = lines.track(page);
        }
        if (line == null || line.recalled || !mayRecall(line.state, invalidate, needData)) {
            throw lines.failure(page, line, "recall" + (invalidate ? ", invalidate" : "") + (needData ? ", data" : ""));
        }
        line.recalled = true;
        line.recallInvalidates = invalidate;
        line.recallNeedsData = needData;
        if (line.state == State.I) {
            line.state = State.M;
        }
        if (line.state.stable()) {
            recalls.start(line, now);
        }
    }

    /** Contents of which this may be the only copy must be asked for, and there must be some. */
    private boolean mayRecall(State state, boolean invalidate, boolean needData) {
        return switch (state) {
            case I -> lines.origin && needData;
            case M, IM_I, SM_U -> needData;
            case S, IS_I -> invalidate || needData;
            default -> false;
        };
    }

    @Override
    public void onRestore(long page, D data, long now) {
        CacheLine line = lines.get(page);
        if (!lines.origin || line == null || line.state != State.I) {
            throw lines.failure(page, line, "restore");
        }
        line.state = State.IS_I;
        actions.install(page, data, false);
    }

    @Override
    public void onRangeInvalidate(long firstPage, long count, boolean needData, long token, long now) {
        startRange(firstPage, count, new RangeWork(token, false, needData, false), now);
    }

    @Override
    public void onRangeHome(long firstPage, long count, boolean unprotect, long token, long now) {
        if (!lines.origin) {
            throw new ProtocolException(lines.node, firstPage, "not the origin", "range home");
        }
        startRange(firstPage, count, new RangeWork(token, true, false, unprotect), now);
    }

    private void startRange(long firstPage, long count, RangeWork work, long now) {
        if (!Pages.isRange(firstPage, count)) {
            throw new ProtocolException(lines.node, firstPage, "any", "range of " + count + " pages");
        }
        for (long page : lines.pagesIn(firstPage, count)) {
            CacheLine line = lines.get(page);
            if (line == null) {
                // An acquire which ended with an earlier page of this loop was the reason to track it.
                continue;
            }
            if (line.range != null || (work.home && line.recalled)) {
                throw lines.failure(page, line, work.home ? "range home" : "range taken away");
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
            throw lines.failure(page, line, "installed");
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
            throw lines.failure(page, line, "extracted");
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
            throw lines.failure(page, line, "dropped");
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
        State before = line == null || !lines.origin || !line.recalled
                ? null
                : switch (line.state) {
                    case MS_X, MI_X -> State.M;
                    case SS_X, SI_X, SI_R -> State.S;
                    default -> null;
                };
        if (line == null || before == null) {
            throw lines.failure(page, line, "extract denied");
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
        acquires.advance(line, fresh, now);
        if (line.recalled && recalls.start(line, now)) {
            return;
        }
        if (line.asked == null) {
            Access wanted = wanted(line);
            if (wanted != null) {
                acquires.demanded(line.page);
                requester.ask(line, wanted);
            }
        }
        lines.release(line, now);
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
        if (line.state == State.M) {
            return null;
        }
        if (line.wantWrite || acquires.wants(line.page, Access.WRITE)) {
            return Access.WRITE;
        }
        return line.state == State.I && (line.wantRead || acquires.wants(line.page, Access.READ)) ? Access.READ : null;
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
            acquires.unpinFrom(line.page, now);
            recalls.force(line);
            return false;
        } else if (!lines.origin && line.state != State.I) {
            acquires.unpinFrom(line.page, now);
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

    @Override
    public void onTimer(long now) {
        recalls.onTimer(now);
        lines.expire(now);
    }

    @Override
    public void acquire(long firstPage, int count, Access access, long token, long now) {
        if (!Pages.isRun(firstPage, count)) {
            throw new IllegalArgumentException("acquire of " + count + " pages at " + firstPage);
        }
        lines.expire(now);
        acquires.start(new Acquire(firstPage, count, access, token), now);
    }

    @Override
    public void cancelAcquire(long token, long now) {
        acquires.cancel(token, now);
    }

    /** How many pages have a line: those held, asked for or, at the origin, not wholly held. */
    public int trackedPages() {
        return lines.size();
    }

    /** Whether this cache keeps anything of the page: a state other than its implicit one, or something under way. */
    public boolean isTracked(long page) {
        return lines.get(page) != null;
    }

    /** How many acquires wait. */
    public int waitingAcquires() {
        return acquires.size();
    }

    /** How many requests the directory has not answered. Visits all lines: for reports. */
    public int outstandingRequests() {
        return lines.outstandingRequests();
    }
}
