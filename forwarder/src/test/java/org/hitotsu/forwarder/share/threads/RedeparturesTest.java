package org.hitotsu.forwarder.share.threads;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import org.hitotsu.forwarder.backend.ThreadImage;
import org.hitotsu.forwarder.nativecall.Ptrace.Registers;
import org.hitotsu.forwarder.share.proto.Homecoming;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A thread that placement wants on a host, and that comes home from there. */
class RedeparturesTest {
    private static final int TID = 1000;
    private static final long ID = 1;
    private static final int HOST = OriginFixture.HOST;
    /** Longer than its first stays at home. */
    private static final int SLOW_MILLIS = 60;

    private OriginFixture origin;
    private ThreadMover mover;

    @BeforeEach
    void aThreadOnAHost() throws Exception {
        origin = new OriginFixture();
        mover = origin.mover(new RecordingListener(HOST));
        origin.threads.parked = Future.succeededFuture(image());
        origin.loop.run(() -> mover.move(TID, HOST));
        origin.loop.settle();
        assertThat(departures()).isOne();
    }

    @AfterEach
    void close() throws Exception {
        origin.close();
    }

    private static ThreadImage image() {
        return new ThreadImage(ImagesTest.registers(), new byte[0]).with(Registers.ORIG_RAX, -1);
    }

    private long departures() {
        return origin.network.sent().stream()
                .filter(sent -> sent.to() == HOST && sent.message().hasTransplant())
                .count();
    }

    private void comesHome(String reason) throws Exception {
        Homecoming homecoming = Homecoming.newBuilder()
                .setThreadId(ID)
                .setReason(reason)
                .setImage(Images.toWire(image()))
                .build();
        origin.loop.run(() -> mover.onHomecoming(HOST, homecoming, new byte[0]));
        origin.loop.settle();
    }

    @Test
    void leavesAgain() throws Exception {
        comesHome("signal");
        await().until(() -> departures() == 2);
    }

    /** Its deputy is in a call that can't be interrupted, and the pause at home would be over by then. */
    @Test
    void leavesAgainWhenItsWayHomeTakesLong() throws Exception {
        Promise<Void> resumed = Promise.promise();
        origin.threads.resumed = resumed.future();
        comesHome("signal");
        origin.loop.run(() -> origin.loop.context().owner().setTimer(SLOW_MILLIS, timer -> resumed.complete()));
        await().until(() -> departures() == 2);
    }

    @Test
    void triesAgainWhenItCantLeave() throws Exception {
        Promise<ThreadImage> parking = Promise.promise();
        origin.threads.parked = parking.future();
        comesHome("signal");
        await().until(() -> origin.loop.call(() -> thread().place() == SharedThread.Place.LEAVING));
        origin.threads.parked = Future.succeededFuture(image());
        origin.loop.run(() -> parking.fail("is in a call that can't be interrupted"));
        await().until(() -> departures() == 2);
    }

    @Test
    void staysWhereItWasAskedToGo() throws Exception {
        origin.loop.run(() -> mover.move(TID, OriginFixture.ORIGIN));
        comesHome("migrate");
        assertStays();
    }

    @Test
    void staysIfTheHostHasNoPlaceForIt() throws Exception {
        comesHome(CaptureVerticle.NO_PLACE);
        assertStays();
    }

    /** In the time that the first stays at home take. */
    private void assertStays() throws Exception {
        Promise<Void> later = Promise.promise();
        origin.loop.run(() -> origin.loop.context().owner().setTimer(SLOW_MILLIS, timer -> later.complete()));
        await().until(later.future()::isComplete);
        assertThat(origin.loop.call(() -> thread().place())).isEqualTo(SharedThread.Place.HOME);
        assertThat(departures()).isOne();
    }

    private SharedThread thread() {
        return mover.threads().iterator().next();
    }
}
