package org.hitotsu.coherence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

/** Node 1 is the origin. */
class PageDirectoryTest {

    private final RecordedDirectoryActions actions = new RecordedDirectoryActions();
    private final PageDirectory<String> directory = new PageDirectory<>(1, actions, 2);

    private void ask(int node, long page, Access access) {
        directory.onRequest(node, page, 1, access, 0);
    }

    /** Gives a page to a node for writing. */
    private void own(int node, long page) {
        ask(node, page, Access.WRITE);
        directory.onRecallReply(1, page, false, "d");
        actions.take();
    }

    /** Gives read copies of a page, which the origin then has not, to nodes 2 and 3. */
    private void shareAway(long page) {
        own(2, page);
        ask(3, page, Access.READ);
        directory.onRecallReply(2, page, true, "d");
        actions.take();
    }

    @Test
    void aReadTakesACopyAndAWriteTakesThePage() {
        ask(2, 5, Access.READ);
        directory.onRecallReply(1, 5, true, "d");
        assertThat(actions.take()).containsExactly("to 1: recall 5 share data", "to 2: grant 5 READ d");

        ask(3, 5, Access.WRITE);
        assertThat(actions.take()).containsExactly("to 1: recall 5 invalidate data", "to 2: recall 5 invalidate");

        directory.onRecallReply(1, 5, false, "d");
        assertThat(actions.take()).as("one invalidation is not answered").isEmpty();

        directory.onRecallReply(2, 5, false, null);
        assertThat(actions.take()).containsExactly("to 3: grant 5 WRITE d");
        assertThat(directory.ownedBy(3)).isEqualTo(1);
    }

    @Test
    void anUpgradeMovesNoContents() {
        ask(2, 5, Access.READ);
        directory.onRecallReply(1, 5, true, "d");
        ask(2, 5, Access.WRITE);
        directory.onRecallReply(1, 5, false, null);
        assertThat(actions.take())
                .containsExactly(
                        "to 1: recall 5 share data",
                        "to 2: grant 5 READ d",
                        "to 1: recall 5 invalidate",
                        "to 2: grant 5 WRITE null");
    }

    @Test
    void aPageWhichComesHomeIsForgotten() {
        own(2, 5);
        ask(1, 5, Access.WRITE);
        directory.onRecallReply(2, 5, false, "d");
        assertThat(actions.take()).containsExactly("to 2: recall 5 invalidate data", "to 1: grant 5 WRITE d");
        assertThat(directory.trackedPages()).isZero();
    }

    @Test
    void requestsForAPageAreServedInTheirOrder() {
        ask(2, 5, Access.READ);
        ask(3, 5, Access.WRITE);
        ask(2, 5, Access.WRITE);
        ask(4, 5, Access.READ);
        assertThat(actions.take()).containsExactly("to 1: recall 5 share data");

        directory.onRecallReply(1, 5, true, "a");
        assertThat(actions.take())
                .containsExactly("to 2: grant 5 READ a", "to 1: recall 5 invalidate data", "to 2: recall 5 invalidate");

        directory.onRecallReply(2, 5, false, null);
        directory.onRecallReply(1, 5, false, "a");
        assertThat(actions.take()).containsExactly("to 3: grant 5 WRITE a", "to 3: recall 5 invalidate data");

        directory.onRecallReply(3, 5, false, "b");
        assertThat(actions.take()).containsExactly("to 2: grant 5 WRITE b", "to 2: recall 5 share data");

        directory.onRecallReply(2, 5, true, "c");
        assertThat(actions.take()).containsExactly("to 4: grant 5 READ c");
    }

    @Test
    void hintsAreServedOnlyWhereTheyDisturbNobody() {
        own(3, 6);
        ask(3, 7, Access.READ);
        actions.take();

        // 5 is demanded, 6 is another node's, 7 is being served, 8 is at home.
        directory.onRequest(2, 5, 4, Access.READ, 0);
        assertThat(actions.take())
                .containsExactly("to 1: recall 5 share data", "to 1: recall 8 share data", "to 2: decline 5 110");

        directory.onDenied(1, 8, 11);
        assertThat(actions.take()).as("a hint is not worth a denial").containsExactly("to 2: decline 8 1");
    }

    @Test
    void theOriginMayAskAheadForPagesOfOneNode() {
        own(2, 5);
        own(2, 6);
        directory.onRequest(1, 5, 2, Access.READ, 0);
        assertThat(actions.take()).containsExactly("to 2: recall 5 share data", "to 2: recall 6 share data");
    }

    @Test
    void aDenialAnswersOneRequestAndTheNextIsServed() {
        ask(2, 5, Access.WRITE);
        ask(3, 5, Access.READ);
        actions.take();
        directory.onDenied(1, 5, 11);
        assertThat(actions.take()).containsExactly("to 2: deny 5 WRITE 11", "to 1: recall 5 share data");
    }

