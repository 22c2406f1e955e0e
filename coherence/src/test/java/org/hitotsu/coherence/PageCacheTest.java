package org.hitotsu.coherence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

/** What a cache does on the transitions which matter most; times are nanoseconds, the hold is 100. */
class PageCacheTest {

    private static final int REASON = 11;

    private final RecordedCacheActions actions = new RecordedCacheActions();
    private final PageCache<String> cache = new PageCache<>(2, false, new CacheOptions(100, 1, 1), actions);
    private final PageCache<String> home = new PageCache<>(1, true, new CacheOptions(100, 1, 1), actions);

    private void have(long page, Access access, long now) {
        cache.onFault(page, access, now);
        cache.onGrant(page, access, "d", now);
        cache.onInstalled(page, now);
        actions.take();
    }

    @Test
    void followersOfAFaultWaitWithTheLeader() {
        cache.onFault(5, Access.READ, 0);
        cache.onFault(5, Access.READ, 1);
        assertThat(actions.take()).containsExactly("request 5+1 READ");

        cache.onGrant(5, Access.READ, "d", 2);
        cache.onFault(5, Access.READ, 3);
        assertThat(actions.take()).containsExactly("install 5 d");

        cache.onInstalled(5, 4);
        assertThat(actions.take()).containsExactly("wake 5");
    }

    @Test
    void aWriterWhoMeetsAReadRequestAsksWhenItIsAnswered() {
        cache.onFault(5, Access.READ, 0);
        cache.onFault(5, Access.WRITE, 0);
        cache.onGrant(5, Access.READ, "d", 0);
        assertThat(actions.take()).containsExactly("request 5+1 READ", "install 5 d");

        cache.onInstalled(5, 0);
        assertThat(actions.take()).containsExactly("wake 5", "request 5+1 WRITE");

        cache.onGrant(5, Access.WRITE, null, 0);
        cache.onInstalled(5, 0);
        assertThat(actions.take()).containsExactly("unprotect 5", "wake 5");
    }

    @Test
    void anUpgradeWhichCrossesAnInvalidationGetsTheContents() {
        have(5, Access.READ, 0);
        cache.onFault(5, Access.WRITE, 200);
        cache.onRecall(5, true, false, 200);
        assertThat(actions.take()).containsExactly("request 5+1 WRITE", "drop 5");

        cache.onDropped(5, 201);
        assertThat(actions.take()).containsExactly("reply 5 gone null");

        cache.onGrant(5, Access.WRITE, "new", 300);
        assertThat(actions.take()).containsExactly("install 5 new writable");
    }

    @Test
    void aRecallDuringTheInstallWaitsForItAndForTheHold() {
        cache.onFault(5, Access.WRITE, 0);
        cache.onGrant(5, Access.WRITE, "d", 0);
        cache.onRecall(5, true, true, 10);
        actions.take();

        cache.onInstalled(5, 50);
        assertThat(actions.take()).containsExactly("wake 5", "timer 100");

        cache.onTimer(149);
        assertThat(actions.take()).containsExactly("timer 1");

        cache.onTimer(150);
        assertThat(actions.take()).containsExactly("extract 5 invalidate");

        cache.onExtracted(5, "mine", 151);
        assertThat(actions.take()).containsExactly("reply 5 gone mine");
        assertThat(cache.trackedPages()).isZero();
    }

    @Test
    void oneTimerServesManyHolds() {
        have(5, Access.WRITE, 0);
        have(6, Access.WRITE, 40);
        cache.onRecall(6, true, true, 50);
        assertThat(actions.take()).containsExactly("timer 90");

        cache.onRecall(5, true, true, 60);
        assertThat(actions.take()).containsExactly("timer 40");

        cache.onTimer(100);
        assertThat(actions.take()).containsExactly("extract 5 invalidate", "timer 40");

        cache.onTimer(140);
        assertThat(actions.take()).containsExactly("extract 6 invalidate");
    }

