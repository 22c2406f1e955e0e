package org.hitotsu.forwarder.backend.patched;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.Future;
import org.hitotsu.bpf.CaptureEvent.Type;
import org.hitotsu.forwarder.backend.ThreadImage;
import org.hitotsu.forwarder.nativecall.Linux;
import org.junit.jupiter.api.Test;

/** What calls at whose entry a thread waits mean, and when they are over. */
class CapturedCallsTest extends PatchedOriginFixture {
    @Test
    void whatDoesNotTravelTiesAThreadAndThoseItMayHaveMade() throws Exception {
        calls(5, 157, 59, 1);
        assertThat(threads.isCaptured(TID)).isFalse();
        assertThat(threads.stays(TID)).isNotNull();
        assertThat(threads.stays(PID)).isNull();
        assertThat(loop.call(() -> threads.park(TID)).cause()).hasMessageContaining("stays at its origin");
        int born = 77;
        loop.run(() -> threads.onEvent(RecordingRequests.event(Type.BORN, born, 0, 0, 0, 0)));
        assertThat(threads.stays(born)).isNull();
        calls(6, 157, 26, 2);
        loop.run(() -> threads.onEvent(RecordingRequests.event(Type.BORN, born, 0, 0, 0, 0)));
        assertThat(threads.stays(born)).isNotNull();
    }

    @Test
    void segmentsTieAll() throws Exception {
        calls(5, 154, 1, 0);
        assertThat(told()).containsExactly("homebound " + TID + " has segments of its own");
        assertThat(threads.isCaptured(TID)).isTrue();
    }

    @Test
    void aFilterTiesAll() throws Exception {
        calls(5, 317, 1, 0);
        assertThat(told()).containsExactly("homebound " + TID + " has a filter of system calls of its own");
        assertThat(threads.isCaptured(TID)).isTrue();
    }

    @Test
    void otherControlsTieNothing() throws Exception {
        calls(6, 157, 15, 0x1000);
        assertThat(told()).isEmpty();
        assertThat(threads.isCaptured(TID)).isFalse();
        assertThat(threads.stays(TID)).isNull();
    }

    @Test
    void whoWaitsForAnAnswerIsKnown() throws Exception {
        assertThat(threads.ids()).containsExactlyInAnyOrder(PID, TID);
        assertThat(threads.isCaptured(TID)).isFalse();
        happens(Type.CAPTURED, 0, 5, Linux.NR_MUNMAP, 0);
        assertThat(threads.isCaptured(TID)).isTrue();
        loop.run(() -> threads.answer(TID, 0));
        assertThat(threads.isCaptured(TID)).isFalse();
        happens(Type.CAPTURED, 0, 6, Linux.NR_MUNMAP, 0);
        happens(Type.EXITING, 0, 0, 0, 0);
        assertThat(threads.isCaptured(TID)).isFalse();
        assertThat(threads.ids()).containsExactly(PID);
    }

    @Test
    void threadInAMemoryCallIsNotParked() throws Exception {
        happens(Type.CAPTURED, 0, 9, Linux.NR_MUNMAP, 0);
        assertThat(told()).containsExactly("memory 11 10");
        assertThat(loop.<Future<ThreadImage>>call(() -> threads.park(TID)).failed())
                .isTrue();
        loop.run(() -> threads.answer(TID, -22));
        assertThat(kernel.asked()).containsExactly("inject " + TID + " 9 -22");
        loop.run(() -> threads.answer(TID, 0));
        assertThat(kernel.asked()).as("answered already").isEmpty();
    }

    @Test
    void callOnBehalfOfACapturedThreadIsItsOwn() throws Exception {
        happens(Type.CAPTURED, 0, 9, Linux.NR_MUNMAP, 0);
        Future<Long> result = loop.call(() -> threads.execInSpace(TID, Linux.NR_MUNMAP, 0x1000, 0x2000));
        assertThat(kernel.asked()).containsExactly("exec " + TID + " 11 [4096, 8192]");
        happens(Type.EXECUTED, 0, 9, Linux.NR_MUNMAP, -12);
        assertThat(result.result()).isEqualTo(-12);
        assertThat(told()).containsExactly("memory 11 10");
        assertThat(loop.<Future<Long>>call(() -> threads.execInSpace(TID - 5, 11))
                        .failed())
                .isTrue();
    }

    @Test
    void forkIsOverWhenTheKernelSaysSo() throws Exception {
        happens(Type.CAPTURED, 0, 9, Linux.NR_FORK, 0);
        assertThat(told()).containsExactly("fork");
        Future<Void> forked = loop.call(() -> threads.proceedWithFork(TID));
        assertThat(kernel.asked()).containsExactly("proceed " + TID + " 9 report");
        assertThat(loop.<Future<ThreadImage>>call(() -> threads.park(TID)).failed())
                .isTrue();
        assertThat(forked.isComplete()).isFalse();
        happens(Type.EXECUTED, 0, 9, Linux.NR_FORK, -Linux.ERESTARTNOINTR);
        assertThat(forked.succeeded()).isTrue();
        happens(Type.CAPTURED, 0, 10, Linux.NR_FORK, 0);
        assertThat(told()).containsExactly("fork");
    }

    @Test
    void forkIsOverWhenItsThreadEndsInIt() throws Exception {
        happens(Type.CAPTURED, 0, 9, Linux.NR_FORK, 0);
        Future<Void> forked = loop.call(() -> threads.proceedWithFork(TID));
        assertThat(forked.isComplete()).isFalse();
        happens(Type.EXITING, 0, 0, 0, 0);
        assertThat(forked.succeeded()).isTrue();
    }

    /** The kernel tells nothing of a thread that its own filter ends; that this one has no process, it tells when asked. */
    @Test
    void forkIsOverWhenAFilterEndsItsThreadInIt() throws Exception {
        calls(5, 317, 1, 0);
        loop.run(() -> threads.proceed(TID));
        happens(Type.CAPTURED, 0, 9, Linux.NR_FORK, 0);
        loop.await(() -> threads.proceedWithFork(TID));
        assertThat(threads.ids()).containsExactly(PID);
    }

    @Test
    void soIsACallThatTheThreadWasToldToMake() throws Exception {
        calls(5, 317, 1, 0);
        loop.run(() -> threads.proceed(TID));
        happens(Type.CAPTURED, 0, 9, Linux.NR_MUNMAP, 0);
        Future<Long> made = loop.call(() -> threads.execInSpace(TID, Linux.NR_MUNMAP, 0x1000, 0x1000));
        loop.await(() -> made.otherwise(0L));
        assertThat(made.failed()).isTrue();
        assertThat(threads.ids()).containsExactly(PID);
    }
}