    @Test
    void aDeniedUpgradeLeavesTheCopies() {
        ask(2, 5, Access.READ);
        directory.onRecallReply(1, 5, true, "d");
        ask(3, 5, Access.READ);
        directory.onRecallReply(1, 5, true, "d");
        ask(2, 5, Access.WRITE);
        actions.take();

        directory.onDenied(1, 5, 11);
        assertThat(actions.take()).isEmpty();
        directory.onRecallReply(3, 5, false, null);
        assertThat(actions.take()).containsExactly("to 2: deny 5 WRITE 11");

        ask(3, 5, Access.WRITE);
        assertThat(actions.take()).containsExactly("to 1: recall 5 invalidate data", "to 2: recall 5 invalidate");
    }

    @Test
    void refusalsAreAnsweredWithoutAPage() {
        directory.refuse(2, 5, Access.WRITE, 11);
        directory.refuseHints(2, 6, 3);
        assertThat(actions.take()).containsExactly("to 2: deny 5 WRITE 11", "to 2: decline 6 111");
        assertThat(directory.trackedPages()).isZero();
    }

    @Test
    void aLockBringsWrittenPagesHome() {
        own(2, 5);
        own(3, 6);
        directory.lockRange(0, 100, RangeUse.WRITEBACK, 7);
        assertThat(actions.take()).containsExactly("to 2: range 0+100 data 1", "to 3: range 0+100 data 1");

        directory.onWriteback(2, 5, "five");
        directory.onRangeReply(2, 1);
        directory.onWriteback(3, 6, "six");
        assertThat(actions.take()).containsExactly("restore 5 five", "restore 6 six");

        directory.onRangeReply(3, 1);
        assertThat(actions.take()).containsExactly("home 0+100 unprotect 2");
        assertThat(directory.trackedPages()).isZero();

        directory.onRangeReply(1, 2);
        assertThat(actions.take()).containsExactly("ready 7");
    }

    @Test
    void aLockFetchesContentsOfWhichTheOriginHasNoCopy() {
        shareAway(5);
        directory.lockRange(5, 1, RangeUse.WRITEBACK, 7);
        assertThat(actions.take())
                .containsExactly("to 3: recall 5 invalidate data", "to 2: range 5+1 data 1", "to 3: range 5+1 data 1");

        directory.onRecallReply(3, 5, false, "d");
        directory.onRangeReply(3, 1);
        directory.onRangeReply(2, 1);
        assertThat(actions.take()).containsExactly("restore 5 d", "home 5+1 unprotect 2");
    }

    /** Two pages a piece, and a second one while the first is under way. */
    @Test
    void aLargeRangeIsTakenAwayPieceByPiece() {
        shareAway(5);
        own(2, 6);
        ask(3, 7, Access.READ);
        directory.onRecallReply(1, 7, true, "d");
        shareAway(8);
        own(3, 20);
        own(2, 21);
        own(2, 90);
        actions.take();
        directory.lockRange(0, 100, RangeUse.WRITEBACK, 7);
        assertThat(actions.take())
                .containsExactly(
                        "to 3: recall 5 invalidate data",
                        "to 2: range 0+7 data 1",
                        "to 3: range 0+7 data 1",
                        "to 3: recall 8 invalidate data",
                        "to 2: range 7+14 data 2",
                        "to 3: range 7+14 data 2");

        // The second piece is home first.
        directory.onRecallReply(3, 8, false, "eight");
        directory.onWriteback(3, 20, "twenty");
        directory.onRangeReply(3, 2);
        assertThat(actions.take()).containsExactly("restore 8 eight", "restore 20 twenty");
        directory.onRangeReply(2, 2);
        assertThat(actions.take()).containsExactly("to 2: range 21+79 data 3");

        directory.onWriteback(2, 21, "a");
        directory.onWriteback(2, 90, "b");
        directory.onRangeReply(2, 3);
        directory.onWriteback(2, 6, "six");
        directory.onRangeReply(2, 1);
        directory.onRecallReply(3, 5, false, "five");
        actions.take();
        directory.onRangeReply(3, 1);
        assertThat(actions.take()).containsExactly("home 0+100 unprotect 4");
        directory.onRangeReply(1, 4);
        assertThat(actions.take()).containsExactly("ready 7");
    }