    @Test
    void aPageNobodyWaitedForIsNotHeld() {
        PageCache<String> ahead = new PageCache<>(2, false, new CacheOptions(100, 8, 8), actions);
        ahead.onFault(5, Access.READ, 0);
        ahead.onFault(6, Access.READ, 0);
        assertThat(actions.take()).containsExactly("request 5+1 READ", "request 6+2 READ");

        ahead.onGrant(7, Access.READ, "d", 0);
        ahead.onInstalled(7, 0);
        ahead.onRecall(7, true, false, 0);
        assertThat(actions.take()).containsExactly("install 7 d", "drop 7");
    }

    @Test
    void aFaultDuringAnExtractionIsServedByWhatIsLeft() {
        have(5, Access.WRITE, 0);
        cache.onRecall(5, false, true, 200);
        cache.onFault(5, Access.READ, 201);
        cache.onFault(5, Access.WRITE, 201);
        assertThat(actions.take()).containsExactly("extract 5 share");

        cache.onExtracted(5, "d", 202);
        assertThat(actions.take()).containsExactly("reply 5 kept d", "wake 5", "request 5+1 WRITE");
    }

    @Test
    void aFaultOnAPageWhichIsHeldIsSpurious() {
        have(5, Access.READ, 0);
        cache.onFault(5, Access.READ, 1);
        home.onFault(77, Access.WRITE, 1);
        assertThat(actions.take()).containsExactly("spurious 5 READ", "spurious 77 WRITE");
        assertThat(home.trackedPages()).isZero();
    }

    @Test
    void aDeniedWriteDoesNotDenyReaders() {
        cache.onFault(5, Access.WRITE, 0);
        cache.onFault(5, Access.READ, 0);
        actions.take();

        cache.onDeny(5, Access.WRITE, REASON, 1);
        assertThat(actions.take()).containsExactly("fault denied 5 WRITE 11", "request 5+1 READ");

        cache.onGrant(5, Access.READ, "d", 2);
        cache.onInstalled(5, 3);
        assertThat(actions.take()).containsExactly("install 5 d", "wake 5");
    }

    @Test
    void aDeniedReadLeavesTheWriterItsOwnAnswer() {
        cache.onFault(5, Access.READ, 0);
        cache.onFault(5, Access.WRITE, 0);
        actions.take();

        cache.onDeny(5, Access.READ, REASON, 1);
        assertThat(actions.take()).containsExactly("fault denied 5 READ 11", "request 5+1 WRITE");

        cache.onDeny(5, Access.WRITE, REASON, 1);
        assertThat(actions.take()).containsExactly("fault denied 5 WRITE 11");
        assertThat(cache.trackedPages()).isZero();
    }

    @Test
    void aRangeTakesPagesInAnyStateAndAnswersWhenTheLastIsGone() {
        have(5, Access.WRITE, 0);
        have(6, Access.READ, 0);
        cache.onFault(7, Access.READ, 0);
        cache.onGrant(7, Access.READ, "d", 0);
        cache.onFault(8, Access.WRITE, 0);
        have(9, Access.WRITE, 0);
        cache.onRecall(9, false, true, 1);
        actions.take();

        // Page 5 is inside its hold: a range does not wait for that.
        cache.onRangeInvalidate(5, 5, true, 44, 2);
        assertThat(actions.take()).containsExactly("extract 5 invalidate", "drop 6", "extract 9 share");

        cache.onExtracted(5, "five", 3);
        cache.onDropped(6, 3);
        cache.onExtracted(9, "nine", 3);
        assertThat(actions.take()).containsExactly("writeback 5 five", "reply 9 kept nine", "drop 9");

        cache.onDropped(9, 4);
        cache.onInstalled(7, 4);
        assertThat(actions.take()).containsExactly("wake 7", "drop 7");

        cache.onDropped(7, 5);
        assertThat(actions.take()).containsExactly("range reply 44");
        // The request for page 8 is still to be answered.
        assertThat(cache.trackedPages()).isEqualTo(1);
        assertThat(cache.outstandingRequests()).isEqualTo(1);
    }

