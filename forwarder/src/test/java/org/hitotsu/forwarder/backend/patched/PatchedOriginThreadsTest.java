package org.hitotsu.forwarder.backend.patched;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.Future;
import java.util.Objects;
import org.hitotsu.bpf.CaptureEvent;
import org.hitotsu.bpf.CaptureEvent.Type;
import org.hitotsu.forwarder.backend.ThreadImage;
import org.hitotsu.forwarder.nativecall.Linux;
import org.hitotsu.forwarder.nativecall.Ptrace.Registers;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is asked of the kernel for moves, for the deputy's calls, and on the way home. */
class PatchedOriginThreadsTest extends PatchedOriginFixture {
    @Test
    void stoppedBeforeACoreFileItStaysUntilAllPagesAreHome() throws Exception {
        happens(Type.DUMPING, CaptureEvent.FLAG_SIGNAL, 0, -1, 0);
        assertThat(told()).containsExactly("dump " + TID);
        assertThat(loop.call(() -> threads.park(TID)).failed()).isTrue();
        assertThat(kernel.asked()).isEmpty();
        Future<Void> survived = loop.call(() -> threads.proceedWithCoreDump(TID));
        assertThat(kernel.asked()).containsExactly("go on " + TID);
        assertThat(survived.isComplete()).isFalse();
        assertThat(loop.call(() -> threads.proceedWithCoreDump(TID)).succeeded())
                .isTrue();
        assertThat(kernel.asked()).isEmpty();
        parkInUserMode();
    }

    @Test
    void parkedInUserModeItIsAsItIs() throws Exception {
        assertThat(parkInUserMode()).isSameAs(kernel.images.get(TID).image());
    }

    @Test
    void interruptedCallIsMadeAnewElsewhere() throws Exception {
        assertMadeAnew(park(0, 0, READ, -Linux.ERESTARTSYS), READ);
    }

    @Test
    void capturedCallIsMadeAnewWhereTheThreadGoesOn() throws Exception {
        kernel.stands(TID, Linux.NR_MUNMAP, -Linux.ENOSYS);
        Future<ThreadImage> image = loop.call(() -> threads.park(TID));
        // Captured before the request to park was there: nobody is to answer it.
        happens(Type.CAPTURED, 0, 9, Linux.NR_MUNMAP, 0);
        happens(Type.PARKED, CaptureEvent.FLAG_IN_CALL, 0, Linux.NR_MUNMAP, 0);
        assertMadeAnew(image.result(), Linux.NR_MUNMAP);
        assertThat(told()).isEmpty();
        // Not even if it stays does it make that call without its being captured again.
        kernel.asked();
        assertMadeAnew(comesHome(image.result(), false), Linux.NR_MUNMAP);
    }

    @Test
    void restartableSequencesAreTakenAwayFirst() throws Exception {
        kernel.images.put(
                TID,
                new ThreadRequests.Captured(RecordingRequests.image(-1, 0), RecordingRequests.RSEQ, 32, 0x80000053));
        Future<ThreadImage> image = loop.call(() -> threads.park(TID));
        happens(Type.PARKED, 0, 0, 0, 0);
        assertThat(kernel.asked())
                .endsWith("exec " + TID + " " + Linux.NR_RSEQ + " [28672, 32, 1, " + 0x80000053L + "]");
        assertThat(image.isComplete()).isFalse();
        assertThat(threads.rseqs()).isEmpty();
        happens(Type.EXECUTED, 0, 0, Linux.NR_RSEQ, 0);
        assertThat(threads.rseqs()).containsOnlyKeys(TID);
        assertThat(image.succeeded()).isTrue();
        assertThat(told()).isEmpty();
    }

    /** Whether read() is made anew or answers EINTR, its handler's flags say: only the kernel knows. */
    @Test
    void threadThatASignalInterruptedGoesOnAsItIs() throws Exception {
        ThreadImage image = park(CaptureEvent.FLAG_SIGNAL, 0, READ, -Linux.ERESTARTSYS);
        assertThat(told()).containsExactly("signal");
        happens(Type.SIGNAL, CaptureEvent.FLAG_SIGNAL, 0, 0, 0);
        assertThat(told()).isEmpty();
        loop.run(() -> threads.resume(TID, image, false));
        assertThat(kernel.asked()).containsExactly("go on " + TID);
    }

