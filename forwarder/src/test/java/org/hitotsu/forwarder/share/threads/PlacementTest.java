package org.hitotsu.forwarder.share.threads;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.hitotsu.forwarder.share.threads.Placement.Candidate;
import org.junit.jupiter.api.Test;

class PlacementTest {

    private static final int ORIGIN = 1;

    private final List<Candidate> candidates =
            new ArrayList<>(List.of(new Candidate(1, 2), new Candidate(2, 2), new Candidate(3, 4)));
    private final Placement placement = new Placement(true, () -> candidates);
    private final List<SharedThread> threads = new ArrayList<>();

    private SharedThread add(int node) {
        SharedThread thread = new SharedThread(threads.size() + 1, 100 + threads.size(), ORIGIN);
        thread.visit(node);
        threads.add(thread);
        return thread;
    }

    private int choose() {
        add(ORIGIN);
        int node = placement.choose(threads, ORIGIN);
        threads.remove(threads.size() - 1);
        return node;
    }

    @Test
    void withoutSpreadingThreadsStayAtTheOrigin() {
        add(ORIGIN);
        add(ORIGIN);
        add(ORIGIN);
        assertThat(new Placement(false, () -> candidates).choose(threads, ORIGIN))
                .isEqualTo(ORIGIN);
    }

    @Test
    void nodeWithTheMostRoomForEachProcessorIsChosen() {
        add(ORIGIN);
        assertThat(choose()).isEqualTo(3);
        add(3);
        add(3);
        // 2/2 at the origin, 1/2 at node 2, 3/4 at node 3
        assertThat(choose()).isEqualTo(2);
    }

    @Test
    void originIsChosenAmongEqualsWhereverItStandsInTheList() {
        candidates.clear();
        candidates.addAll(List.of(new Candidate(3, 2), new Candidate(1, 2), new Candidate(2, 2)));
        assertThat(choose()).isEqualTo(ORIGIN);
        add(ORIGIN);
        assertThat(choose()).isNotEqualTo(ORIGIN);
    }

    @Test
    void threadOnItsWayCountsWhereItGoes() {
        candidates.clear();
        candidates.addAll(List.of(new Candidate(1, 1), new Candidate(2, 1)));
        SharedThread thread = add(ORIGIN);
        assertThat(choose()).isEqualTo(2);
        thread.wanted = 2;
        assertThat(choose()).isEqualTo(ORIGIN);
    }

    @Test
    void manyThreadsSpreadByProcessors() {
        Map<Integer, Integer> count = new HashMap<>();
        for (int i = 0; i < 32; i++) {
            int node = choose();
            add(node);
            count.merge(node, 1, Integer::sum);
        }
        assertThat(count).isEqualTo(Map.of(1, 8, 2, 8, 3, 16));
    }

    @Test
    void withoutCandidatesThreadsStayAtTheOrigin() {
        candidates.clear();
        assertThat(choose()).isEqualTo(ORIGIN);
    }
}
