package org.hitotsu.forwarder.share.pages;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class EventPumpTest {

    private final List<String> log = new ArrayList<>();
    private final EventPump pump = new EventPump(e -> log.add("failed: " + e.getMessage()));

    private Runnable event(String name) {
        return () -> log.add(name);
    }

    @Test
    void eventRunsAtOnce() {
        pump.run(event("a"));
        assertThat(log).containsExactly("a");
    }

    @Test
    void eventsOfAnEventWaitUntilItIsDoneAndKeepTheirOrder() {
        pump.run(() -> {
            log.add("a begins");
            pump.run(() -> {
                log.add("b begins");
                pump.run(event("d"));
                log.add("b ends");
            });
            pump.run(event("c"));
            log.add("a ends");
        });
        assertThat(log).containsExactly("a begins", "a ends", "b begins", "b ends", "c", "d");
    }

    @Test
    void failureIsToldOnceAndStopsThePump() {
        pump.run(() -> {
            pump.run(event("waits"));
            throw new IllegalStateException("out of order");
        });
        pump.run(event("later"));
        assertThat(log).containsExactly("failed: out of order");
    }

    @Test
    void whoIsToldOfAFailureMayGoOnCalling() {
        List<EventPump> self = new ArrayList<>();
        EventPump failing = new EventPump(e -> {
            log.add("failed");
            self.get(0).run(event("from the failure"));
        });
        self.add(failing);
        failing.run(() -> {
            throw new IllegalArgumentException();
        });
        assertThat(log).containsExactly("failed");
    }

    @Test
    void stopDropsWhatWaits() {
        pump.run(() -> {
            pump.run(event("waits"));
            pump.stop();
            log.add("goes on");
        });
        pump.run(event("later"));
        assertThat(log).containsExactly("goes on");
    }

    @Test
    void errorStopsItLikeAnException() {
        pump.run(() -> {
            throw new OutOfMemoryError("no room for a page");
        });
        pump.run(event("later"));
        assertThat(log).containsExactly("failed: no room for a page");
    }
}
