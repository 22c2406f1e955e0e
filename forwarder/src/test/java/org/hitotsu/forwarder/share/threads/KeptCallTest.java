package org.hitotsu.forwarder.share.threads;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import org.hitotsu.forwarder.backend.ThreadImage;
import org.hitotsu.forwarder.nativecall.Ptrace.Registers;
import org.hitotsu.forwarder.share.proto.Homecoming;
import org.hitotsu.forwarder.share.proto.ShareMessage;
import org.hitotsu.forwarder.share.proto.SyscallRequest;
import org.hitotsu.forwarder.share.proto.Transplant;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A thread that is moved while its deputy waits in epoll_wait with a time-out. */
class KeptCallTest {
    private static final int TID = 1000;
    private static final long ID = 1;
    private static final int EPOLL_WAIT = 232;
    private static final int SENDTO = 44;
    private static final int HOST = OriginFixture.HOST;
    private static final int OTHER = 3;
    private static final String EXECUTED = "deputy 1000 call 232 4 1000 1 64 0 0";

    private final RecordingListener listener = new RecordingListener(HOST, OTHER);
    private OriginFixture origin;
    private ThreadMover mover;

    @BeforeEach
    void aThreadInItsCallOnAHost() throws Exception {
        origin = new OriginFixture();
        mover = origin.mover(listener);
        origin.threads.parked = Future.succeededFuture(image(-1, 0));
        move(HOST);
        assertThat(lastTransplant(HOST).getSequence()).isZero();
        callFrom(HOST);
        assertThat(origin.log).containsExactly(EXECUTED);
    }

    @AfterEach
    void close() throws Exception {
        origin.close();
    }

    @Test
    void goesOnToAnotherHostWhileTheDeputyWaitsOn() throws Exception {
        move(OTHER);
        comesFrom(HOST, 1, inCall());
        Transplant transplant = lastTransplant(OTHER);
        assertThat(transplant.getSequence()).isZero();
        assertThat(transplant.getImage().getRegisters(Registers.RIP)).isEqualTo(0x400000);
        assertThat(transplant.getImage().getRegisters(Registers.RAX)).isEqualTo(EPOLL_WAIT);
        callFrom(OTHER);
        assertThat(origin.log).containsExactly(EXECUTED);
        executed(0);
        assertReply(OTHER, 0);
    }

    /** The answer to the call comes before the thread has made it once more. */
    @Test
    void findsTheResultOfACallThatEndedOnTheWay() throws Exception {
        move(OTHER);
        comesFrom(HOST, 1, inCall());
        executed(5);
        callFrom(OTHER);
        assertThat(origin.log).containsExactly(EXECUTED);
        assertReply(OTHER, 5);
    }

    @Test
    void takesTheResultHomeThatItHasNotComeToAskFor() throws Exception {
        move(OTHER);
        comesFrom(HOST, 1, inCall());
        executed(5);
        move(OriginFixture.ORIGIN);
        comesFrom(OTHER, 0, inCall().beforeCall(EPOLL_WAIT));
        assertThat(origin.log).containsExactly(EXECUTED, "resume 1000, rax 5");
    }

    @Test
    void comesFromBehindTheCallAsItIs() throws Exception {
        goesOnToAnotherHostWhileTheDeputyWaitsOn();
        move(OriginFixture.ORIGIN);
        comesFrom(OTHER, 0, image(-1, 100).with(Registers.RAX, 7));
        assertThat(origin.log).containsExactly(EXECUTED, "resume 1000, rax 7");
    }

    /** That it came in a call of one stay says nothing of the next one, which may end before a call that looks the same. */
    @Test
    void makesItsNextCall() throws Exception {
        takesTheResultHomeThatItHasNotComeToAskFor();
        move(HOST);
        move(OriginFixture.ORIGIN);
        comesFrom(HOST, 0, inCall().beforeCall(EPOLL_WAIT));
        assertThat(origin.log).last().isEqualTo("resume 1000, rax 232");
    }