    @Test
    void threadParkedAtBirthIsTakenAtOnce() throws Exception {
        int child = TID - 1;
        kernel.stands(child, Linux.NR_CLONE, 0);
        loop.run(() -> threads.onEvent(RecordingRequests.event(Type.BORN, child, 0, 0, 0, 0)));
        Future<ThreadImage> image = loop.call(() -> threads.park(child));
        assertThat(kernel.asked()).containsExactly("image " + child);
        assertFinished(image.result(), 0);
        assertThat(told()).doesNotContain("signal");
    }

    /** Its host may have to be made ready first; the kernel tells once. */
    @Test
    void signalForAThreadParkedAtBirthIsKeptUntilItIsTaken() throws Exception {
        int child = TID - 1;
        kernel.stands(child, Linux.NR_CLONE, 0);
        loop.run(() -> {
            threads.onEvent(RecordingRequests.event(Type.BORN, child, 0, 0, 0, 0));
            threads.onEvent(RecordingRequests.event(Type.SIGNAL, child, CaptureEvent.FLAG_SIGNAL, 0, 0, 0));
        });
        assertThat(told()).doesNotContain("signal");
        Future<ThreadImage> image = loop.call(() -> threads.park(child));
        assertThat(image.succeeded()).isTrue();
        assertThat(told()).containsExactly("signal");
    }

    @Test
    void deputyExecutesAndSaysSo() throws Exception {
        parkInUserMode();
        loop.run(() -> threads.exec(TID, READ, ARGS));
        assertThat(kernel.asked()).containsExactly("exec " + TID + " 0 [1, 2, 3, 4, 5, 6]");
        happens(Type.EXECUTED, 0, 0, READ, 55);
        assertThat(told()).containsExactly("executed 55");
    }

    /** As the one that raise(3) makes: its handler must have run when the thread goes on. */
    @Test
    void finishedCallWithASignalGoesHomeWithItsResult() throws Exception {
        parkInUserMode();
        loop.run(() -> threads.exec(TID, READ, ARGS));
        happens(Type.EXECUTED, CaptureEvent.FLAG_SIGNAL, 0, READ, 55);
        happens(Type.SIGNAL, CaptureEvent.FLAG_SIGNAL, 0, 0, 0);
        assertThat(told()).containsExactly("signal");
        kernel.asked();
        assertFinished(comesHome(inCall(READ), true), 55);
    }

    @ParameterizedTest
    @ValueSource(ints = {Linux.ERESTARTSYS, Linux.ERESTARTNOINTR, Linux.ERESTARTNOHAND, Linux.EINTR})
    void callThatASignalInterruptedGoesHomeForTheKernelToDecide(int code) throws Exception {
        parkInUserMode();
        loop.run(() -> threads.exec(TID, READ, ARGS));
        happens(Type.EXECUTED, CaptureEvent.FLAG_SIGNAL, 0, READ, -code);
        assertThat(told()).containsExactly("signal");
        kernel.asked();
        ThreadImage home = comesHome(inCall(READ), true);
        assertThat(home.register(Registers.RAX)).isEqualTo(-code);
        assertThat(home.register(Registers.ORIG_RAX)).isEqualTo(READ);
        assertThat(home.register(Registers.RIP)).isEqualTo(RecordingRequests.IP);
    }

    @Test
    void callThatNoSignalInterruptedIsMadeAgainByTheDeputy() throws Exception {
        parkInUserMode();
        loop.run(() -> threads.exec(TID, READ, ARGS));
        happens(Type.EXECUTED, 0, 0, READ, -Linux.ERESTARTSYS);
        happens(Type.EXECUTED, 0, 0, READ, -Linux.ERESTART_RESTARTBLOCK);
        assertThat(kernel.asked())
                .containsExactly(
                        "exec " + TID + " 0 [1, 2, 3, 4, 5, 6]",
                        "exec " + TID + " 0 [1, 2, 3, 4, 5, 6]",
                        "exec " + TID + " " + Linux.NR_RESTART_SYSCALL + " [1, 2, 3, 4, 5, 6]");
        assertThat(told()).isEmpty();
    }

    @Test
    void callsThatCameBehindASignalAreNotBegun() throws Exception {
        parkInUserMode();
        happens(Type.SIGNAL, CaptureEvent.FLAG_SIGNAL, 0, 0, 0);
        loop.run(() -> threads.exec(TID, READ, ARGS));
        assertThat(kernel.asked()).isEmpty();
        assertMadeAnew(comesHome(inCall(READ), true), READ);
    }

