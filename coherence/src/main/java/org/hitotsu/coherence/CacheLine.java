package org.hitotsu.coherence;

import org.jspecify.annotations.Nullable;

/** What a cache knows of one page. The states are described at {@link PageCache}. */
final class CacheLine {

    enum State {
        I,
        S,
        M,
        IS_I,
        IM_I,
        SM_U,
        MS_X,
        SS_X,
        MI_X,
        SI_X,
        SI_R,
        MI_R;

        /** Whether no memory operation is under way. */
        boolean stable() {
            return this == I || this == S || this == M;
        }

        boolean allows(Access access) {
            return this == M || (this == S && access == Access.READ);
        }
    }

    final long page;
    State state;
    /** The request which the directory has not answered. */
    @Nullable
    Access asked;
    /** Whether that request may be declined. */
    boolean hint;

    boolean wantRead;
    boolean wantWrite;

    /** Whether the directory waits for an answer to a recall, and which. */
    boolean recalled;

    boolean recallInvalidates;
    boolean recallNeedsData;

    /** Whether a waiting thread was let in and recalls are to be put off until {@link #holdUntil}. */
    boolean holding;

    long holdUntil;
    /** When to look at the recall again; meaningful while {@link #deferred}. */
    long wakeAt;
    /** In the queue of recalls put off. */
    boolean deferred;
    /** In the queue of origin lines which go when their hold is over. */
    boolean expiring;
    /** Waiting acquires which rely on this page staying. */
    int pins;

    @Nullable
    RangeWork range;

    CacheLine(long page, State state) {
        this.page = page;
        this.state = state;
    }

    /** Whether a thread let in lately is to have the page for itself still. */
    boolean isHeld(long now) {
        return holding && holdUntil - now > 0;
    }

    @Override
    public String toString() {
        return state
                + (asked == null ? "" : " asked " + asked + (hint ? " (hint)" : ""))
                + (recalled ? " recalled" : "")
                + (range == null ? "" : " range");
    }

    /** One range message, until the cache has answered it. */
    static final class RangeWork {
        final long token;
        /** The origin takes everything over; otherwise the range is taken away. */
        final boolean home;

        final boolean needData;
        final boolean unprotect;
        /** Lines not done, and one more while lines are being added. */
        int remaining = 1;

        RangeWork(long token, boolean home, boolean needData, boolean unprotect) {
            this.token = token;
            this.home = home;
            this.needData = needData;
            this.unprotect = unprotect;
        }
    }
}