    @Test
    void isBrokenOffByASignalOnTheWay() throws Exception {
        move(OTHER);
        comesFrom(HOST, 1, inCall());
        origin.loop.run(() -> mover.onDeputySignal(TID));
        comesFrom(OTHER, 0, inCall().beforeCall(EPOLL_WAIT));
        assertThat(origin.log).containsExactly(EXECUTED, "resume 1000 in call");
    }

    @Test
    void endsAtHome() throws Exception {
        Future<Void> home = move(OriginFixture.ORIGIN);
        comesFrom(HOST, 1, inCall());
        assertThat(home.succeeded()).isTrue();
        assertThat(thread().place()).isEqualTo(SharedThread.Place.HOME);
        assertThat(thread().node()).isEqualTo(OriginFixture.ORIGIN);
        assertThat(move(OriginFixture.ORIGIN).succeeded()).isTrue();
        assertThat(origin.log).containsExactly(EXECUTED);
        executed(0);
        assertThat(origin.log).containsExactly(EXECUTED, "resume 1000, rax 0");
    }

    /** Another thread makes a call behind which no page may be away; for that it matters where the deputy is. */
    @Test
    void waitsOnWhenNothingMayLeaveAnyMore() throws Exception {
        homebound();
        assertThat(origin.log).containsExactly(EXECUTED);
        comesFrom(HOST, 1, inCall());
        // It is looked again in a moment for who is still away.
        await().until(() -> origin.loop.call(() -> origin.log.contains("proceed 7")));
        assertThat(origin.log).startsWith(EXECUTED).endsWith("proceed 7").noneMatch(line -> line.startsWith("resume"));
        assertThat(move(OTHER).cause()).hasMessage("thread 1000: its program stays at its origin, for it does this");
        executed(0);
        assertThat(origin.log).endsWith("resume 1000, rax 0");
        assertNotSentOut();
    }

    /** What it sends finds no place before the thread reads that is to wait for it. */
    @Test
    void aTransferIsNotWaitedForWhenNothingMayLeaveAnyMore() throws Exception {
        executed(0);
        callFrom(HOST, 2, SENDTO);
        move(OTHER);
        homebound();
        comesFrom(HOST, 2, image(SENDTO, 2));
        await().until(() -> origin.loop.call(() -> origin.log.contains("proceed 7")));
        assertThat(origin.log).noneMatch(line -> line.startsWith("resume"));
        executed(64);
        assertThat(origin.log).endsWith("resume 1000, rax 64");
        assertNotSentOut();
    }

    private void homebound() throws Exception {
        origin.loop.run(() -> mover.onHomebound(7, "does this"));
        origin.loop.settle();
    }

    @Test
    void goesOutAgainFromHome() throws Exception {
        move(OriginFixture.ORIGIN);
        comesFrom(HOST, 1, inCall());
        move(OTHER);
        assertThat(lastTransplant(OTHER).getSequence()).isZero();
        callFrom(OTHER);
        executed(2);
        assertThat(origin.log).containsExactly(EXECUTED);
        assertReply(OTHER, 2);
    }

    /** The call ends before there is a place for its thread. */
    @Test
    void waitsForItsPlaceAtHome() throws Exception {
        move(OriginFixture.ORIGIN);
        comesFrom(HOST, 1, inCall());
        Promise<Void> ready = Promise.promise();
        listener.ready = ready.future();
        Future<Void> moved = move(OTHER);
        executed(0);
        assertThat(origin.log).containsExactly(EXECUTED, "resume 1000, rax 0");
        assertNotSentOut();
        assertThat(moved.isComplete()).isFalse();
        origin.loop.run(ready::complete);
        origin.loop.settle();
        assertThat(moved.succeeded()).isTrue();
        assertThat(lastTransplant(OTHER).getSequence()).isEqualTo(1);
    }

    @Test
    void goesHomeIfItsNextPlaceIsNotReady() throws Exception {
        Promise<Void> ready = Promise.promise();
        listener.ready = ready.future();
        Future<Void> moved = move(OTHER);
        comesFrom(HOST, 1, inCall());
        assertThat(origin.log).containsExactly(EXECUTED, "resume 1000 in call");
        assertNotSentOut();
        origin.loop.run(() -> ready.fail("no memory"));
        origin.loop.settle();
        assertThat(moved.cause()).hasMessage("no memory");
        assertThat(thread().place()).isEqualTo(SharedThread.Place.HOME);
    }

