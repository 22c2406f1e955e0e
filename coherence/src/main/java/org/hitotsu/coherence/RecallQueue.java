package org.hitotsu.coherence;

import java.util.PriorityQueue;
import org.hitotsu.coherence.CacheLine.State;

/** When the recalls of one cache are answered: at once, after a hold, or after the acquires which pin the page. */
final class RecallQueue<D> {

    private final CacheActions<D> actions;
    /** Recalls put off by a hold, the earliest first. May contain lines whose recall was answered meanwhile. */
    private final PriorityQueue<CacheLine> deferred = new PriorityQueue<>((a, b) -> Long.signum(a.wakeAt - b.wakeAt));

    private boolean armed;
    private long armedFor;

    RecallQueue(CacheActions<D> actions) {
        this.actions = actions;
    }

    /** Starts to answer the recall of a stable line unless a pin or a hold puts it off; whether it did. */
    boolean start(CacheLine line, long now) {
        if (line.pins > 0) {
            return false;
        }
        if (line.isHeld(now)) {
            if (!line.deferred) {
                line.deferred = true;
                line.wakeAt = line.holdUntil;
                deferred.add(line);
                arm(now);
            }
            return false;
        }
        force(line);
        return true;
    }

    /** Starts to answer the recall of a stable line, whatever would put it off. */
    void force(CacheLine line) {
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

    void onTimer(long now) {
        armed = false;
        for (CacheLine line = deferred.peek(); line != null && line.wakeAt - now <= 0; line = deferred.peek()) {
            deferred.remove();
            line.deferred = false;
            if (line.recalled && line.state.stable()) {
                start(line, now);
            }
        }
        arm(now);
    }

    private void arm(long now) {
        CacheLine next = deferred.peek();
        if (next != null && (!armed || armedFor - next.wakeAt > 0)) {
            armed = true;
            armedFor = next.wakeAt;
            actions.setTimer(Math.max(0, next.wakeAt - now));
        }
    }

    void clear() {
        deferred.clear();
        armed = false;
    }
}
