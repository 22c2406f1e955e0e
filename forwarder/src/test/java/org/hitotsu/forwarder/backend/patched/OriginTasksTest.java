package org.hitotsu.forwarder.backend.patched;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.Future;
import java.util.Objects;
import org.hitotsu.bpf.CaptureEvent.Type;
import org.hitotsu.forwarder.backend.ThreadImage;
import org.hitotsu.forwarder.nativecall.Linux;
import org.junit.jupiter.api.Test;

/** What is known of the threads while one of them executes a program, and after. */
class OriginTasksTest extends PatchedOriginFixture {
    @Test
    void failedExecChangesNothing() throws Exception {
        happens(Type.CAPTURED, 0, 9, Linux.NR_EXECVE, 0);
        loop.run(() -> threads.proceedWithExec(TID));
        assertThat(kernel.asked()).containsExactly("proceed " + TID + " 9 report");
        happens(Type.EXECUTED, 0, 9, Linux.NR_EXECVE, -2);
        assertThat(told()).containsExactly("exec");
        parkInUserMode();
    }

    private Future<Void> firstComesHomeWhileAnotherExecutes() throws Exception {
        kernel.stands(PID, -1, 7);
        Future<ThreadImage> image = loop.call(() -> threads.park(PID));
        loop.run(() -> threads.onEvent(RecordingRequests.event(Type.PARKED, PID, 0, 0, 0, 0)));
        loop.settle();
        happens(Type.CAPTURED, 0, 9, Linux.NR_EXECVE, 0);
        loop.run(() -> threads.proceedWithExec(TID));
        kernel.asked();
        Future<Void> home = loop.call(() -> threads.resume(PID, image.result(), false));
        loop.settle();
        assertThat(kernel.asked()).isEmpty();
        assertThat(loop.<Future<ThreadImage>>call(() -> threads.park(PID)).failed())
                .isTrue();
        return home;
    }

    /** The first thread's number is the other one's by the time that it is asked for. */
    @Test
    void nothingIsAskedOfTheFirstThreadWhileAnotherExecutes() throws Exception {
        Future<Void> home = firstComesHomeWhileAnotherExecutes();
        assertThat(told()).containsExactly("exec");
        happens(Type.REPLACED, 0, 0, 0, 0);
        assertThat(home.isComplete()).isFalse();
        assertThat(kernel.asked()).isEmpty();
    }

    @Test
    void whatWaitedIsAskedOfTheFirstThreadWhenTheExecutionFails() throws Exception {
        Future<Void> home = firstComesHomeWhileAnotherExecutes();
        happens(Type.EXECUTED, 0, 9, Linux.NR_EXECVE, -2);
        assertThat(kernel.asked()).containsExactly("go on " + PID);
        assertThat(home.succeeded()).isTrue();
    }

    @Test
    void whatWaitedIsAskedOfTheFirstThreadWhenTheOtherOneEnds() throws Exception {
        Future<Void> home = firstComesHomeWhileAnotherExecutes();
        happens(Type.EXITING, 0, 0, 0, 0);
        assertThat(kernel.asked()).containsExactly("go on " + PID);
        assertThat(home.succeeded()).isTrue();
    }

    /** Its call ends while it waits to be brought home from it: it is not made again, and the thread comes home once. */
    @Test
    void callOfTheFirstThreadThatEndsMeanwhileIsNotMadeAnew() throws Exception {
        kernel.stands(PID, -1, 7);
        loop.run(() -> threads.park(PID));
        loop.run(() -> threads.onEvent(RecordingRequests.event(Type.PARKED, PID, 0, 0, 0, 0)));
        loop.run(() -> threads.exec(PID, READ, ARGS));
        happens(Type.CAPTURED, 0, 9, Linux.NR_EXECVE, 0);
        loop.run(() -> threads.proceedWithExec(TID));
        kernel.asked();
        Future<Void> home = loop.call(() -> threads.resume(PID, inCall(READ), true));
        loop.run(() -> threads.onEvent(RecordingRequests.event(Type.EXECUTED, PID, 0, 0, READ, 55)));
        loop.settle();
        assertThat(kernel.asked()).isEmpty();
        happens(Type.EXECUTED, 0, 9, Linux.NR_EXECVE, -2);
        assertThat(kernel.asked()).containsExactly("resume " + PID);
        assertFinished(Objects.requireNonNull(kernel.resumed), 55);
        assertThat(home.succeeded()).isTrue();
    }

    private void executes(int tid) throws Exception {
        loop.run(() -> threads.onEvent(RecordingRequests.event(Type.CAPTURED, tid, 0, 9, Linux.NR_EXECVE, 0)));
        loop.run(() -> threads.proceedWithExec(tid));
        loop.run(() -> threads.onEvent(RecordingRequests.event(Type.REPLACED, PID, 0, 0, 0, 0)));
    }

    @Test
    void replacedProgramIsHeardOfNoMore() throws Exception {
        executes(TID);
        assertThat(told()).containsExactly("exec", "tied: null", "replaced");
        assertThat(threads.replaced()).isTrue();
        happens(Type.EXITING, 0, 0, 0, 0);
        loop.run(threads::processEnded);
        assertThat(told()).isEmpty();
    }

    @Test
    void programExecutedUnderAFilterIsKnown() throws Exception {
        calls(5, 317, 1, 0);
        loop.run(() -> threads.answer(TID, 0));
        told();
        executes(TID);
        assertThat(told()).containsExactly("exec", "tied: FILTER", "replaced");
    }

    @Test
    void aFilterIsStillKnownBehindAnotherTie() throws Exception {
        calls(5, 317, 1, 0);
        loop.run(() -> threads.answer(TID, 0));
        calls(6, 157, 26, 2);
        told();
        executes(TID);
        assertThat(told()).containsExactly("exec", "tied: FILTER", "replaced");
    }

    /** One of another thread is not asked of the program. */
    @Test
    void programExecutedBesideAFilterIsAsAnyOther() throws Exception {
        calls(5, 317, 1, 0);
        told();
        executes(PID);
        assertThat(told()).containsExactly("exec", "tied: null", "replaced");
    }
}