    @Test
    void locksHaveTheirTurnsAndTogetherBringNoMoreThanOne() {
        for (long page = 0; page < 12; page++) {
            own(2, page);
        }
        directory.lockRange(0, 8, RangeUse.WRITEBACK, 7);
        directory.lockRange(8, 1, RangeUse.WRITEBACK, 8);
        directory.lockRange(9, 3, RangeUse.DISCARD, 9);
        assertThat(actions.take())
                .as("what throws contents away need not wait")
                .containsExactly("to 2: range 0+2 data 1", "to 2: range 2+2 data 2", "to 2: range 9+3 3");

        directory.onWriteback(2, 0, "d");
        directory.onWriteback(2, 1, "d");
        directory.onRangeReply(2, 1);
        assertThat(actions.take()).containsExactly("restore 0 d", "restore 1 d", "to 2: range 4+2 data 4");

        directory.onWriteback(2, 2, "d");
        directory.onWriteback(2, 3, "d");
        directory.onRangeReply(2, 2);
        assertThat(actions.take()).containsExactly("restore 2 d", "restore 3 d", "to 2: range 8+1 data 5");

        directory.onWriteback(2, 8, "d");
        directory.onRangeReply(2, 5);
        assertThat(actions.take()).containsExactly("restore 8 d", "home 8+1 unprotect 6", "to 2: range 6+2 data 7");
    }

    @Test
    void pagesOfALostNodeAreFetchedFromAnotherIfTheirPieceHasNotBegun() {
        for (long page = 0; page < 6; page++) {
            shareAway(page);
        }
        directory.lockRange(0, 6, RangeUse.WRITEBACK, 7);
        actions.take();
        directory.onNodeLost(3);
        assertThat(actions.take()).as("node 2 has not answered").isEmpty();
        directory.onRangeReply(2, 1);
        assertThat(actions.take())
                .containsExactly(
                        "to 2: recall 4 invalidate data", "to 2: recall 5 invalidate data", "to 2: range 4+2 data 3");

        directory.onRecallReply(2, 4, false, "d");
        directory.onRecallReply(2, 5, false, "d");
        directory.onRangeReply(2, 3);
        actions.take();
        directory.onRangeReply(2, 2);
        assertThat(actions.take())
                .as("the pieces which had begun took the other copy away as clean")
                .containsExactly("lost 0", "lost 1", "lost 2", "lost 3", "home 0+6 unprotect 4");
    }

    @Test
    void aPieceOfWhichOnlyALostNodeHadPagesIsFollowedByTheNext() {
        for (long page = 0; page < 4; page++) {
            own(3, page);
        }
        own(2, 4);
        directory.lockRange(0, 5, RangeUse.WRITEBACK, 7);
        assertThat(actions.take()).containsExactly("to 3: range 0+2 data 1", "to 3: range 2+2 data 2");
        directory.onNodeLost(3);
        assertThat(actions.take()).containsExactly("to 2: range 4+1 data 3");
        directory.onWriteback(2, 4, "d");
        directory.onRangeReply(2, 3);
        assertThat(actions.take())
                .containsExactly("restore 4 d", "lost 0", "lost 1", "lost 2", "lost 3", "home 0+5 unprotect 4");
    }

    @Test
    void discardThrowsAwayEvenWhatIsBeingFetched() {
        own(2, 5);
        ask(3, 5, Access.WRITE);
        actions.take();
        directory.lockRange(5, 1, RangeUse.DISCARD, 7);
        directory.onRecallReply(2, 5, false, "d");
        directory.onRangeReply(2, 1);
        directory.onRangeReply(1, 2);
        assertThat(actions.take()).containsExactly("to 2: range 5+1 1", "home 5+1 2", "ready 7");

        directory.unlockRange(7);
        assertThat(actions.take()).containsExactly("retry 3 5+1 WRITE");
    }

    @Test
    void aLockWaitsForTheOriginsAnswers() {
        ask(2, 5, Access.WRITE);
        actions.take();
        directory.lockRange(5, 1, RangeUse.WRITEBACK, 7);
        directory.onRecallReply(1, 5, false, "d");
        directory.onRangeReply(1, 1);
        assertThat(actions.take()).containsExactly("to 1: range 5+1 data 1", "restore 5 d", "home 5+1 unprotect 2");
    }

    @Test
    void requestsWaitOutsideOfALockAndTheOriginsAreAnsweredByIt() {
        own(2, 5);
        ask(1, 5, Access.READ);
        ask(3, 5, Access.READ);
        actions.take();
        directory.lockRange(0, 10, RangeUse.DISCARD, 7);
        directory.onRequest(4, 3, 3, Access.WRITE, 0);
        ask(1, 5, Access.WRITE);
        directory.refuse(1, 5, Access.WRITE, 11);
        directory.refuseHints(1, 6, 2);
        assertThat(actions.take()).containsExactly("to 2: range 0+10 1", "to 4: decline 3 110");

        directory.onRecallReply(2, 5, true, "d");
        directory.onRangeReply(2, 1);
        directory.onRangeReply(1, 2);
        directory.unlockRange(7);
        assertThat(actions.take()).containsExactly("home 0+10 2", "ready 7", "retry 3 5+1 READ", "retry 4 3+1 WRITE");
    }

