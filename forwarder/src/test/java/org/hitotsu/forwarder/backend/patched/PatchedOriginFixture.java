package org.hitotsu.forwarder.backend.patched;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
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

/**
 * Threads of an origin, of which one is the test's, above a kernel that is recorded. The process's number is none that a
 * process can have.
 */
abstract class PatchedOriginFixture implements OriginThreads.Events {
    static final int PID = 0x3ffffff;
    static final int TID = PID - 1;
    static final int READ = Linux.NR_READ;
    static final long[] ARGS = {1, 2, 3, 4, 5, 6};

    final TestLoop loop = new TestLoop();
    final RecordingRequests kernel = new RecordingRequests();
    private final List<String> told = new ArrayList<>();
    final PatchedOriginThreads threads =
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

    void happens(Type type, int flags, long sequence, long nr, long result) throws Exception {
        loop.run(() -> threads.onEvent(RecordingRequests.event(type, TID, flags, sequence, nr, result)));
        loop.settle();
    }

    List<String> told() {
        List<String> events = List.copyOf(told);
        told.clear();
        return events;
    }

    /** Parks the thread, which has no restartable sequences. */
    ThreadImage park(int flags, long call, long nr, long result) throws Exception {
        kernel.stands(TID, nr, result);
        Future<ThreadImage> image = loop.call(() -> threads.park(TID));
        assertThat(kernel.asked()).containsExactly("park " + TID);
        happens(Type.PARKED, flags, 0, call, 0);
        assertThat(kernel.asked()).containsExactly("image " + TID);
        assertThat(image.succeeded()).isTrue();
        return image.result();
    }

    /** As {@link #happens}, of a call with these first arguments. */
    void calls(long sequence, long nr, long arg0, long arg1) throws Exception {
        loop.run(() -> threads.onEvent(RecordingRequests.call(TID, sequence, nr, arg0, arg1)));
        loop.settle();
    }

    ThreadImage parkInUserMode() throws Exception {
        return park(0, 0, -1, 7);
    }

    ThreadImage comesHome(ThreadImage image, boolean inCall) throws Exception {
        Future<Void> home = loop.call(() -> threads.resume(TID, image, inCall));
        loop.settle();
        assertThat(home.succeeded()).isTrue();
        assertThat(kernel.asked()).containsExactly("resume " + TID);
        return Objects.requireNonNull(kernel.resumed);
    }

    static ThreadImage inCall(long nr) {
        return RecordingRequests.image(nr, -Linux.ENOSYS);
    }

    static void assertMadeAnew(ThreadImage image, long nr) {
        assertThat(image.register(Registers.RIP)).isEqualTo(RecordingRequests.IP - 2);
        assertThat(image.register(Registers.RAX)).isEqualTo(nr);
        assertThat(image.register(Registers.ORIG_RAX)).isEqualTo(-1);
    }

    static void assertFinished(ThreadImage image, long result) {
        assertThat(image.register(Registers.RIP)).isEqualTo(RecordingRequests.IP);
        assertThat(image.register(Registers.RAX)).isEqualTo(result);
        assertThat(image.register(Registers.ORIG_RAX)).isEqualTo(-1);
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