    private ThreadImage broughtHomeFromCall(int flags, long result) throws Exception {
        parkInUserMode();
        loop.run(() -> threads.exec(TID, READ, ARGS));
        kernel.asked();
        Future<Void> home = loop.call(() -> threads.resume(TID, inCall(READ), true));
        assertThat(kernel.asked()).containsExactly("interrupt " + TID);
        happens(Type.EXECUTED, flags, 0, READ, result);
        assertThat(kernel.asked()).containsExactly("resume " + TID);
        assertThat(home.succeeded()).isTrue();
        assertThat(told()).isEmpty();
        return Objects.requireNonNull(kernel.resumed);
    }

    private static void assertLeftToKernel(ThreadImage image, long nr, long result) {
        assertThat(image.register(Registers.RIP)).isEqualTo(RecordingRequests.IP);
        assertThat(image.register(Registers.RAX)).isEqualTo(result);
        assertThat(image.register(Registers.ORIG_RAX)).isEqualTo(nr);
    }

    /** A signal that comes just now is to find it in its call. */
    @Test
    void callThatWasBrokenOffToComeHomeIsRestartedByTheKernel() throws Exception {
        assertLeftToKernel(broughtHomeFromCall(0, -Linux.ERESTARTSYS), READ, -Linux.ERESTARTSYS);
    }

    @Test
    void signalEndsTheWaitThatTheThreadWasParkedIn() throws Exception {
        ThreadImage image = park(0, 0, READ, -Linux.EINTR);
        assertMadeAnew(image, READ);
        happens(Type.SIGNAL, CaptureEvent.FLAG_SIGNAL, 0, 0, 0);
        assertLeftToKernel(comesHome(image.with(0, 1), false), READ, -Linux.EINTR);
    }

    @Test
    void signalThatCameWithTheCallNotBegunAnewEndsItToo() throws Exception {
        ThreadImage image = park(0, 0, READ, -Linux.ERESTARTSYS);
        assertLeftToKernel(comesHome(image.inCall(READ), true), READ, -Linux.ERESTARTSYS);
    }

    @Test
    void callBehindTheOneThatItWasParkedInIsLikeAnyOther() throws Exception {
        ThreadImage image = park(0, 0, READ, -Linux.ERESTARTSYS);
        loop.run(() -> threads.exec(TID, READ, ARGS));
        happens(Type.EXECUTED, 0, 0, READ, 55);
        kernel.asked();
        assertMadeAnew(comesHome(image, false), READ);
    }

    @Test
    void waitThatNoSignalHasEndedGoesOn() throws Exception {
        ThreadImage image = park(0, 0, READ, -Linux.EINTR);
        assertLeftToKernel(comesHome(image, false), READ, -Linux.ERESTARTNOHAND);
    }

    /** read() of a socket with a timeout answers EINTR to any wake-up, and the kernel does not restart it. */
    @Test
    void eintrThatTheInterruptMadeIsNoneForTheProgram() throws Exception {
        assertLeftToKernel(broughtHomeFromCall(0, -Linux.EINTR), READ, -Linux.ERESTARTNOHAND);
    }

    @Test
    void eintrThatASignalMadeIsTheProgramsOwn() throws Exception {
        ThreadImage home = broughtHomeFromCall(CaptureEvent.FLAG_SIGNAL, -Linux.EINTR);
        assertThat(home.register(Registers.RAX)).isEqualTo(-Linux.EINTR);
        assertThat(home.register(Registers.RIP)).isEqualTo(RecordingRequests.IP);
    }

    @Test
    void callThatWasFinishedFirstHasItsResult() throws Exception {
        assertFinished(broughtHomeFromCall(0, 55), 55);
    }

    private ThreadImage broughtHomeFromRest() throws Exception {
        Future<Void> home = loop.call(() -> threads.resumeInRest(TID, inCall(Linux.NR_WRITE), 100));
        loop.settle();
        assertThat(home.succeeded()).isTrue();
        assertThat(kernel.asked()).containsExactly("resume " + TID);
        return Objects.requireNonNull(kernel.resumed);
    }

