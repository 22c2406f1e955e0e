package org.hitotsu.forwarder.backend.stock;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.List;
import org.hitotsu.forwarder.nativecall.Linux;
import org.hitotsu.forwarder.nativecall.NativeMemory;
import org.hitotsu.forwarder.share.pages.TestLoop;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The helper's part is the test's: each rendezvous has the next call's arguments in the region. */
class HelperTest {
    private static final int ENOTTY = 25;

    private final TestLoop loop = new TestLoop();
    private final AgentRegion region;
    private final Notifications notifications;
    private final Helper helper;

    HelperTest() throws Exception {
        region = new AgentRegion();
        int nobody = (int) Linux.memfdCreate("nobody listens");
        notifications = loop.call(() -> new Notifications(loop.context(), nobody, (id, tid, nr, args, foreign) -> {}));
        helper = new Helper(region, notifications);
    }

    @AfterEach
    void close() throws Exception {
        loop.run(notifications::close);
        region.close();
        loop.close();
    }

    private long argument(int index) {
        return NativeMemory.getLong(
                region.local(AgentRegion.controlSlot()) + StockLayout.BOX_ARGS + (long) Long.BYTES * index);
    }

    /** Does the read that the region asks for: one byte, the address's lowest. */
    private void read(long result) {
        long to = NativeMemory.getLong(region.local(argument(1)));
        long address = NativeMemory.getLong(region.local(argument(3)));
        NativeMemory.copyIn(region.local(to), new byte[] {(byte) address}, 0, 1);
        NativeMemory.putLong(region.local(AgentRegion.controlSlot()) + StockLayout.BOX_RESULT, result);
    }

    @Test
    void readsHoweverManyThreadsAreInTheAgent() throws Exception {
        for (int i = 0; i < AgentRegion.SLOTS; i++) {
            region.takeSlot(0);
        }
        List<Future<byte[]>> reads = new ArrayList<>();
        loop.run(() -> {
            for (int i = 1; i <= 3; i++) {
                reads.add(helper.read(9, 0x1000 + i, 1));
            }
            helper.onRendezvous(1);
            read(1);
            helper.onRendezvous(2);
            read(-Linux.EFAULT);
            helper.onRendezvous(3);
            read(1);
            helper.onRendezvous(4);
        });
        assertThat(reads.get(0).result()).containsExactly(1);
        assertThat(reads.get(1).succeeded()).isTrue();
        assertThat(reads.get(1).result()).isNull();
        assertThat(reads.get(2).result()).containsExactly(3);
    }

    /** As where the helper has no place for one more; here nobody listens. */
    @Test
    void aDescriptorThatIsRefusedHoldsNothingUp() throws Exception {
        List<Future<?>> done = new ArrayList<>();
        loop.run(() -> {
            done.add(helper.read(9, 0x1001, 1));
            done.add(helper.pass(0));
            done.add(helper.read(9, 0x1002, 1));
            helper.onRendezvous(1);
            read(1);
            assertThat(done.get(1).isComplete()).isFalse();
            helper.onRendezvous(2);
            assertThat(done.get(1).result()).isEqualTo((long) -ENOTTY);
            read(1);
            helper.onRendezvous(3);
        });
        assertThat((byte[]) done.get(2).result()).containsExactly(2);
    }

    /** Whoever waits for it may hold a file or memory until then. */
    @Test
    void whatTheProgramsEndLeavesUndoneIsLost() throws Exception {
        List<Future<?>> done = new ArrayList<>();
        List<Long> discarded = new ArrayList<>();
        loop.run(() -> {
            helper.onRendezvous(1);
            done.add(helper.exec(Linux.NR_CLOSE, 3));
            done.add(helper.read(9, 0x1001, 1));
            done.add(helper.pass(0));
            helper.discard(new long[] {0x1000}, new long[] {0x1000}, 1, discarded::add);
            assertThat(done).noneMatch(Future::isComplete);
            helper.close();
            done.add(helper.exec(Linux.NR_CLOSE, 3));
        });
        assertThat(done).allMatch(Future::succeeded);
        for (int exec : new int[] {0, 2, 3}) {
            assertThat(done.get(exec).result()).isEqualTo((long) -Linux.ESRCH);
        }
        assertThat(done.get(1).result()).isNull();
        assertThat(discarded).isEmpty();
    }
}
