package org.hitotsu.coherence;

/** One {@link CacheEvents#acquire} which is not complete. */
final class Acquire {
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
     * Whether this page is to be asked for again if it was declined or taken away: always if it is the first one missing,
     * else once. Two acquires which wait elsewhere would pass the pages behind to and fro for ever.
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
