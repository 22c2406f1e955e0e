package org.hitotsu.forwarder.observe;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class WatchListTest {

    private static final long LINGER = 1000;

    /** Near where System.nanoTime() wraps around. */
    private static final long START = Long.MAX_VALUE - 500;

    private final WatchList list = new WatchList(LINGER);

    private static long after(long nanos) {
        return START + nanos;
    }

    @Test
    void anIdIsWatchedOnceAndForAWhileLonger() {
        assertThat(list.begin(7)).isTrue();
        assertThat(list.begin(7)).isFalse();
        list.end(7, after(0));
        assertThat(list.expire(after(LINGER - 1))).isEmpty();
        assertThat(list.ids()).containsExactly(7);
        assertThat(list.expire(after(LINGER))).containsExactly(7);
        assertThat(list.isEmpty()).isTrue();
        assertThat(list.begin(7)).isTrue();
    }

    @Test
    void anIdThatComesBackInTimeStays() {
        list.begin(7);
        list.end(7, after(0));
        assertThat(list.begin(7)).isFalse();
        assertThat(list.expire(after(10 * LINGER))).isEmpty();
        list.end(7, after(10 * LINGER));
        assertThat(list.expire(after(10 * LINGER + 1))).isEmpty();
    }

    @Test
    void theFirstEndCounts() {
        list.begin(7);
        list.end(7, after(0));
        list.end(7, after(LINGER));
        list.end(8, after(0));
        assertThat(list.expire(after(LINGER))).containsExactly(7);
    }

    @Test
    void whatHappensAfterTheEndIsNotOfInterest() {
        list.begin(7);
        assertThat(list.covers(7, after(0))).isTrue();
        assertThat(list.covers(8, after(0))).isFalse();
        list.end(7, after(0));
        assertThat(list.covers(7, after(-1))).isTrue();
        assertThat(list.covers(7, after(600))).isFalse();
        list.begin(7);
        assertThat(list.covers(7, after(600))).isTrue();
    }
}
