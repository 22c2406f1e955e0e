package org.hitotsu.forwarder.share.threads;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.hitotsu.forwarder.nativecall.Linux;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Process 1000 with threads 1000 and 1001, processors 0 and 1 at the origin, of which it may use 0, and 2 and 3 elsewhere. */
class AffinityCallsTest {
    private static final long GET = Linux.NR_SCHED_GETAFFINITY;
    private static final long SET = Linux.NR_SCHED_SETAFFINITY;
    private static final int PID = 1000;
    private static final int TID = 1001;
    private static final long AT = RecordingProcessors.MEMORY;

    private final OriginFixture origin;
    private final Set<Integer> threads = new HashSet<>(Set.of(PID, TID));
    private final AffinityCalls calls;

    AffinityCallsTest() throws Exception {
        origin = new OriginFixture();
        calls = new AffinityCalls(
                origin.calls,
                new ClusterCpus(2, 8, 2),
                origin.space.processors,
                origin.space.processors,
                PID,
                threads::contains);
    }

    @BeforeEach
    void confinedToProcessor0() {
        for (int tid : threads) {
            origin.space.processors.allowed.put(tid, BitSet.valueOf(new byte[] {1}));
        }
    }

    @AfterEach
    void close() throws Exception {
        origin.close();
    }

    private @Nullable Long run(long nr, long... args) throws Exception {
        return origin.loop.await(() -> calls.run(TID, nr, Arrays.copyOf(args, 6)));
    }

    private Set<Integer> got() {
        return ClusterCpusTest.numbers(Arrays.copyOf(origin.space.processors.memory, 8));
    }

    private void put(Integer... numbers) {
        System.arraycopy(ClusterCpusTest.mask(8, numbers), 0, origin.space.processors.memory, 0, 8);
    }

    private Set<Integer> told(int pid) throws Exception {
        assertThat(run(GET, pid, 8, AT)).isEqualTo(8);
        return got();
    }

    @Test
    void concernsTheTwoCalls() {
        assertThat(AffinityCalls.concerns(203)).isTrue();
        assertThat(AffinityCalls.concerns(204)).isTrue();
        assertThat(AffinityCalls.concerns(205)).isFalse();
    }

    @Test
    void anyThreadOfTheProgramIsToldOfAllProcessors() throws Exception {
        Arrays.fill(origin.space.processors.memory, (byte) 0xff);
        assertThat(run(GET, 0, 128, AT)).isEqualTo(8);
        assertThat(got()).containsExactly(0, 2, 3);
        assertThat(origin.space.processors.memory[8]).as("behind the answer").isEqualTo((byte) 0xff);
        assertThat(told(TID)).containsExactly(0, 2, 3);
        assertThat(told(PID)).containsExactly(0, 2, 3);
    }

    @Test
    void whatIsAskedOfOtherProcessesTheThreadAsks() throws Exception {
        assertThat(run(GET, 1, 8, AT)).isNull();
        assertThat(run(SET, 1, 8, AT)).isNull();
        assertThat(run(GET, -1, 8, AT)).isNull();
        assertThat(origin.log).isEmpty();
    }

    /** Its first thread has ended, and is a zombie that the kernel finds. */
    @Test
    void processIsKnownByItsNumber() throws Exception {
        threads.remove(PID);
        assertThat(told(PID)).containsExactly(0, 2, 3);
        origin.space.processors.allowed.remove(PID);
        assertThat(run(GET, PID, 8, AT)).isEqualTo(-Linux.ESRCH);
    }

    @Test
    void errorsAreTheKernels() throws Exception {
        assertThat(run(GET, 0, 4, AT)).isEqualTo(-Linux.EINVAL);
        assertThat(run(GET, 0, 9, AT)).isEqualTo(-Linux.EINVAL);
        assertThat(run(GET, 0, 0, 0)).as("before the address").isEqualTo(-Linux.EINVAL);
        assertThat(run(GET, 0, 8, 8)).isEqualTo(-Linux.EFAULT);
        assertThat(run(SET, 0, 8, 8)).isEqualTo(-Linux.EFAULT);
        assertThat(run(SET, 0, 0, 8)).as("nothing read").isEqualTo(-Linux.EINVAL);
        assertThat(run(SET, 0, 16, AT + 4096 - 8))
                .as("no more than a mask is read")
                .isEqualTo(-Linux.EINVAL);
        assertThat(origin.log).isEmpty();
    }

    @Test
    void ownPartOfAMaskIsAppliedAndTheRestRemembered() throws Exception {
        put(0, 1, 3);
        assertThat(run(SET, 0, 8, AT)).isZero();
        assertThat(origin.log).containsExactly("allow 1001 {0, 1}");
        assertThat(told(0)).containsExactly(0, 3);
        assertThat(told(PID)).as("another thread").containsExactly(0, 2, 3);
    }

    @Test
    void maskElsewhereIsTakenAndChangesNothingHere() throws Exception {
        put(2);
        assertThat(run(SET, PID, 8, AT)).isZero();
        assertThat(origin.log).isEmpty();
        assertThat(told(PID)).containsExactly(2);
        put(0, 1, 2, 3);
        assertThat(run(SET, PID, 8, AT)).isZero();
        assertThat(told(PID)).containsExactly(0, 2, 3);
    }

    @Test
    void maskOfWhichTheKernelWantsNothingIsOneElsewhere() throws Exception {
        put(1, 3);
        assertThat(run(SET, 0, 8, AT)).isZero();
        assertThat(told(0)).containsExactly(3);
    }

    @Test
    void maskOfNoProcessorIsRefusedAndForgotten() throws Exception {
        put(4, 63);
        assertThat(run(SET, 0, 8, AT)).isEqualTo(-Linux.EINVAL);
        put();
        assertThat(run(SET, 0, 8, AT)).isEqualTo(-Linux.EINVAL);
        put(1);
        assertThat(run(SET, 0, 8, AT)).as("the kernel's answer").isEqualTo(-Linux.EINVAL);
        assertThat(told(0)).containsExactly(0, 2, 3);
    }

    /** Let go while it waits for its turn, the thread makes the call itself: nothing may be written behind its back. */
    @Test
    void callWhoseThreadIsGoneDoesNothing() throws Exception {
        Promise<Boolean> page = Promise.promise();
        List<Future<@Nullable Long>> made = new ArrayList<>();
        origin.loop.run(() -> {
            origin.space.processors.slowWrite = page.future();
            made.add(calls.run(TID, GET, new long[] {0, 8, AT, 0, 0, 0}));
            made.add(calls.run(TID, SET, new long[] {0, 8, AT, 0, 0, 0}));
        });
        put(0);
        assertThat(made.get(0).isComplete()).isFalse();
        threads.clear();
        origin.loop.run(() -> page.complete(true));
        origin.loop.settle();
        assertThat(made.get(0).result()).isEqualTo(8);
        assertThat(made.get(1).failed()).isTrue();
        assertThat(origin.log).isEmpty();
    }
}
