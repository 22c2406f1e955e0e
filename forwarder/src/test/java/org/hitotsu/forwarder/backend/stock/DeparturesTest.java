package org.hitotsu.forwarder.backend.stock;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

class DeparturesTest {
    private final Set<Integer> ended = new HashSet<>();
    private final Departures departures = new Departures(ended::contains);

    @Test
    void areOverWhenEachHasEnded() {
        assertThat(departures.over()).isTrue();
        departures.add(1);
        departures.add(2);
        ended.add(1);
        assertThat(departures.over()).isFalse();
        ended.add(2);
        assertThat(departures.over()).isTrue();
    }

    @Test
    void doNotWaitForAnotherThreadOfTheSameId() {
        departures.add(1);
        departures.reused(1);
        assertThat(departures.over()).isTrue();
    }

    @Test
    void manyAreNotRemembered() {
        int[] looks = {0};
        Departures many = new Departures(tid -> {
            looks[0]++;
            return true;
        });
        for (int tid = 0; tid < 1000; tid++) {
            many.add(tid);
        }
        int before = looks[0];
        assertThat(many.over()).isTrue();
        assertThat(looks[0] - before).isLessThan(100);
    }
}