    @Test
    void endsWithItsThread() throws Exception {
        move(OriginFixture.ORIGIN);
        comesFrom(HOST, 1, inCall());
        Promise<Void> ready = Promise.promise();
        listener.ready = ready.future();
        Future<Void> moved = move(OTHER);
        origin.loop.run(() -> mover.onThreadGone(TID));
        origin.loop.run(ready::complete);
        origin.loop.settle();
        assertThat(moved.cause()).hasMessageContaining("has ended");
        assertNotSentOut();
        assertThat(origin.log).containsExactly(EXECUTED);
    }

    @Test
    void isBrokenOffByASignalAtHome() throws Exception {
        move(OriginFixture.ORIGIN);
        comesFrom(HOST, 1, inCall());
        origin.loop.run(() -> mover.onDeputySignal(TID));
        origin.loop.settle();
        assertThat(origin.log).containsExactly(EXECUTED, "resume 1000 in call");
    }

    /** Then it is to wait in its own task, which goes on without us. */
    @Test
    void isMadeAnewWhenTheProgramIsLetGo() throws Exception {
        move(OriginFixture.ORIGIN);
        comesFrom(HOST, 1, inCall());
        origin.loop.run(() -> mover.release());
        origin.loop.settle();
        assertThat(origin.log).contains("resume 1000 in call");
    }

    private SharedThread thread() throws Exception {
        return origin.loop.call(() -> mover.threads().iterator().next());
    }

    private Future<Void> move(int node) throws Exception {
        Future<Void> moved = origin.loop.call(() -> mover.move(TID, node));
        origin.loop.settle();
        return moved;
    }

    private void callFrom(int host) throws Exception {
        callFrom(host, 1, EPOLL_WAIT);
    }

    private void callFrom(int host, long sequence, int number) throws Exception {
        SyscallRequest.Builder request = SyscallRequest.newBuilder()
                .setThreadId(ID)
                .setSequence(sequence)
                .setNumber(number);
        for (long arg : new long[] {4, 0x1000, 1, 100, 0, 0}) {
            request.addArguments(arg);
        }
        origin.loop.run(() -> mover.onSyscall(host, request.build()));
        origin.loop.settle();
    }

    private void comesFrom(int host, long inCall, ThreadImage image) throws Exception {
        Homecoming homecoming = Homecoming.newBuilder()
                .setThreadId(ID)
                .setReason("migrate")
                .setInCall(inCall)
                .setImage(Images.toWire(image))
                .build();
        origin.loop.run(() -> mover.onHomecoming(host, homecoming, new byte[0]));
        origin.loop.settle();
    }

    private void executed(long result) throws Exception {
        origin.loop.run(() -> mover.onExecuted(TID, result));
        origin.loop.settle();
    }

    private Transplant lastTransplant(int to) {
        return last(to).getTransplant();
    }

    private void assertNotSentOut() {
        assertThat(origin.network.sent())
                .noneMatch(sent -> sent.to() == OTHER && sent.message().hasTransplant());
    }

    private void assertReply(int to, long result) {
        assertThat(last(to).getSyscallReply().getSequence()).isEqualTo(1);
        assertThat(last(to).getSyscallReply().getResult()).isEqualTo(result);
    }

    private ShareMessage last(int to) {
        return origin.network.sent().stream()
                .filter(sent -> sent.to() == to)
                .reduce((first, second) -> second)
                .orElseThrow()
                .message();
    }

    private static ThreadImage inCall() {
        return image(EPOLL_WAIT, 2);
    }

    private static ThreadImage image(long call, long behind) {
        ThreadImage image = new ThreadImage(ImagesTest.registers(), new byte[0]);
        return image.with(Registers.ORIG_RAX, call).with(Registers.RIP, 0x400000 + behind);
    }
}
