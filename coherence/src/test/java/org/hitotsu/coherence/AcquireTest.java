package org.hitotsu.coherence;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class AcquireTest {

    private final RecordedCacheActions actions = new RecordedCacheActions();
    private final PageCache<String> cache = new PageCache<>(2, false, new CacheOptions(100, 1, 1), actions);
    private final PageCache<String> home = new PageCache<>(1, true, new CacheOptions(100, 1, 1), actions);

    private void grant(long page, Access access, long now) {
        cache.onGrant(page, access, "d", now);
        cache.onInstalled(page, now);
        actions.take();
    }

    @Test
    void isCompleteAtOnceWhereEverythingIsHeld() {
        home.acquire(5, 64, Access.WRITE, 1, 0);
        assertThat(actions.take()).containsExactly("acquired 1");
        assertThat(home.trackedPages()).isZero();
    }

    @Test
    void asksForARunAndCompletesWithItsLastPage() {
        cache.acquire(5, 3, Access.WRITE, 1, 0);
        assertThat(actions.take()).containsExactly("request 5+3 WRITE");

        grant(5, Access.WRITE, 0);
        grant(7, Access.WRITE, 0);
        cache.onGrant(6, Access.WRITE, "d", 0);
        cache.onInstalled(6, 0);
        assertThat(actions.take()).containsExactly("install 6 d writable", "acquired 1");
    }

    @Test
    void pinsPagesBelowTheFirstMissingOneAndNoOthers() {
        cache.acquire(5, 3, Access.WRITE, 1, 0);
        grant(5, Access.WRITE, 0);
        grant(7, Access.WRITE, 0);

        cache.onRecall(5, true, true, 1_000);
        assertThat(actions.take()).isEmpty();
        cache.onRecall(7, true, true, 1_000);
        assertThat(actions.take()).containsExactly("extract 7 invalidate");

        // Taken away above the first missing page: demanded once more, and then only when that page has come.
        cache.onExtracted(7, "d", 1_000);
        assertThat(actions.take()).containsExactly("reply 7 gone d", "request 7+1 WRITE");
        grant(7, Access.WRITE, 1_000);
        cache.onRecall(7, true, true, 1_001);
        cache.onExtracted(7, "d", 1_001);
        assertThat(actions.take()).containsExactly("extract 7 invalidate", "reply 7 gone d");

        cache.onGrant(6, Access.WRITE, "d", 1_002);
        cache.onInstalled(6, 1_002);
        assertThat(actions.take()).containsExactly("install 6 d writable", "request 7+1 WRITE");

        cache.onGrant(7, Access.WRITE, "d", 1_003);
        cache.onInstalled(7, 1_003);
        assertThat(actions.take()).containsExactly("install 7 d writable", "acquired 1", "extract 5 invalidate");
    }

    @Test
    void pinsAPageWhichWasRecalledWhileItCame() {
        cache.acquire(5, 2, Access.WRITE, 1, 0);
        cache.onGrant(5, Access.WRITE, "d", 0);
        cache.onRecall(5, true, true, 0);
        cache.onInstalled(5, 0);
        assertThat(actions.take()).containsExactly("request 5+2 WRITE", "install 5 d writable");

        cache.onGrant(6, Access.WRITE, "d", 1);
        cache.onInstalled(6, 1);
        assertThat(actions.take()).containsExactly("install 6 d writable", "acquired 1", "extract 5 invalidate");
    }

    @Test
    void doesNotPinAPageWhichIsOnItsWayToSomebodyElse() {
        cache.onFault(5, Access.WRITE, 0);
        grant(5, Access.WRITE, 0);
        cache.onRecall(5, true, true, 10);
        cache.acquire(5, 2, Access.WRITE, 1, 20);
        actions.take();

        cache.onTimer(100);
        assertThat(actions.take()).containsExactly("extract 5 invalidate");
        cache.onExtracted(5, "d", 110);
        assertThat(actions.take()).containsExactly("reply 5 gone d", "request 5+1 WRITE");
    }

    @Test
    void losesItsPinsToARange() {
        cache.acquire(5, 3, Access.WRITE, 1, 0);
        grant(5, Access.WRITE, 0);
        grant(6, Access.WRITE, 0);

        cache.onRangeInvalidate(6, 1, true, 44, 1);
        cache.onExtracted(6, "d", 2);
        assertThat(actions.take())
                .containsExactly("extract 6 invalidate", "writeback 6 d", "range reply 44", "request 6+1 WRITE");

        cache.onRecall(5, true, true, 3);
        assertThat(actions.take()).as("page 5 is still pinned").isEmpty();
    }

    @Test
    void asksByNameForWhatWasDeclined() {
        cache.acquire(5, 3, Access.READ, 1, 0);
        actions.take();
        cache.onDecline(5, 0b110, 0);
        assertThat(actions.take()).containsExactly("request 6+1 READ", "request 7+1 READ");
    }

    @Test
    void endsWithADenialOfOneOfItsPages() {
        cache.acquire(5, 2, Access.WRITE, 1, 0);
        cache.acquire(5, 2, Access.READ, 2, 0);
        grant(5, Access.WRITE, 0);
        cache.onDeny(6, Access.WRITE, 11, 1);
        assertThat(actions.take()).containsExactly("acquire denied 1 6 11", "request 6+1 READ");

        cache.onGrant(6, Access.READ, "d", 2);
        cache.onInstalled(6, 2);
        assertThat(actions.take()).containsExactly("install 6 d", "acquired 2");
    }

    @Test
    void givesItsPinsUpWhenCancelled() {
        cache.acquire(5, 2, Access.WRITE, 1, 0);
        grant(5, Access.WRITE, 0);
        cache.onRecall(5, true, true, 1);
        cache.cancelAcquire(1, 2);
        assertThat(actions.take()).containsExactly("extract 5 invalidate");

        cache.cancelAcquire(1, 3);
        cache.cancelAcquire(99, 3);
        assertThat(actions.take()).isEmpty();
    }
}
