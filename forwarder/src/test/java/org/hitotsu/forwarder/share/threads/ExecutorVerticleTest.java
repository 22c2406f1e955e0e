package org.hitotsu.forwarder.share.threads;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vertx.core.Promise;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import org.hitotsu.forwarder.backend.ThreadImage;
import org.hitotsu.forwarder.nativecall.Linux;
import org.hitotsu.forwarder.nativecall.Ptrace.Registers;
import org.hitotsu.forwarder.share.pages.InMemoryNetwork;
import org.hitotsu.forwarder.share.proto.ShareMessage.BodyCase;
import org.hitotsu.forwarder.share.proto.SyscallRequest;
import org.hitotsu.forwarder.share.threads.ExecutorVerticle.CallState;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ExecutorVerticleTest {

    private static final int PID = 1000;
    private static final int TID = 1234;
    private static final int GETPPID = 110;
    private static final int MSYNC = 26;
    private static final int LOCK_PI_PRIVATE = 0x86;

    private final OriginFixture origin;
    private final SharedThread thread = new SharedThread(5, TID, OriginFixture.ORIGIN);
    private final ExecutorVerticle executor;

    ExecutorVerticleTest() throws Exception {
        origin = new OriginFixture();
        executor = new ExecutorVerticle(
                origin.network.node(OriginFixture.ORIGIN),
                OriginFixture.KEY,
                thread,
                origin.threads,
                origin.calls,
                origin.priorityPages,
                new AffinityCalls(
                        origin.calls,
                        new ClusterCpus(2, 8, 2),
                        origin.space.processors,
                        origin.space.processors,
                        PID,
                        tid -> tid == TID),
                origin.metrics);
    }

    @BeforeEach
    void threadIsOut() {
        thread.visit(OriginFixture.HOST);
    }

    @AfterEach
    void close() throws Exception {
        origin.close();
    }

    private void request(long sequence, int nr, long... args) throws Exception {
        SyscallRequest.Builder request =
                SyscallRequest.newBuilder().setThreadId(5).setSequence(sequence).setNumber(nr);
        for (int i = 0; i < 6; i++) {
            request.addArguments(i < args.length ? args[i] : 0);
        }
        origin.loop.run(() -> executor.onRequest(request.build()));
        origin.loop.settle();
    }

    private void executed(long result) throws Exception {
        origin.loop.run(() -> executor.onExecuted(result));
        origin.loop.settle();
    }

    /** Sequence and result of each reply sent to the host so far. */
    private List<String> replies() {
        return origin.network.sent().stream()
                .filter(sent -> sent.message().getBodyCase() == BodyCase.SYSCALL_REPLY)
                .peek(sent -> assertThat(sent.to()).isEqualTo(OriginFixture.HOST))
                .map(InMemoryNetwork.Sent::message)
                .peek(message ->
                        assertThat(message.getSyscallReply().getThreadId()).isEqualTo(5))
                .map(message -> message.getSyscallReply().getSequence() + ":"
                        + message.getSyscallReply().getResult())
                .toList();
    }

    @Test
    void deputyExecutesAndTheReplyCarriesTheNumber() throws Exception {
        request(1, GETPPID, 1, 2, 3, 4, 5, 6);
        assertThat(origin.log).containsExactly("deputy 1234 call 110 1 2 3 4 5 6");
        assertThat(replies()).isEmpty();
        executed(-11);
        assertThat(replies()).containsExactly("1:-11");
        request(2, GETPPID);
        executed(77);
        assertThat(replies()).containsExactly("1:-11", "2:77");
        assertThat(thread.syscalls()).isEqualTo(2);
        assertThat(executor.sequence()).isEqualTo(2);
        assertThat(executor.lastResult()).isEqualTo(77);
    }

    /** The deputy is not needed for it: its mask is not the program's. */
    @Test
    void affinityIsAnsweredHereForTheProgramsThreads() throws Exception {
        origin.space.processors.allowed.put(TID, BitSet.valueOf(new byte[] {1}));
        request(1, Linux.NR_SCHED_GETAFFINITY, 0, 8, RecordingProcessors.MEMORY);
        assertThat(replies()).containsExactly("1:8");
        assertThat(origin.space.processors.memory[0]).isEqualTo((byte) 0b1101);
        assertThat(origin.log).isEmpty();
        request(2, Linux.NR_SCHED_GETAFFINITY, 1, 8, RecordingProcessors.MEMORY);
        assertThat(origin.log).containsExactly("deputy 1234 call 204 1 8 1000 0 0 0");
        executed(8);
        assertThat(replies()).containsExactly("1:8", "2:8");
    }

    /** The thread comes home while its mask's page is waited for: it finds the result in its registers. */
    @Test
    void threadThatComesHomeInACallAboutAffinityIsGivenItsResult() throws Exception {
        origin.space.processors.allowed.put(TID, BitSet.valueOf(new byte[] {1}));
        Promise<Boolean> page = Promise.promise();
        origin.space.processors.slowWrite = page.future();
        request(1, Linux.NR_SCHED_GETAFFINITY, 0, 8, RecordingProcessors.MEMORY);
        assertThat(executor.callState(1)).isEqualTo(CallState.WILL_COME);
        boolean[] arrived = new boolean[1];
        origin.loop.run(() -> executor.whenDone(() -> arrived[0] = true));
        origin.loop.run(() -> page.complete(true));
        origin.loop.settle();
        assertThat(arrived[0]).isTrue();
        assertThat(executor.lastResult()).isEqualTo(8);
        assertThat(replies()).isEmpty();
    }

    @Test
    void repeatedRequestIsAnsweredFromTheKeptReply() throws Exception {
        request(1, GETPPID);
        executed(42);
        request(1, GETPPID);
        request(1, GETPPID);
        assertThat(replies()).containsExactly("1:42", "1:42", "1:42");
        assertThat(origin.log).hasSize(1);
        assertThat(thread.syscalls()).isEqualTo(1);
    }

    @Test
    void requestRepeatedWhileItRunsIsAnsweredOnce() throws Exception {
        request(1, GETPPID);
        request(1, GETPPID);
        executed(42);
        assertThat(replies()).containsExactly("1:42");
        assertThat(origin.log).hasSize(1);
    }

    @ParameterizedTest
    @ValueSource(longs = {0, 1, 4, 1000, -1})
    void numberOutOfOrderIsRefused(long sequence) throws Exception {
        request(1, GETPPID);
        executed(1);
        request(2, GETPPID);
        executed(2);
        assertThatThrownBy(() -> request(sequence, GETPPID))
                .isInstanceOf(java.util.concurrent.ExecutionException.class)
                .hasRootCauseInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(Long.toString(sequence));
        assertThat(origin.log).hasSize(2);
    }

    @Test
    void nextRequestBeforeTheReplyIsRefused() throws Exception {
        request(1, GETPPID);
        assertThatThrownBy(() -> request(2, GETPPID)).hasRootCauseInstanceOf(IllegalArgumentException.class);
        assertThat(origin.log).hasSize(1);
        executed(5);
        assertThat(replies()).containsExactly("1:5");
    }

    @Test
    void zeroIsNoNumberOfARequest() {
        assertThatThrownBy(() -> request(0, GETPPID)).hasRootCauseInstanceOf(IllegalArgumentException.class);
        assertThat(origin.log).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 5, 7})
    void numberOfArgumentsIsChecked(int count) {
        SyscallRequest.Builder request =
                SyscallRequest.newBuilder().setThreadId(5).setSequence(1).setNumber(GETPPID);
        for (int i = 0; i < count; i++) {
            request.addArguments(i);
        }
        assertThatThrownBy(() -> executor.onRequest(request.build()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(count + " arguments");
        assertThat(executor.sequence()).isZero();
    }

    /** fork, execve, rt_sigreturn, and numbers that the table lacks, the negative among them. */
    @ParameterizedTest
    @ValueSource(ints = {57, 59, 15, 5000, -1})
    void callThatIsMadeAtHomeIsNotExecutedForAHost(int nr) {
        assertThatThrownBy(() -> request(1, nr)).hasRootCauseInstanceOf(IllegalArgumentException.class);
        assertThat(origin.log).isEmpty();
    }

    @Test
    void exitEndsTheThreadAndHasNoReply() throws Exception {
        request(1, Linux.NR_EXIT, 3);
        assertThat(origin.log).containsExactly("exit 1234 3");
        assertThat(executor.ending()).isTrue();
        assertThat(executor.callState(1)).isEqualTo(CallState.WILL_COME);
        request(1, Linux.NR_EXIT, 3);
        assertThat(origin.log).hasSize(1);
        assertThatThrownBy(() -> request(2, GETPPID)).hasRootCauseInstanceOf(IllegalArgumentException.class);
        assertThat(replies()).isEmpty();
    }

    @Test
    void memoryCallRunsUnderItsRangeAndIsAnsweredWithItsResult() throws Exception {
        origin.hostReads(0x500, 2);
        origin.threads.results.put(Linux.NR_MUNMAP, io.vertx.core.Future.succeededFuture(-22L));
        request(1, Linux.NR_MUNMAP, 0x500000, 0x2000);
        assertThat(origin.log).containsExactly("discard 500 2", "munmap 500000 2000 0 0 0 0", "changed");
        assertThat(replies()).containsExactly("1:-22");
    }

    @Test
    void memoryCallThatFailsHereIsOutOfMemoryThere() throws Exception {
        origin.threads.results.put(Linux.NR_MUNMAP, io.vertx.core.Future.failedFuture("the helper is gone"));
        request(1, Linux.NR_MUNMAP, 0x500000, 0x2000);
        assertThat(replies()).containsExactly("1:" + -Linux.ENOMEM);
    }

    @Test
    void memoryCallThatOnlyTheCallerCanMakeGoesToItsDeputy() throws Exception {
        origin.hostReads(0x500, 1);
        request(1, MSYNC, 0x500000, 0x1000, 4);
        assertThat(origin.log).containsExactly("writeback 500 1", "deputy 1234 call 26 500000 1000 4 0 0 0");
        assertThat(executor.callState(1)).isEqualTo(CallState.IN_DEPUTY);
        executed(0);
        assertThat(origin.log).endsWith("changed");
        assertThat(replies()).containsExactly("1:0");
    }

    /** The thread came home in the call: whether it runs it, awaits it or has its result is told apart. */
    @Test
    void pageOfALockComesHomeForGoodBeforeTheFirstWait() throws Exception {
        origin.hostReads(0x500, 1);
        origin.hostAnswers = false;
        request(1, Linux.NR_FUTEX, 0x500040, LOCK_PI_PRIVATE);
        assertThat(origin.log).containsExactly("writeback 500 1");
        assertThat(executor.callState(1)).isEqualTo(CallState.WILL_COME);
        origin.loop.run(origin::answerRanges);
        origin.loop.settle();
        assertThat(origin.log).containsExactly("writeback 500 1", "kept 500", "deputy 1234 call 202 500040 86 0 0 0 0");
        assertThat(executor.callState(1)).isEqualTo(CallState.IN_DEPUTY);
        executed(0);
        request(2, Linux.NR_FUTEX, 0x500080, LOCK_PI_PRIVATE);
        assertThat(origin.log).hasSize(4).endsWith("deputy 1234 call 202 500080 86 0 0 0 0");
        executed(-4);
        assertThat(replies()).containsExactly("1:0", "2:-4");
    }

    @Test
    void waitWhosePageCameAfterItsThreadWentHomeIsLeftToTheThread() throws Exception {
        origin.hostReads(0x500, 1);
        origin.hostAnswers = false;
        request(1, Linux.NR_FUTEX, 0x500040, LOCK_PI_PRIVATE);
        long[] registers = new long[Registers.COUNT];
        registers[Registers.RIP] = 0x401002;
        registers[Registers.ORIG_RAX] = Linux.NR_FUTEX;
        List<ThreadImage> home = new ArrayList<>();
        origin.loop.run(() -> {
            executor.whenDone(() -> home.add(executor.settled(new ThreadImage(registers, new byte[0]))));
            origin.answerRanges();
        });
        origin.loop.settle();
        assertThat(origin.log).containsExactly("writeback 500 1", "kept 500");
        assertThat(home).hasSize(1);
        assertThat(home.get(0).register(Registers.RIP)).isEqualTo(0x401000);
        assertThat(home.get(0).register(Registers.RAX)).isEqualTo(Linux.NR_FUTEX);
        assertThat(replies()).isEmpty();
    }

    @Test
    void futexThatInheritsNoPriorityKeepsNoPage() throws Exception {
        origin.hostReads(0x500, 1);
        request(1, Linux.NR_FUTEX, 0x500040, 0x80);
        assertThat(origin.log).containsExactly("deputy 1234 call 202 500040 80 0 0 0 0");
    }

    /** Which the kernel refuses. */
    @Test
    void waitOutsideTheAddressSpaceKeepsNoPage() throws Exception {
        request(1, Linux.NR_FUTEX, -4096, LOCK_PI_PRIVATE);
        assertThat(origin.log).containsExactly("deputy 1234 call 202 fffffffffffff000 86 0 0 0 0");
    }

    @Test
    void stateOfACallThatAThreadCameHomeIn() throws Exception {
        assertThat(executor.callState(1)).isEqualTo(CallState.NOT_BEGUN);
        request(1, GETPPID);
        assertThat(executor.callState(1)).isEqualTo(CallState.IN_DEPUTY);
        assertThat(executor.callState(2)).isEqualTo(CallState.NOT_BEGUN);
        executed(9);
        assertThat(executor.callState(1)).isEqualTo(CallState.DONE);
        assertThat(executor.callState(2)).isEqualTo(CallState.NOT_BEGUN);

        Promise<Long> slow = Promise.promise();
        origin.threads.results.put(Linux.NR_MUNMAP, slow.future());
        request(2, Linux.NR_MUNMAP, 0x500000, 0x1000);
        assertThat(executor.callState(2)).isEqualTo(CallState.WILL_COME);
        origin.loop.run(() -> slow.complete(0L));
        origin.loop.settle();
        assertThat(executor.callState(2)).isEqualTo(CallState.DONE);
    }

    @Test
    void whoWaitsForTheResultGetsItInsteadOfTheHost() throws Exception {
        Promise<Long> slow = Promise.promise();
        origin.threads.results.put(Linux.NR_MUNMAP, slow.future());
        request(1, Linux.NR_MUNMAP, 0x500000, 0x1000);
        origin.loop.run(() -> {
            executor.whenDone(() -> origin.log.add("arrived with " + executor.lastResult()));
            slow.complete(-12L);
        });
        origin.loop.settle();
        assertThat(origin.log).endsWith("arrived with -12");
        assertThat(replies()).isEmpty();
        // Only this once.
        request(2, GETPPID);
        executed(1);
        assertThat(replies()).containsExactly("2:1");
    }

    @Test
    void callThatTheThreadTookHomeIsNotAnswered() throws Exception {
        request(1, GETPPID);
        origin.loop.run(executor::callTaken);
        executed(33);
        assertThat(replies()).isEmpty();
        // Out again, it goes on with the next number.
        request(2, GETPPID);
        executed(34);
        assertThat(replies()).containsExactly("2:34");
    }

    /** The range that the call was made under must not stay locked. */
    @Test
    void memoryCallThatTheThreadTookHomeEnds() throws Exception {
        origin.hostReads(0x500, 1);
        request(1, MSYNC, 0x500000, 0x1000, 4);
        origin.loop.run(executor::callTaken);
        origin.loop.settle();
        assertThat(replies()).isEmpty();
        assertThat(origin.log).endsWith("changed");

        origin.hostReads(0x500, 1);
        request(2, Linux.NR_MPROTECT, 0x500000, 0x1000, 1);
        assertThat(replies()).containsExactly("2:0");
        executed(0);
        assertThat(replies()).hasSize(1);
    }

    @Test
    void settledImageStandsBehindTheCall() throws Exception {
        request(1, GETPPID);
        executed(1000);
        long[] registers = new long[Registers.COUNT];
        registers[Registers.RIP] = 0x401000;
        registers[Registers.ORIG_RAX] = GETPPID;
        ThreadImage settled = executor.settled(new ThreadImage(registers, new byte[0]));
        assertThat(settled.register(Registers.RAX)).isEqualTo(1000);
        assertThat(settled.register(Registers.RIP)).isEqualTo(0x401000);
        assertThat(settled.register(Registers.ORIG_RAX)).isEqualTo(-1);
    }
}
