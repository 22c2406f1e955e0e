package org.hitotsu.coherence;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class PrefetchTest {

    private final RecordedCacheActions actions = new RecordedCacheActions();
    private final PageCache<String> cache = new PageCache<>(2, false, new CacheOptions(0, 16, 4), actions);

    @Test
    void aRunOfFaultsDoublesTheWindowUpToItsMaximum() {
        StreamTable streams = new StreamTable(16);
        assertThat(streams.fault(100)).isEqualTo(1);
        assertThat(streams.fault(101)).isEqualTo(2);
        assertThat(streams.fault(103)).isEqualTo(4);
        assertThat(streams.fault(107)).isEqualTo(8);
        assertThat(streams.fault(115)).isEqualTo(16);
        assertThat(streams.fault(131)).isEqualTo(16);
    }

    @Test
    void aDescendingRunIsARunToo() {
        StreamTable streams = new StreamTable(16);
        assertThat(streams.fault(100)).isEqualTo(1);
        assertThat(streams.fault(99)).isEqualTo(-2);
        assertThat(streams.fault(97)).isEqualTo(-4);
    }

    @Test
    void aFaultInsideTheWindowHalvesIt() {
        StreamTable streams = new StreamTable(16);
        streams.fault(100);
        streams.fault(101);
        streams.fault(103);
        assertThat(streams.fault(105)).isEqualTo(2);
        assertThat(streams.fault(106)).isEqualTo(1);
    }

    @Test
    void eightWalksAtOnceDoNotDisturbEachOtherAndANinthReplacesTheOldest() {
        StreamTable streams = new StreamTable(16);
        for (int walk = 0; walk < 8; walk++) {
            assertThat(streams.fault(walk * 1_000)).isEqualTo(1);
        }
        for (int walk = 0; walk < 8; walk++) {
            assertThat(streams.fault(walk * 1_000 + 1)).isEqualTo(2);
        }
        assertThat(streams.fault(50_000)).isEqualTo(1);
        assertThat(streams.fault(3)).as("walk 0 is forgotten").isEqualTo(1);
        assertThat(streams.fault(2_003)).isEqualTo(4);
    }

    @Test
    void aWindowOfOneAsksForNothingElse() {
        StreamTable streams = new StreamTable(1);
        for (int page = 0; page < 10; page++) {
            assertThat(streams.fault(page)).isEqualTo(1);
        }
    }

    @Test
    void readsAndWritesHaveWindowsOfTheirOwn() {
        for (long page : new long[] {0, 1, 3, 7}) {
            cache.onFault(page, Access.READ, 0);
        }
        assertThat(actions.take())
                .containsExactly("request 0+1 READ", "request 1+2 READ", "request 3+4 READ", "request 7+8 READ");
        for (long page : new long[] {100, 101, 103, 107}) {
            cache.onFault(page, Access.WRITE, 0);
        }
        assertThat(actions.take())
                .containsExactly(
                        "request 100+1 WRITE", "request 101+2 WRITE", "request 103+4 WRITE", "request 107+4 WRITE");
    }

    @Test
    void aWindowEndsBeforeAPageWhichIsThereOrAskedFor() {
        cache.onFault(5, Access.READ, 0);
        cache.onFault(0, Access.READ, 0);
        cache.onFault(1, Access.READ, 0);
        cache.onFault(3, Access.READ, 0);
        assertThat(actions.take())
                .containsExactly("request 5+1 READ", "request 0+1 READ", "request 1+2 READ", "request 3+2 READ");
    }

    @Test
    void aWindowEndsWithTheAddressSpace() {
        cache.onFault(Pages.LIMIT - 2, Access.READ, 0);
        cache.onFault(Pages.LIMIT - 1, Access.READ, 0);
        cache.onFault(1, Access.READ, 0);
        cache.onFault(0, Access.READ, 0);
        assertThat(actions.take())
                .containsExactly(
                        "request " + (Pages.LIMIT - 2) + "+1 READ",
                        "request " + (Pages.LIMIT - 1) + "+1 READ",
                        "request 1+1 READ",
                        "request 0+1 READ");
    }

    @Test
    void aDescendingWindowIsARequestOfItsOwn() {
        cache.onFault(100, Access.READ, 0);
        cache.onFault(99, Access.READ, 0);
        cache.onFault(97, Access.READ, 0);
        assertThat(actions.take())
                .containsExactly(
                        "request 100+1 READ",
                        "request 99+1 READ",
                        "request 98+1 READ",
                        "request 97+1 READ",
                        "request 94+3 READ");
    }

    @Test
    void aDeclinedHintIsForgottenOrAskedForByName() {
        cache.onFault(0, Access.READ, 0);
        cache.onFault(1, Access.READ, 0);
        cache.onFault(3, Access.READ, 0);
        cache.onFault(5, Access.READ, 0);
        actions.take();

        cache.onDecline(3, 0b1110, 0);
        assertThat(actions.take()).as("a thread waits for 5").containsExactly("request 5+1 READ");
        assertThat(cache.outstandingRequests()).isEqualTo(5);
        assertThat(cache.trackedPages()).isEqualTo(5);
    }

    @Test
    void theOriginAsksAheadOnlyForPagesItHasGivenAway() {
        PageCache<String> home = new PageCache<>(1, true, new CacheOptions(0, 16, 4), actions);
        for (long page = 0; page < 3; page++) {
            home.onRecall(page, true, true, 0);
            home.onExtracted(page, "d", 0);
        }
        actions.take();
        home.onFault(0, Access.READ, 0);
        home.onFault(1, Access.READ, 0);
        home.onFault(3, Access.READ, 0);
        assertThat(actions.take()).containsExactly("request 0+1 READ", "request 1+2 READ", "spurious 3 READ");
    }
}
