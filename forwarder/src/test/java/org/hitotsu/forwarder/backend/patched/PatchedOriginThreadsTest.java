package org.hitotsu.forwarder.backend.patched;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.List;
import org.hitotsu.bpf.CaptureEvent;
import org.hitotsu.bpf.CaptureEvent.Type;
import org.hitotsu.forwarder.backend.Backend.Adoption;
import org.hitotsu.forwarder.backend.OriginSpace;
import org.hitotsu.forwarder.backend.OriginThreads;
import org.hitotsu.forwarder.backend.ThreadImage;
import org.hitotsu.forwarder.nativecall.Linux;
import org.hitotsu.forwarder.nativecall.Ptrace.Registers;
import org.hitotsu.forwarder.share.pages.TestLoop;
import org.hitotsu.forwarder.syscall.Tie;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is asked of the kernel for what it says. The process's number is none that a process can have. */
class PatchedOriginThreadsTest implements OriginThreads.Events {

    private static final int PID = 0x3ffffff;
    private static final int TID = PID - 1;
    private static final int READ = Linux.NR_READ;
    private static final long[] ARGS = {1, 2, 3, 4, 5, 6};

    private final TestLoop loop = new TestLoop();
    private final RecordingRequests kernel = new RecordingRequests();
    private final List<String> told = new ArrayList<>();
    private final PatchedOriginThreads threads =
            new PatchedOriginThreads(loop.context(), kernel, PID, List.of(PID), this::replaced);

    private static final class Next implements Adoption {
        @Override
        public Future<OriginSpace> prepared() {
            return Future.failedFuture("not in this test");
        }

        @Override
        public Future<Void> start() {
            return Future.succeededFuture();
        }
    }

    private Adoption replaced(Tie.@Nullable Kind tie) {
        told.add("tied: " + tie);
        return new Next();
    }

    @BeforeEach
    void threadIsBornAndRuns() throws Exception {
        threads.events(this);
        happens(Type.BORN, 0, 0, 0, 0);
        loop.run(() -> threads.release(TID));
        assertThat(kernel.asked()).containsExactly("go on " + TID);
        assertThat(told()).containsExactly("created");
    }

    @AfterEach
    void close() throws Exception {
        loop.close();
    }

    private void happens(Type type, int flags, long sequence, long nr, long result) throws Exception {
        loop.run(() -> threads.onEvent(RecordingRequests.event(type, TID, flags, sequence, nr, result)));
        loop.settle();
    }

    private List<String> told() {
        List<String> events = List.copyOf(told);
        told.clear();
        return events;
    }

    /** Parks the thread, which has no restartable sequences. */
    private ThreadImage park(int flags, long call, long nr, long result) throws Exception {
        kernel.stands(TID, nr, result);
        Future<ThreadImage> image = loop.call(() -> threads.park(TID));
        assertThat(kernel.asked()).containsExactly("park " + TID);
        happens(Type.PARKED, flags, 0, call, 0);
        assertThat(kernel.asked()).containsExactly("image " + TID);
        assertThat(image.succeeded()).isTrue();
        return image.result();
    }

    /** As {@link #happens}, of a call with these first arguments. */
    private void calls(long sequence, long nr, long arg0, long arg1) throws Exception {
        loop.run(() -> threads.onEvent(RecordingRequests.call(TID, sequence, nr, arg0, arg1)));
        loop.settle();
    }

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

    private ThreadImage parkInUserMode() throws Exception {
        return park(0, 0, -1, 7);
    }

    private ThreadImage comesHome(ThreadImage image, boolean inCall) throws Exception {
        Future<Void> home = loop.call(() -> threads.resume(TID, image, inCall));
        loop.settle();
        assertThat(home.succeeded()).isTrue();
        assertThat(kernel.asked()).containsExactly("resume " + TID);
        return java.util.Objects.requireNonNull(kernel.resumed);
    }

    private static ThreadImage inCall(long nr) {
        return RecordingRequests.image(nr, -Linux.ENOSYS);
    }

    private static void assertMadeAnew(ThreadImage image, long nr) {
        assertThat(image.register(Registers.RIP)).isEqualTo(RecordingRequests.IP - 2);
        assertThat(image.register(Registers.RAX)).isEqualTo(nr);
        assertThat(image.register(Registers.ORIG_RAX)).isEqualTo(-1);
    }

    private static void assertFinished(ThreadImage image, long result) {
        assertThat(image.register(Registers.RIP)).isEqualTo(RecordingRequests.IP);
        assertThat(image.register(Registers.RAX)).isEqualTo(result);
        assertThat(image.register(Registers.ORIG_RAX)).isEqualTo(-1);
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
        assertFinished(java.util.Objects.requireNonNull(kernel.resumed), 55);
        assertThat(home.succeeded()).isTrue();
    }

    @Test
    void threadParkedAtBirthIsTakenAtOnce() throws Exception {
        int child = TID - 1;
        kernel.stands(child, Linux.NR_CLONE, 0);
        loop.run(() -> threads.onEvent(RecordingRequests.event(Type.BORN, child, 0, 0, 0, 0)));
        Future<ThreadImage> image = loop.call(() -> threads.park(child));
        assertThat(kernel.asked()).containsExactly("image " + child);
        assertFinished(image.result(), 0);
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
        return java.util.Objects.requireNonNull(kernel.resumed);
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
        return java.util.Objects.requireNonNull(kernel.resumed);
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
        assertFinished(java.util.Objects.requireNonNull(kernel.resumed), 3);
        assertThat(home.succeeded()).isTrue();
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
    void failedExecChangesNothing() throws Exception {
        happens(Type.CAPTURED, 0, 9, Linux.NR_EXECVE, 0);
        loop.run(() -> threads.proceedWithExec(TID));
        assertThat(kernel.asked()).containsExactly("proceed " + TID + " 9 report");
        happens(Type.EXECUTED, 0, 9, Linux.NR_EXECVE, -2);
        assertThat(told()).containsExactly("exec");
        parkInUserMode();
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

    // OriginThreads.Events.

    @Override
    public void onThreadCreated(int tid, int creator) {
        told.add("created");
    }

    @Override
    public void onThreadGone(int tid) {
        told.add("gone");
    }

    @Override
    public void onExecuted(int tid, long result) {
        told.add("executed " + result);
    }

    @Override
    public void onDeputySignal(int tid) {
        told.add("signal");
    }

    @Override
    public void onMemoryCall(int tid, int nr, long[] args) {
        told.add("memory " + nr + " " + Long.toHexString(args[0]));
    }

    @Override
    public void onFutexWords(int tid, long... words) {
        told.add("futex words");
    }

    @Override
    public void onExit(int tid) {
        told.add("exit " + tid);
    }

    @Override
    public void onLeft() {
        told.add("left");
    }

    @Override
    public void onCoreDump(int tid) {
        told.add("dump " + tid);
    }

    @Override
    public void onHomebound(int tid, String why) {
        told.add("homebound " + tid + " " + why);
    }

    @Override
    public void onFork(int tid, int nr, long[] args) {
        told.add("fork");
    }

    @Override
    public void onProcessEnded() {
        told.add("ended");
    }

    @Override
    public void onExec(int tid) {
        told.add("exec");
    }

    @Override
    public void onReplaced(Adoption next) {
        told.add("replaced");
    }
}
