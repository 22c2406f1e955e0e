package org.hitotsu.coherence;

import java.util.ArrayList;
import java.util.List;

/** The acquires of one cache which wait, and the pages they pin. The rules are described at {@link PageCache}. */
final class AcquireList<D> {

    private final LineTable lines;
    private final Requester<D> requester;
    private final RecallQueue<D> recalls;
    private final CacheActions<D> actions;
    private final List<Acquire> waiting = new ArrayList<>();

    AcquireList(LineTable lines, Requester<D> requester, RecallQueue<D> recalls, CacheActions<D> actions) {
        this.lines = lines;
        this.requester = requester;
        this.recalls = recalls;
        this.actions = actions;
    }

    void start(Acquire a, long now) {
        waiting.add(a);
        if (!advance(a, -1, now)) {
            requester.askFor(a);
        }
    }

    void cancel(long token, long now) {
        for (int i = 0; i < waiting.size(); i++) {
            Acquire a = waiting.get(i);
            if (a.token == token) {
                waiting.remove(i);
                unpin(a, 0, now);
                return;
            }
        }
    }

    /** Ends the acquires which need what was denied. */
    void deny(CacheLine line, Access access, int reason, long now) {
        // Acquires which end here must leave this line in place, and its recall to the caller.
        line.pins++;
        for (int i = 0; i < waiting.size(); ) {
            Acquire a = waiting.get(i);
            if (a.access == access && a.contains(line.page)) {
                waiting.remove(i);
                actions.acquireDenied(a.token, line.page, reason);
                unpin(a, 0, now);
            } else {
                i++;
            }
        }
        line.pins--;
    }

    /**
     * Goes on with the acquires which need a page, after its state has changed.
     *
     * @param fresh whether the page has just come
     */
    void advance(CacheLine line, boolean fresh, long now) {
        if (waiting.isEmpty()) {
            return;
        }
        // As in deny().
        line.pins++;
        for (int i = 0; i < waiting.size(); ) {
            Acquire a = waiting.get(i);
            int before = a.pinned;
            if (a.contains(line.page) && advance(a, fresh ? line.page : -1, now)) {
                continue;
            }
            if (a.pinned > before) {
                requester.askFor(a);
            }
            i++;
        }
        line.pins--;
    }

    /** Completes an acquire whose pages are all here, and otherwise pins those up to the first missing one. */
    private boolean advance(Acquire a, long fresh, long now) {
        int present = 0;
        while (present < a.count && lines.holds(a.first + present, a.access)) {
            present++;
        }
        if (present == a.count) {
            waiting.remove(a);
            actions.acquired(a.token);
            unpin(a, 0, now);
            return true;
        }
        while (a.pinned < present) {
            CacheLine line = lines.track(a.first + a.pinned);
            if (line.recalled && line.page != fresh) {
                break;
            }
            line.pins++;
            a.pinned++;
        }
        return false;
    }

    boolean wants(long page, Access access) {
        for (int i = 0; i < waiting.size(); i++) {
            Acquire a = waiting.get(i);
            if (a.wants(page) && (access == Access.READ || a.access == Access.WRITE)) {
                return true;
            }
        }
        return false;
    }

    /** Notes that a page was asked for by name. */
    void demanded(long page) {
        for (int i = 0; i < waiting.size(); i++) {
            waiting.get(i).demand(page);
        }
    }

    /** A page is going although it may be pinned: acquires keep only what lies below it. */
    void unpinFrom(long page, long now) {
        for (int i = 0; i < waiting.size(); i++) {
            Acquire a = waiting.get(i);
            if (a.contains(page) && page - a.first < a.pinned) {
                unpin(a, (int) (page - a.first), now);
            }
        }
    }

    private void unpin(Acquire a, int keep, long now) {
        while (a.pinned > keep) {
            a.pinned--;
            CacheLine line = lines.track(a.first + a.pinned);
            line.pins--;
            // A line with range work is in the hands of whoever called us.
            if (line.range == null && line.state.stable() && !(line.recalled && recalls.start(line, now))) {
                lines.release(line, now);
            }
        }
    }

    void clear() {
        waiting.clear();
    }

    int size() {
        return waiting.size();
    }
}
