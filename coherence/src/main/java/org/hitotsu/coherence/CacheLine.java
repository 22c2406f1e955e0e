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

    /** One acquire which is not complete. */
    static final class Acquire {
        final long first;
        final int count;
        final Access access;
        final long token;
        /** How many pages from the first one on are pinned. */
        int pinned;
        /** Bit i: page i was demanded since the last time that {@link #pinned} grew. */
        long demanded;

        Acquire(long first, int count, Access access, long token) {
            this.first = first;
            this.count = count;
            this.access = access;
            this.token = token;
        }

        boolean contains(long page) {
            return page >= first && page - first < count;
        }

        /**
         * Whether this page is to be asked for again if it was declined or taken away: always if it is the first one
         * missing, else once. Two acquires which wait elsewhere would pass the pages behind to and fro for ever.
         */
        boolean wants(long page) {
            return contains(page) && (page - first == pinned || (demanded & (1L << (page - first))) == 0);
        }

        void demand(long page) {
            if (contains(page)) {
                demanded |= 1L << (page - first);
            }
        }
    }
}
