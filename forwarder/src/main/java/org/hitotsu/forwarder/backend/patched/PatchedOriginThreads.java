package org.hitotsu.forwarder.backend.patched;

import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import java.util.function.LongConsumer;
import org.hitotsu.bpf.CaptureEvent;
import org.hitotsu.forwarder.backend.Backend.Adoption;
import org.hitotsu.forwarder.backend.OriginThreads;
import org.hitotsu.forwarder.backend.ThreadImage;
import org.hitotsu.forwarder.backend.common.CoreDump;
import org.hitotsu.forwarder.backend.common.KernelException;
import org.hitotsu.forwarder.backend.patched.CallRunner.Executed;
import org.hitotsu.forwarder.backend.patched.OriginTask.Return;
import org.hitotsu.forwarder.nativecall.Linux;
import org.hitotsu.forwarder.syscall.Tie;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Threads at the origin by /dev/hitotsu: a deputy is the thread's own task, parked in the kernel, which makes the system
 * calls that it is told to from there.
 *
 * <p>Events come in the order in which things happened, one ring for all; requests act at once. So what is written down
 * here of a thread is behind the kernel only by events that are still in the ring, and each request below says what those
 * may be.
 */
final class PatchedOriginThreads implements OriginThreads {
    private static final Logger LOG = LoggerFactory.getLogger(PatchedOriginThreads.class);
    private static final int RSEQ_UNREGISTER = 1;
    private static final int FIRST_INTERRUPT_MILLIS = 2;
    private static final int LAST_INTERRUPT_MILLIS = 256;

    private final Context context;
    private final ThreadRequests device;
    private final int pid;
    private final Function<Tie.@Nullable Kind, Adoption> replacement;
    private final OriginTasks tasks;
    private final CapturedCalls calls;
    private @Nullable Events events;
    private boolean replaced;
    /** What was taken away from threads that have been parked, to be given back when the program is let go. */
    private final Map<Integer, ThreadRequests.Captured> rseqs = new HashMap<>();

    private final TrapPage traps;
    private LongConsumer trapPage = page -> {};

    /**
     * @param threads the process's threads
     * @param replacement prepares the program that this one is replaced by; is told what ties the thread that executes it
     */
    PatchedOriginThreads(
            Context context,
            ThreadRequests device,
            int pid,
            Collection<Integer> threads,
            Function<Tie.@Nullable Kind, Adoption> replacement) {
        this.context = context;
        this.device = device;
        this.pid = pid;
        this.replacement = replacement;
        this.traps = new TrapPage(pid, page -> trapPage.accept(page));
        this.tasks = new OriginTasks(pid);
        this.calls = new CapturedCalls(context, device, pid, tasks, this::onExiting);
        threads.forEach(tid -> tasks.add(new OriginTask(device, tid)));
    }

    @Override
    public void events(Events handler) {
        this.events = handler;
    }

    @Override
    public Collection<Integer> ids() {
        return tasks.ids();
    }

    private Events events() {
        return Objects.requireNonNull(events, "events");
    }

    /** Whether the process goes on with another program, which has taken the device over. */
    boolean replaced() {
        return replaced;
    }

    /** A thread that has not ended. */
    int livingThread() {
        return tasks.any();
    }

    // From the kernel.

    void onEvent(CaptureEvent event) {
        if (tasks.ended() || events == null) {
            return;
        }
        OriginTask task = tasks.get(event.tid());
        switch (event.type()) {
            case BORN -> {
                OriginTask child = new OriginTask(device, event.tid());
                child.born = true;
                child.tie = tasks.inherited();
                tasks.add(child);
                // Of the thread that made it the kernel says nothing.
                events().onThreadCreated(event.tid(), 0);
            }
            case REPLACED -> {
                replaced = true;
                Tie.Kind tie = tasks.tieOfReplacing();
                tasks.replaced();
                events().onReplaced(replacement.apply(tie));
            }
            default -> {
                if (task != null) {
                    onEvent(task, event);
                } else if (event.type() == CaptureEvent.Type.CAPTURED) {
                    LOG.warn("thread {} is not known; its calls are its own", event.tid());
                    device.proceed(event.tid(), event.sequence(), false);
                }
            }
        }
    }