    @Test
    void overlappingLocksFollowEachOther() {
        directory.lockRange(0, 10, RangeUse.DISCARD, 7);
        directory.lockRange(5, 10, RangeUse.DISCARD, 8);
        directory.lockRange(12, 10, RangeUse.DISCARD, 9);
        directory.lockRange(30, 1, RangeUse.DISCARD, 10);
        assertThat(actions.take()).containsExactly("home 0+10 1", "home 30+1 2");
        assertThat(directory.isLocked(9)).isTrue();
        assertThat(directory.isLocked(10)).as("only waited for").isFalse();

        directory.onRangeReply(1, 1);
        directory.unlockRange(7);
        assertThat(actions.take()).containsExactly("ready 7", "home 5+10 3");

        directory.onRangeReply(1, 3);
        directory.unlockRange(8);
        assertThat(actions.take()).containsExactly("ready 8", "home 12+10 4");
        assertThat(directory.locks()).isEqualTo(2);
    }

    @Test
    void onlyAReadyLockIsUnlocked() {
        directory.lockRange(0, 10, RangeUse.DISCARD, 7);
        assertThatThrownBy(() -> directory.unlockRange(7)).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> directory.unlockRange(8)).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> directory.lockRange(50, 1, RangeUse.DISCARD, 7))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> directory.onRangeReply(1, 7))
                .as("the name of the lock is not that of the message")
                .isInstanceOf(ProtocolException.class);
    }

    @Test
    void aLostOwnerTakesThePageWithItAndTheNextIsServedFromTheOrigin() {
        own(2, 5);
        ask(3, 5, Access.READ);
        actions.take();
        directory.onNodeLost(2);
        assertThat(actions.take()).containsExactly("lost 5", "to 1: recall 5 share data");
    }

    @Test
    void aLostSourceIsReplacedByAnotherCopy() {
        shareAway(5);
        ask(4, 5, Access.READ);
        assertThat(actions.take()).containsExactly("to 2: recall 5 share data");
        directory.onNodeLost(2);
        assertThat(actions.take()).containsExactly("to 3: recall 5 share data");
        directory.onNodeLost(3);
        assertThat(actions.take()).containsExactly("lost 5", "to 1: recall 5 share data");
    }

    @Test
    void aLostCopyCountsAsInvalidated() {
        shareAway(5);
        ask(2, 5, Access.WRITE);
        actions.take();
        directory.onNodeLost(3);
        assertThat(actions.take()).containsExactly("to 2: grant 5 WRITE null");
    }

    @Test
    void contentsForALostRequesterGoToTheOrigin() {
        own(2, 5);
        ask(3, 5, Access.WRITE);
        actions.take();
        directory.onNodeLost(3);
        directory.onRecallReply(2, 5, false, "d");
        assertThat(actions.take()).containsExactly("restore 5 d");
        assertThat(directory.trackedPages()).isZero();
    }

    @Test
    void aLostNodeIsNotWaitedForByALock() {
        own(2, 5);
        own(3, 6);
        directory.lockRange(0, 10, RangeUse.WRITEBACK, 7);
        ask(2, 5, Access.READ);
        directory.onWriteback(3, 6, "six");
        directory.onRangeReply(3, 1);
        actions.take();
        directory.onNodeLost(2);
        assertThat(actions.take()).containsExactly("lost 5", "home 0+10 unprotect 2");

        directory.onRangeReply(1, 2);
        directory.unlockRange(7);
        assertThat(actions.take()).as("nothing is retried for it").containsExactly("ready 7");
    }

    @Test
    void theOriginIsNeverLost() {
        assertThatThrownBy(() -> directory.onNodeLost(1)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void tellsTheAgeOfTheOldestRequest() {
        directory.onRequest(2, 5, 1, Access.READ, 1_000);
        directory.onRequest(2, 6, 1, Access.READ, 3_000);
        assertThat(directory.oldestRequestNanos(5_000)).isEqualTo(4_000);
        directory.onRecallReply(1, 5, true, "d");
        assertThat(directory.oldestRequestNanos(5_000)).isEqualTo(2_000);
    }

    @Test
    void requestsOutsideOfTheAddressSpaceAreRefused() {
        assertThatThrownBy(() -> ask(2, Pages.LIMIT, Access.READ)).isInstanceOf(ProtocolException.class);
        assertThatThrownBy(() -> ask(2, -1, Access.READ)).isInstanceOf(ProtocolException.class);
        assertThatThrownBy(() -> directory.onRequest(2, 5, 65, Access.READ, 0)).isInstanceOf(ProtocolException.class);
        assertThatThrownBy(() -> directory.onRequest(2, 5, 0, Access.READ, 0)).isInstanceOf(ProtocolException.class);
    }
}
