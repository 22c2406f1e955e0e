package org.hitotsu.forwarder.share.threads;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.List;
import org.hitotsu.forwarder.backend.ShadowThreads;
import org.hitotsu.forwarder.backend.ThreadImage;
import org.hitotsu.forwarder.metrics.Metrics;
import org.hitotsu.forwarder.nativecall.Ptrace.Registers;
import org.hitotsu.forwarder.share.pages.InMemoryNetwork;
import org.hitotsu.forwarder.share.pages.TestLoop;
import org.hitotsu.forwarder.share.proto.Homecoming;
import org.hitotsu.forwarder.share.proto.Transplant;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class CaptureVerticleTest {

    private static final int CS = 17;
    private static final int SS = 20;

    /** Makes a thread as long as there is a place. */
    private static final class Shadow implements ShadowThreads {
        int places = 1;
        int made;
        final List<String> resumed = new ArrayList<>();

        @Override
        public void events(Events events) {}

        @Override
        public Future<Integer> create() {
            return made < places ? Future.succeededFuture(100 + made++) : Future.failedFuture("full");
        }

        @Override
        public void resume(int tid, ThreadImage image) {
            resumed.add(tid + " " + image.register(Registers.RIP));
        }

        @Override
        public Future<Parked> park(int tid) {
            return Future.failedFuture("none runs");
        }

        @Override
        public boolean inject(int tid, long result) {
            return false;
        }

        @Override
        public void remove(int tid) {}
    }

    private final TestLoop loop = new TestLoop();
    private final InMemoryNetwork network = new InMemoryNetwork(loop.context());
    private final Shadow shadow = new Shadow();
    private final CaptureVerticle capture = new CaptureVerticle(
            network.node(OriginFixture.HOST),
            OriginFixture.KEY,
            shadow,
            new CaptureVerticle.Listener() {
                @Override
                public void onShadowGone(String why) {}

                @Override
                public void onRunsHere(int tid) {}

                @Override
                public void onLeft(int tid) {}
            },
            new Metrics(new SimpleMeterRegistry()));

    @AfterEach
    void close() throws Exception {
        loop.close();
    }

    private void arrive(long id, long rip) throws Exception {
        long[] registers = new long[Registers.COUNT];
        registers[Registers.RIP] = rip;
        registers[Registers.ORIG_RAX] = -1;
        registers[CS] = 0x33;
        registers[SS] = 0x2b;
        Transplant transplant = Transplant.newBuilder()
                .setThreadId(id)
                .setSequence(4)
                .setImage(Images.toWire(new ThreadImage(registers, new byte[0])))
                .build();
        loop.run(() -> capture.onTransplant(transplant, new byte[] {7, 8}));
        loop.settle();
    }

    @Test
    void threadForWhichThereIsNoPlaceGoesStraightHome() throws Exception {
        loop.run(() -> {
            capture.addThread(1);
            capture.addThread(2);
        });
        arrive(1, 0x111);
        arrive(2, 0x222);
        assertThat(shadow.resumed).containsExactly("100 " + 0x111);
        assertThat(network.sent()).hasSize(1);
        InMemoryNetwork.Sent sent = network.sent().get(0);
        Homecoming homecoming = sent.message().getHomecoming();
        assertThat(sent.to()).isEqualTo(OriginFixture.KEY.origin());
        assertThat(homecoming.getThreadId()).isEqualTo(2);
        assertThat(homecoming.getReason()).isEqualTo(CaptureVerticle.NO_PLACE);
        assertThat(homecoming.getInCall()).isZero();
        ThreadImage image = Images.fromWire(homecoming.getImage(), sent.payload());
        assertThat(image.register(Registers.RIP)).isEqualTo(0x222);
        assertThat(image.xstate()).containsExactly(7, 8);
    }

    @Test
    void itIsTriedAgainWhenItComesAgain() throws Exception {
        shadow.places = 0;
        loop.run(() -> capture.addThread(1));
        arrive(1, 0x111);
        assertThat(shadow.resumed).isEmpty();
        shadow.places = 1;
        arrive(1, 0x222);
        assertThat(shadow.resumed).containsExactly("100 " + 0x222);
        assertThat(network.sent()).hasSize(1);
    }

    @Test
    void oneThatHasEndedMeanwhileIsNotSentHome() throws Exception {
        shadow.places = 0;
        loop.run(() -> {
            capture.addThread(1);
            capture.removeThread(1);
        });
        arrive(1, 0x111);
        assertThat(network.sent()).isEmpty();
    }
}