    private void onEvent(OriginTask task, CaptureEvent event) {
        switch (event.type()) {
            case CAPTURED -> calls.onCaptured(task, event, events());
            case PARKED -> onParked(task, event);
            case EXECUTED -> onExecuted(task, event);
            case SIGNAL -> onSignal(task);
            case EXITING -> onExiting(task);
            case DUMPING -> {
                task.dying = true;
                events().onCoreDump(task.tid);
            }
            default -> LOG.warn("thread {}: {} at home", task.tid, event.type());
        }
    }

    /** Names who is told of a page of {@link TrapPage#SIZE} bytes in the program that is written from outside, and is to stay here. */
    void trapPage(LongConsumer handler) {
        trapPage = handler;
    }

    /** Whether a thread waits at the entry of a call that it has not been let make yet. Any thread. */
    boolean isCaptured(int tid) {
        return calls.isCaptured(tid);
    }

    /** Restartable sequences that threads had before they were parked, by thread. */
    Map<Integer, ThreadRequests.Captured> rseqs() {
        return Map.copyOf(rseqs);
    }

    private void onExecuted(OriginTask task, CaptureEvent event) {
        if (task.calls.busy()) {
            task.calls.onExecuted(event);
        } else {
            calls.over(task);
        }
    }

    private void onSignal(OriginTask task) {
        // The kernel tells once of those that a parked thread has, and its host is only being made ready.
        task.signalledAtBirth |= task.born;
        if (!task.deputy || task.ending || task.coming != null) {
            return;
        }
        if (!task.signalled) {
            task.signalled = true;
            events().onDeputySignal(task.tid);
        }
    }

    private void onExiting(OriginTask task) {
        tasks.remove(task);
        calls.gone(task);
        rseqs.remove(task.tid);
        Promise<ThreadImage> parking = task.parking;
        task.parking = null;
        if (parking != null) {
            parking.fail("thread " + task.tid + " has ended");
        }
        task.calls.onExiting();
        calls.over(task);
        events().onThreadGone(task.tid);
    }

    // Parking.

    @Override
    public Future<ThreadImage> park(int tid) {
        OriginTask task = tasks.get(tid);
        if (task == null) {
            return Future.failedFuture("thread " + tid + " has ended");
        }
        if (task.deputy) {
            return Future.failedFuture("thread " + tid + " is not at home");
        }
        if (task.tie != null) {
            return Future.failedFuture("thread " + tid + " stays at its origin, for it " + task.tie.why());
        }
        if (tasks.mayBeReplaced(tid)) {
            return Future.failedFuture("thread " + tid + " may be ending: another one executes a program");
        }
        if (task.captured || task.reports()) {
            return Future.failedFuture("thread " + tid + " is in a system call that changes the address space");
        }
        if (task.dying) {
            return Future.failedFuture("thread " + tid + " ends the process, which leaves a core file");
        }
        Promise<ThreadImage> promise = Promise.promise();
        if (!task.born) {
            long asked = device.park(tid);
            if (asked < 0) {
                return Future.failedFuture(new KernelException("park thread " + tid, asked));
            }
        }
        task.deputy = true;
        task.parking = promise;
        if (task.born) {
            task.born = false;
            parked(task, -1, task.signalledAtBirth);
        }
        return promise.future();
    }

    private void onParked(OriginTask task, CaptureEvent event) {
        if (task.parking == null) {
            tasks.fatal(task, "it was parked unasked");
            return;
        }
        long call = event.has(CaptureEvent.FLAG_IN_CALL) ? event.number() : -1;
        boolean signal = event.has(CaptureEvent.FLAG_SIGNAL);
        tasks.whenCertain(task, () -> parked(task, call, signal));
    }

