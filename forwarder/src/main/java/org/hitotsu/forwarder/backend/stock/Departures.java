package org.hitotsu.forwarder.backend.stock;

import java.util.HashSet;
import java.util.Set;
import java.util.function.IntPredicate;

/**
 * Threads that were let end natively, as long as no thread of their program had been moved. At its end a thread writes words
 * for which others wait (set_tid_address(2), robust futexes), and does not wait for a page that is elsewhere
 * (handle_userfault(), PF_EXITING): so none goes elsewhere before they have ended. Event loop only.
 */
final class Departures {
    private static final int MANY = 64;

    private final IntPredicate hasEnded;
    private final Set<Integer> tids = new HashSet<>();

    /** @param hasEnded whether a thread of the program has ended, or there is none of this id */
    Departures(IntPredicate hasEnded) {
        this.hasEnded = hasEnded;
    }

    void add(int tid) {
        if (tids.size() >= MANY) {
            over();
        }
        tids.add(tid);
    }

    /** A new thread has this id: the one that had it before has ended. */
    void reused(int tid) {
        tids.remove(tid);
    }

    /** Whether all of them have ended. */
    boolean over() {
        tids.removeIf(hasEnded::test);
        return tids.isEmpty();
    }
}
