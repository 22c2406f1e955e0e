package org.hitotsu.forwarder.share.threads;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.Future;
import java.util.List;
import org.hitotsu.forwarder.nativecall.Linux;
import org.hitotsu.forwarder.share.proto.PageOperation;
import org.hitotsu.forwarder.share.proto.ShareMessage;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ThreadMoverTest {
    private static final int TID = 1000;
    private static final int OTHER = 3;

    private final RecordingListener listener = new RecordingListener();
    private OriginFixture origin;
    private ThreadMover mover;

    @BeforeEach
    void aProgramOfOneThread() throws Exception {
        origin = new OriginFixture();
        mover = origin.mover(listener);
    }

    @AfterEach
    void close() throws Exception {
        origin.close();
    }

    /** It is never parked: the program ends first. */
    @Test
    void everyMoveIsAnsweredWhenTheProgramEnds() throws Exception {
        Future<Void> first = origin.loop.call(() -> mover.move(TID, OriginFixture.HOST));
        Future<Void> second = origin.loop.call(() -> mover.move(TID, OTHER));
        Future<Void> third = origin.loop.call(() -> mover.move(TID, OriginFixture.HOST));
        origin.loop.run(mover::onProcessEnded);
        origin.loop.settle();
        for (Future<Void> move : List.of(first, second, third)) {
            assertThat(move.failed()).isTrue();
            assertThat(move.cause()).hasMessageContaining("has ended");
        }
        assertThat(listener.ended).isEqualTo(1);
    }

    @Test
    void fromACallThatUsesPagesDirectlyNothingLeavesTheOriginAnyMore() throws Exception {
        origin.hostReads(0x500, 1);
        origin.hostAnswers = false;
        origin.loop.run(() -> mover.onHomebound(TID, "does this"));
        origin.loop.settle();
        assertThat(origin.log).as("waits for all pages").noneMatch(line -> line.startsWith("proceed"));
        origin.loop.run(origin::answerRanges);
        origin.loop.settle();
        assertThat(origin.log).endsWith("proceed 1000");
        assertThat(mover.homebound()).isEqualTo("its program stays at its origin, for it does this");
        Future<Void> move = origin.loop.call(() -> mover.move(TID, OriginFixture.HOST));
        assertThat(move.cause()).hasMessage("thread 1000: its program stays at its origin, for it does this");
        origin.log.clear();
        origin.loop.run(() -> mover.onHomebound(TID, "does that"));
        origin.loop.settle();
        assertThat(origin.log).endsWith("proceed 1000");
    }

    /** Of a thread that has gone home meanwhile: sent before it did, or kept for the end of the lock. */
    @Test
    void thenNoPageIsGivenToARequestThatComesLate() throws Exception {
        origin.loop.run(() -> mover.onHomebound(TID, "does this"));
        origin.loop.settle();
        origin.hostReads(0x500, 1);
        assertThat(origin.network.sent()).noneMatch(sent -> granted(sent.message()));
        assertThat(origin.memory.trackedPages()).isZero();
    }

    private static boolean granted(ShareMessage message) {
        return message.hasPages() && message.getPages().getOperationList().contains(PageOperation.GRANT_READ);
    }

    @Test
    void aProgramThatDidSoBeforeItWasSharedStaysHome() throws Exception {
        origin.space.homebound = "did this";
        ThreadMover other = origin.mover(listener);
        origin.loop.settle();
        Future<Void> move = origin.loop.call(() -> other.move(TID, OriginFixture.HOST));
        assertThat(move.cause()).hasMessageContaining("for it did this");
    }

    @Test
    void aKeyIsGivenToMemoryWhenAllIsHomeForGood() throws Exception {
        origin.hostReads(0x500, 1);
        origin.hostAnswers = false;
        long[] args = {0x510000, 0x1000, 1, 7, 0, 0};
        origin.loop.run(() -> mover.onMemoryCall(TID, Linux.NR_PKEY_MPROTECT, args));
        origin.loop.settle();
        assertThat(origin.log).as("waits for all pages").noneMatch(line -> line.startsWith("pkey_mprotect"));
        origin.loop.run(origin::answerRanges);
        origin.loop.settle();
        assertThat(origin.log).contains("pkey_mprotect 510000 1000 1 7 0 0");
        assertThat(mover.homebound())
                .isEqualTo("its program stays at its origin, for it has memory with protection keys");
    }

    @ParameterizedTest
    @ValueSource(longs = {0, -1})
    void memoryWithoutAKeyMayBeAnywhere(long key) throws Exception {
        long[] args = {0x510000, 0x1000, 1, key, 0, 0};
        origin.loop.run(() -> mover.onMemoryCall(TID, Linux.NR_PKEY_MPROTECT, args));
        origin.loop.settle();
        assertThat(origin.log).anyMatch(line -> line.startsWith("pkey_mprotect 510000 1000 1 "));
        assertThat(mover.homebound()).isNull();
    }

    @Test
    void priorityWaitAtHomeProceedsWhenItsPageIsHere() throws Exception {
        origin.hostReads(0x500, 1);
        origin.hostAnswers = false;
        origin.loop.run(() -> mover.onFutexWords(TID, 0x500040));
        origin.loop.settle();
        assertThat(origin.log).containsExactly("writeback 500 1");
        origin.loop.run(origin::answerRanges);
        origin.loop.settle();
        assertThat(origin.log).containsExactly("writeback 500 1", "kept 500", "proceed 1000");
        origin.loop.run(() -> mover.onFutexWords(TID, 0x500040));
        assertThat(origin.log).hasSize(4).endsWith("proceed 1000");
    }

    @Test
    void allWordsOfAFutexCallAreKept() throws Exception {
        origin.hostReads(0x500, 2);
        origin.loop.run(() -> mover.onFutexWords(TID, 0x500040, 0x501000));
        origin.loop.settle();
        assertThat(origin.log)
                .containsExactly("writeback 500 1", "kept 500", "writeback 501 1", "kept 501", "proceed 1000");
    }

    @Test
    void aTiedThreadIsRefusedToLeave() throws Exception {
        origin.threads.stays.put(TID, "has a filter");
        Future<Void> move = origin.loop.call(() -> mover.move(TID, OriginFixture.HOST));
        assertThat(move.cause()).hasMessage("thread 1000: stays at its origin, for it has a filter");
        Future<Void> home = origin.loop.call(() -> mover.move(TID, OriginFixture.ORIGIN));
        assertThat(home.succeeded()).isTrue();
    }

    @Test
    void theKernelEndsAThreadWithAllPagesHere() throws Exception {
        origin.hostReads(0x500, 1);
        origin.hostAnswers = false;
        origin.loop.run(() -> mover.onExit(TID));
        origin.loop.settle();
        assertThat(origin.log).hasSize(1).first().asString().startsWith("writeback 0 ");
        origin.loop.run(origin::answerRanges);
        origin.loop.settle();
        assertThat(origin.log).endsWith("end 1000");
    }

    @Test
    void aProgramThatIsLeftAloneIsReleased() throws Exception {
        origin.loop.run(mover::onLeft);
        assertThat(listener.released).isEqualTo(1);
        assertThat(listener.ended).isZero();
    }
}