    /**
     * The thread has come to rest.
     *
     * @param call the captured call that it is in, -1 for none
     */
    private void parked(OriginTask task, long call, boolean signal) {
        Promise<ThreadImage> promise = Objects.requireNonNull(task.parking);
        ThreadRequests.Captured captured;
        try {
            captured = device.image(task.tid);
        } catch (KernelException e) {
            task.parking = null;
            promise.fail(e);
            if (e.errno() != Linux.ESRCH) {
                tasks.fatal(task, "its image can't be taken: " + e.getMessage());
            }
            return;
        }
        ThreadImage image = task.parked(captured.image(), call);
        String why = whyHome(image);
        if (why != null) {
            task.parking = null;
            task.coming = new Return(image, false, 0, Promise.promise());
            comeHome(task, null);
            promise.fail("thread " + task.tid + " " + why + ", which keeps it at home; try again later");
            return;
        }
        if (signal) {
            onSignal(task);
        }
        if (captured.rseq() == 0 || signal) {
            task.parking = null;
            promise.complete(image);
            return;
        }
        // The kernel would write the CPU number into that area at each switch of the deputy. On the other node it is
        // not
        // registered either: CPU numbers of two nodes overlap, and per-CPU data would be shared by CPUs that differ.
        task.calls
                .exec(
                        Linux.NR_RSEQ,
                        captured.rseq(),
                        captured.rseqLength(),
                        RSEQ_UNREGISTER,
                        captured.rseqSignature() & 0xffffffffL)
                .onComplete(done -> {
                    // Failed meanwhile, if the thread has ended.
                    if (task.parking == promise) {
                        rseqs.put(task.tid, captured);
                        task.parking = null;
                        promise.complete(image);
                    }
                });
    }

    private static @Nullable String whyHome(ThreadImage image) {
        if (OriginTask.stepped(image)) {
            // Elsewhere each trap would bring it home, and one behind an instruction that clears the flag can't be
            // raised.
            return "has its trap flag set";
        }
        return image.runs64Bit() ? null : "runs 32-bit code";
    }

    @Override
    public void release(int tid) {
        OriginTask task = tasks.get(tid);
        if (task != null && task.born) {
            task.born = false;
            resumed(task, device.resume(tid, null, PatchedLayout.HOME));
        }
    }

    // Coming home.

    @Override
    public Future<Void> resume(int tid, ThreadImage image, boolean inCall) {
        return resume(tid, image, inCall, 0);
    }

    @Override
    public Future<Void> resumeInRest(int tid, ThreadImage image, long done) {
        return resume(tid, image, true, done);
    }

    private Future<Void> resume(int tid, ThreadImage image, boolean inCall, long transferred) {
        OriginTask task = tasks.get(tid);
        if (task == null || !task.deputy) {
            return Future.failedFuture("thread " + tid + " has ended");
        }
        Promise<Void> promise = Promise.promise();
        task.coming = new Return(image, inCall, transferred, promise);
        tasks.whenCertain(task, () -> beginToComeHome(task));
        return promise.future();
    }

    private void beginToComeHome(OriginTask task) {
        Return home = task.coming;
        if (home == null) {
            return; // Home already: both this and the end of its call have waited for an execve.
        }
        if (task.calls.busy()) {
            interrupt(task, home, FIRST_INTERRUPT_MILLIS);
        } else if (home.trapDue()) {
            trap(task, home.image());
        } else {
            comeHome(task, task.held);
        }
    }

    /**
     * Ends the call of a deputy, which brings its thread home; see executed(). A word that comes before the deputy has begun the
     * call that it was given is forgotten when it begins (serve_task_work()), so it is said again until the call has ended.
     */
    private void interrupt(OriginTask task, Return home, int millis) {
        device.interrupt(task.tid);
        context.owner().setTimer(millis, timer -> {
            if (tasks.holds(task) && task.coming == home && task.calls.busy()) {
                interrupt(task, home, Math.min(2 * millis, LAST_INTERRUPT_MILLIS));
            }
        });
    }

    private void trap(OriginTask task, ThreadImage image) {
        Future<ThreadImage> trapping =
                image.runs64Bit() ? traps.before(task.calls, image) : Future.failedFuture("it runs 32-bit code");
        trapping.onComplete(raised -> {
            Return home = task.coming;
            if (home == null || !tasks.holds(task)) {
                return;
            }
            if (raised.succeeded()) {
                task.coming = new Return(raised.result(), false, 0, home.done());
            } else {
                LOG.warn(
                        "thread {}: the trap of one instruction is lost: {}",
                        task.tid,
                        raised.cause().getMessage());
            }
            comeHome(task, null);
        });
    }