    @Test
    void signalEndsATransferOfWhichAPartIsDone() throws Exception {
        parkInUserMode();
        loop.run(() -> threads.exec(TID, Linux.NR_WRITE, ARGS));
        happens(Type.EXECUTED, CaptureEvent.FLAG_SIGNAL, 0, Linux.NR_WRITE, -Linux.ERESTARTSYS);
        assertThat(told()).containsExactly("signal");
        kernel.asked();
        assertFinished(broughtHomeFromRest(), 100);
    }

    @Test
    void callThatTheDeputyWasNotGivenIsMadeAnew() throws Exception {
        parkInUserMode();
        assertMadeAnew(comesHome(inCall(READ), true), READ);
    }

    @Test
    void imageFromElsewhereIsInNoCall() throws Exception {
        parkInUserMode();
        assertFinished(comesHome(RecordingRequests.image(READ, 3), false), 3);
    }

    private static ThreadImage stepped() {
        return RecordingRequests.image(-1, 3).with(Registers.EFLAGS, Registers.TRAP_FLAG);
    }

    @Test
    void threadWithItsTrapFlagSetStaysAtHome() throws Exception {
        kernel.images.put(TID, new ThreadRequests.Captured(stepped(), 0, 0, 0));
        Future<ThreadImage> image = loop.call(() -> threads.park(TID));
        happens(Type.PARKED, 0, 0, 0, 0);
        assertThat(kernel.asked()).containsExactly("park " + TID, "image " + TID, "go on " + TID);
        assertThat(image.cause()).hasMessageContaining("trap flag");
    }

    @Test
    void threadIn32BitCodeStaysAtHome() throws Exception {
        ThreadImage compat = RecordingRequests.image(-1, 3).with(Registers.CS, 0x23);
        kernel.images.put(TID, new ThreadRequests.Captured(compat, 0, 0, 0));
        Future<ThreadImage> image = loop.call(() -> threads.park(TID));
        happens(Type.PARKED, 0, 0, 0, 0);
        assertThat(kernel.asked()).containsExactly("park " + TID, "image " + TID, "go on " + TID);
        assertThat(image.cause()).hasMessageContaining("32-bit code");
    }

    /** Its process's number is none, so the page can't be written either. */
    @ParameterizedTest
    @ValueSource(longs = {-Linux.ENOMEM, 0x10000})
    void trapThatCannotBeRaisedIsLostAndTheThreadGoesOn(long mapped) throws Exception {
        parkInUserMode();
        Future<Void> home = loop.call(() -> threads.resume(TID, stepped().withTrapDue(), false));
        assertThat(kernel.asked()).singleElement().asString().startsWith("exec " + TID + " " + Linux.NR_MMAP);
        assertThat(home.isComplete()).isFalse();
        happens(Type.EXECUTED, 0, 0, Linux.NR_MMAP, mapped);
        assertThat(kernel.asked()).containsExactly("resume " + TID);
        assertFinished(Objects.requireNonNull(kernel.resumed), 3);
        assertThat(home.succeeded()).isTrue();
    }

    @Test
    void endOfAThreadEndsItsCall() throws Exception {
        parkInUserMode();
        Future<Long> made = loop.call(() -> threads.execInSpace(TID, READ, ARGS));
        happens(Type.EXITING, 0, 0, 0, 0);
        assertThat(made.failed()).isTrue();
    }

    @Test
    void endOfAThreadEndsItsParking() throws Exception {
        Future<ThreadImage> image = loop.call(() -> threads.park(TID));
        happens(Type.EXITING, 0, 0, 0, 0);
        assertThat(image.failed()).isTrue();
        assertThat(told()).containsExactly("gone");
        assertThat(threads.livingThread()).isEqualTo(PID);
    }

    @Test
    void deputyEndsByExit() throws Exception {
        parkInUserMode();
        loop.run(() -> threads.exit(TID, 3));
        assertThat(kernel.asked()).containsExactly("exec " + TID + " 60 [3]");
        happens(Type.SIGNAL, CaptureEvent.FLAG_SIGNAL, 0, 0, 0);
        happens(Type.EXITING, 0, 0, 0, 0);
        assertThat(told()).containsExactly("gone");
    }

    /** The first thread of a process can end before the others. */
    @Test
    void anyThreadThatIsLeftStandsForTheProcess() throws Exception {
        loop.run(() -> threads.onEvent(RecordingRequests.event(Type.EXITING, PID, 0, 0, 0, 0)));
        assertThat(threads.livingThread()).isEqualTo(TID);
    }
}