    @Test
    void discardReadsNothing() {
        have(5, Access.WRITE, 0);
        cache.onRangeInvalidate(0, Pages.LIMIT, false, 44, 1);
        cache.onDropped(5, 2);
        assertThat(actions.take()).containsExactly("drop 5", "range reply 44");
    }

    @Test
    void aRangeOverNothingIsAnsweredAtOnce() {
        cache.onRangeInvalidate(0, Pages.LIMIT, true, 44, 0);
        assertThat(actions.take()).containsExactly("range reply 44");
    }

    @Test
    void theOriginKeepsItsPagesButStopsPuttingRecallsOff() {
        home.onRecall(5, true, true, 0);
        home.onExtracted(5, "d", 0);
        home.onFault(5, Access.WRITE, 0);
        home.onGrant(5, Access.WRITE, "d", 0);
        home.onInstalled(5, 0);
        home.onRecall(5, false, true, 10);
        actions.take();

        home.onRangeInvalidate(0, 10, true, 44, 11);
        assertThat(actions.take()).containsExactly("extract 5 share");

        home.onExtracted(5, "e", 12);
        assertThat(actions.take()).containsExactly("reply 5 kept e", "range reply 44");
    }

    @Test
    void rangeHomeAnswersEverythingTheOriginAsked() {
        home.onRecall(5, true, true, 0);
        home.onExtracted(5, "d", 0);
        home.onFault(5, Access.READ, 0);
        home.onRecall(6, false, true, 0);
        home.onExtracted(6, "d", 0);
        home.onRecall(7, true, true, 0);
        home.onExtracted(7, "d", 0);
        home.onRestore(7, "back", 0);
        actions.take();

        home.onRangeHome(0, Pages.LIMIT, true, 44, 1);
        assertThat(actions.take()).containsExactly("wake 5", "unprotect 6");

        home.onInstalled(6, 2);
        home.onInstalled(7, 2);
        assertThat(actions.take()).containsExactly("unprotect 7");

        home.onInstalled(7, 3);
        assertThat(actions.take()).containsExactly("range reply 44");
        home.onTimer(1_000);
        assertThat(home.trackedPages()).isZero();
    }

    @Test
    void theOriginDeniesAndKeepsThePage() {
        home.onRecall(5, true, true, 0);
        home.onExtractDenied(5, REASON, 1);
        assertThat(actions.take()).containsExactly("extract 5 invalidate", "denied 5 11");
        assertThat(home.trackedPages()).isZero();
    }

    @Test
    void anOriginPageIsForgottenWhenItsHoldIsOver() {
        home.onRecall(5, true, true, 0);
        home.onExtracted(5, "d", 0);
        home.onFault(5, Access.WRITE, 0);
        home.onGrant(5, Access.WRITE, "d", 0);
        home.onInstalled(5, 0);
        assertThat(home.trackedPages()).isEqualTo(1);

        home.onFault(1234, Access.READ, 100);
        assertThat(home.trackedPages()).isZero();
    }

    @Test
    void resetForgetsEverything() {
        have(5, Access.WRITE, 0);
        cache.onFault(6, Access.READ, 0);
        cache.onRecall(5, true, true, 1);
        cache.acquire(7, 2, Access.READ, 1, 1);
        actions.take();

        cache.reset();
        cache.onTimer(1_000);
        assertThat(actions.take()).isEmpty();
        assertThat(cache.trackedPages()).isZero();
        assertThat(cache.waitingAcquires()).isZero();
    }

    @Test
    void pagesOutsideOfTheAddressSpaceAreRefused() {
        assertThatThrownBy(() -> cache.onFault(Pages.LIMIT, Access.READ, 0)).isInstanceOf(ProtocolException.class);
        assertThatThrownBy(() -> cache.onRangeInvalidate(5, Pages.LIMIT, true, 1, 0))
                .isInstanceOf(ProtocolException.class);
        assertThatThrownBy(() -> cache.acquire(5, 65, Access.READ, 1, 0)).isInstanceOf(IllegalArgumentException.class);
    }
}