    private void comeHome(OriginTask task, @Nullable Executed last) {
        Return home = Objects.requireNonNull(task.coming);
        ThreadImage image = task.arrive(home, last);
        resumed(task, device.resume(task.tid, image, PatchedLayout.HOME));
        // Whoever asked does not expect it from inside the call.
        context.runOnContext(ignored -> home.done().complete());
    }

    private void resumed(OriginTask task, long result) {
        tasks.require(task, "it can't be resumed", result);
    }

    // The deputy's calls.

    @Override
    public void exec(int tid, long nr, long[] args) {
        OriginTask task = tasks.get(tid);
        // With a signal waiting, the thread is on its way home for it and takes the call along, not begun.
        if (task != null) {
            tasks.whenCertain(task, () -> {
                if (task.deputy && task.coming == null && !task.signalled) {
                    run(task, nr, args);
                }
            });
        }
    }

    private void run(OriginTask task, long nr, long[] args) {
        task.calls.exec(nr, args).onComplete(done -> {
            if (done.succeeded()) {
                executed(task, done.result(), args);
            } else if (!tasks.ended() && tasks.holds(task)) {
                LOG.debug("thread {}: {}", task.tid, done.cause().getMessage());
            }
        });
    }

    private void executed(OriginTask task, Executed done, long[] args) {
        if (tasks.ended()) {
            return;
        }
        if (task.coming != null) {
            task.held = done;
            tasks.whenCertain(task, () -> beginToComeHome(task));
        } else if (done.signal()) {
            // Also with a call that is over: of raise(3) a thread may expect that its handler has run when it returns.
            task.held = done;
            onSignal(task);
        } else if (done.restarts()) {
            // Woken by a signal which another thread has taken meanwhile.
            long nr = done.result() == -Linux.ERESTART_RESTARTBLOCK ? Linux.NR_RESTART_SYSCALL : done.nr();
            tasks.whenCertain(task, () -> run(task, nr, args));
        } else {
            task.movedOn();
            events().onExecuted(task.tid, done.result());
        }
    }

    @Override
    public void exit(int tid, int status) {
        OriginTask task = tasks.get(tid);
        if (task != null && task.deputy) {
            task.ending = true;
            // The thread ends in it: EXITING is all that follows.
            tasks.whenCertain(task, () -> task.calls.exec(Linux.NR_EXIT, status));
        }
    }

    @Override
    public @Nullable String stays(int tid) {
        OriginTask task = tasks.get(tid);
        return task == null || task.tie == null ? null : task.tie.why();
    }

    @Override
    public Future<Long> execInSpace(int tid, long nr, long... args) {
        OriginTask task = tasks.get(tid);
        if (task == null || !task.captured && !task.deputy) {
            return Future.failedFuture("thread " + tid + " can't be told to make calls");
        }
        Promise<Long> made = Promise.promise();
        tasks.whenCertain(task, () -> {
            task.calls.exec(nr, args).map(Executed::result).onComplete(made);
            calls.watch(task, () -> !made.future().isComplete());
        });
        return made.future();
    }

    @Override
    public Future<@Nullable Long> execStopped(int tid, long nr, long[] args) {
        return execInSpace(tid, nr, args).map(result -> result);
    }

    // Answers to captured calls.

    @Override
    public void answer(int tid, long result) {
        calls.answer(tid, result);
    }

    @Override
    public void proceed(int tid) {
        calls.proceed(tid);
    }

    /** The kernel waits for the pages that it writes to. */
    @Override
    public Future<Void> proceedWithExit(int tid) {
        return Future.succeededFuture();
    }

    @Override
    public void proceedWithExec(int tid) {
        calls.proceedWithExec(tid);
    }

    @Override
    public Future<Void> proceedWithCoreDump(int tid) {
        OriginTask task = tasks.get(tid);
        if (task == null || !task.dying) {
            return Future.succeededFuture();
        }
        task.dying = false;
        resumed(task, device.resume(tid, null, PatchedLayout.HOME));
        return CoreDump.survived(context, pid, tid, tasks::ended);
    }

    @Override
    public Future<Void> proceedWithFork(int tid) {
        return calls.proceedWithFork(tid);
    }

    // The end.

    void processEnded() {
        if (!tasks.ended() && events != null) {
            tasks.end();
            events().onProcessEnded();
        }
    }

    void close() {
        tasks.end();
    }
}
