package org.hitotsu.forwarder.backend.patched;

import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import org.hitotsu.bpf.CaptureEvent;
import org.hitotsu.forwarder.backend.Backend.Adoption;
import org.hitotsu.forwarder.backend.CallMemory;
import org.hitotsu.forwarder.backend.OriginThreads;
import org.hitotsu.forwarder.backend.ThreadImage;
import org.hitotsu.forwarder.backend.common.BrokenOffCall;
import org.hitotsu.forwarder.backend.common.CoreDump;
import org.hitotsu.forwarder.backend.common.DirectUse;
import org.hitotsu.forwarder.backend.common.InterruptedCall;
import org.hitotsu.forwarder.backend.common.KernelCallMemory;
import org.hitotsu.forwarder.backend.common.KernelException;
import org.hitotsu.forwarder.backend.common.ProcessStatus;
import org.hitotsu.forwarder.backend.patched.CallRunner.Executed;
import org.hitotsu.forwarder.nativecall.Linux;
import org.hitotsu.forwarder.nativecall.Ptrace.Registers;
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

    /**
     * A way home that has begun.
     *
     * @param transferred by the first part of the call that the image is in
     */
    private record Return(ThreadImage image, boolean inCall, long transferred, Promise<Void> done) {}

    /** What the daemon knows of one thread. */
    private static final class Task {
        final int tid;
        final CallRunner calls;
        /** At the entry of a call, which {@link #sequence} names, to be answered. */
        boolean captured;

        long sequence;
        /** In a fork or execve which it makes itself and reports. */
        boolean returning;
        /** That is an execve. */
        boolean replacing;

        @Nullable
        Promise<Void> forked;

        /** Parked at birth. */
        boolean born;
        /** Parked for another node to run it, or about to be. */
        boolean deputy;

        boolean signalled;
        boolean ending;
        /** What ties it to the origin; null if nothing does. */
        Tie.@Nullable Kind tie;
        /** Parked before a signal that ends the process with a core file. */
        boolean dying;

        @Nullable
        Promise<ThreadImage> parking;

        /** The image that was handed out while the task's registers are what they were, interrupted call and all. */
        @Nullable
        ThreadImage untouched;

        /** The call that it was parked in and has not made anew; null for none. */
        @Nullable
        BrokenOffCall brokenOff;

        /** A call that nobody has been told of: the thread has to take it home, with the signal. */
        @Nullable
        Executed held;

        @Nullable
        Return coming;

        Task(ThreadRequests device, int tid) {
            this.tid = tid;
            this.calls = new CallRunner(device, tid);
        }

        /** A filter, which outlives the program, goes before others. */
        void tie(Tie.Kind kind) {
            if (tie != Tie.Kind.FILTER) {
                tie = kind;
            }
        }
    }

    private static final int LOOK_MILLIS = 20;

    private final Context context;
    private final ThreadRequests device;
    private final int pid;
    private final Function<Tie.@Nullable Kind, Adoption> replacement;
    private final Map<Integer, Task> tasks = new HashMap<>();
    private @Nullable Events events;
    private boolean ended;
    private boolean replaced;
    /** What was taken away from threads that have been parked, to be given back when the program is let go. */
    private final Map<Integer, ThreadRequests.Captured> rseqs = new HashMap<>();

    private final TrapPage traps;
    private final CallMemory callMemory;
    /** Requests for the first thread that wait until it is known whether it is still there. */
    private final List<Runnable> postponed = new ArrayList<>();

    /** Who waits at the entry of a call. Others than the event loop may look. */
    private final Set<Integer> captured = ConcurrentHashMap.newKeySet();

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
        this.traps = new TrapPage(pid);
        this.callMemory = new KernelCallMemory(context);
        threads.forEach(tid -> tasks.put(tid, new Task(device, tid)));
    }

    @Override
    public void events(Events handler) {
        this.events = handler;
    }

    @Override
    public Collection<Integer> ids() {
        return List.copyOf(tasks.keySet());
    }

    private Events events() {
        return java.util.Objects.requireNonNull(events, "events");
    }

    /** Whether the process goes on with another program, which has taken the device over. */
    boolean replaced() {
        return replaced;
    }

    /** A thread that has not ended. */
    int livingThread() {
        return tasks.containsKey(pid) || tasks.isEmpty()
                ? pid
                : tasks.keySet().iterator().next();
    }

    // From the kernel.

    void onEvent(CaptureEvent event) {
        if (ended || events == null) {
            return;
        }
        Task task = tasks.get(event.tid());
        switch (event.type()) {
            case BORN -> {
                Task child = new Task(device, event.tid());
                child.born = true;
                child.tie = inherited();
                tasks.put(event.tid(), child);
                // Of the thread that made it the kernel says nothing.
                events().onThreadCreated(event.tid(), 0);
            }
            case REPLACED -> {
                // The other threads are gone without a word of each.
                replaced = true;
                ended = true;
                Tie.Kind tie = tasks.values().stream()
                        .filter(each -> each.replacing)
                        .findFirst()
                        .map(each -> each.tie)
                        .orElse(null);
                tasks.clear();
                postponed.clear();
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

    private void onEvent(Task task, CaptureEvent event) {
        switch (event.type()) {
            case CAPTURED -> onCaptured(task, event);
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

    private void onCaptured(Task task, CaptureEvent event) {
        if (task.parking != null) {
            // It came to this call before it could be parked, and is in it now: the call is made anew from its image.
            return;
        }
        captured(task, true);
        task.sequence = event.sequence();
        int nr = (int) event.number();
        switch (nr) {
            case Linux.NR_FORK -> events().onFork(task.tid, nr, event.arguments());
            // The programs let those pass that make a thread or only borrow the memory.
            case Linux.NR_CLONE -> onClone(task, event.arguments()[0], nr, event.arguments());
            case Linux.NR_CLONE3 -> onClone3(task, event.arguments());
            case Linux.NR_VMSPLICE ->
                events().onHomebound(task.tid, Objects.requireNonNull(DirectUse.of(nr, event.arguments())));
            case Linux.NR_EXECVE, Linux.NR_EXECVEAT -> events().onExec(task.tid);
            case Linux.NR_PRCTL, Linux.NR_ARCH_PRCTL, Linux.NR_MODIFY_LDT, Linux.NR_SECCOMP ->
                onTie(task, Tie.of(nr, event.arguments()[0], event.arguments()[1]));
            default -> events().onMemoryCall(task.tid, nr, event.arguments());
        }
    }

    private void onClone3(Task task, long[] args) {
        long sequence = task.sequence;
        callMemory.read(task.tid, args[0], Long.BYTES).onSuccess(bytes -> {
            if (!task.captured || task.sequence != sequence || ended) {
                return; // It has been parked meanwhile, and comes again.
            }
            // What has gone meanwhile is answered with EFAULT, by the kernel.
            long flags = bytes == null
                    ? 0
                    : ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getLong();
            onClone(task, flags, Linux.NR_CLONE3, args);
        });
    }

    private void onClone(Task task, long flags, int nr, long[] args) {
        String why = DirectUse.ofClone(flags);
        if (why != null) {
            events().onHomebound(task.tid, why);
        } else {
            events().onFork(task.tid, nr, args);
        }
    }

    /**
     * A filter is asked of what the task does as deputy, too; but a deputy's instruction pointer is not that of the call, which a
     * filter may look at, and the handler of a trap, too (SECCOMP_RET_TRAP). And a thread that a filter ends has no pages to
     * wait for: the kernel's writes at its end, for which a joiner waits, would be lost where one is away.
     */
    private void onTie(Task task, @Nullable Tie given) {
        if (given == null) {
            proceed(task.tid);
            return;
        }
        if (given.ofProcess()) {
            tasks.values().forEach(each -> each.tie(given.kind()));
        } else {
            task.tie(given.kind());
        }
        if (given.ofProcess() || given.kind() == Tie.Kind.FILTER) {
            events().onHomebound(task.tid, given.kind().why());
        } else {
            proceed(task.tid);
        }
    }

    /** What a new thread may have from the one that has made it, whichever that is. */
    private Tie.@Nullable Kind inherited() {
        return tasks.values().stream()
                .map(task -> task.tie)
                .filter(kind -> kind != null && kind != Tie.Kind.DISPATCH)
                .min(Comparator.comparing(kind -> kind != Tie.Kind.FILTER))
                .orElse(null);
    }

    /** Whether a thread waits at the entry of a call that it has not been let make yet. Any thread. */
    boolean isCaptured(int tid) {
        return captured.contains(tid);
    }

    /** Restartable sequences that threads had before they were parked, by thread. */
    Map<Integer, ThreadRequests.Captured> rseqs() {
        return Map.copyOf(rseqs);
    }

    private void captured(Task task, boolean waits) {
        task.captured = waits;
        if (waits) {
            captured.add(task.tid);
        } else {
            captured.remove(task.tid);
        }
    }

    private void onExecuted(Task task, CaptureEvent event) {
        if (task.calls.busy()) {
            task.calls.onExecuted(event);
        } else {
            callOver(task);
        }
    }

    /** A call that the thread was let make is over, be it with the thread. */
    private void callOver(Task task) {
        task.returning = false;
        task.replacing = false;
        if (!othersReplace()) {
            List<Runnable> requests = List.copyOf(postponed);
            postponed.clear();
            requests.forEach(Runnable::run);
        }
        Promise<Void> forked = task.forked;
        task.forked = null;
        if (forked != null) {
            forked.complete();
        }
    }

    private void onSignal(Task task) {
        if (!task.deputy || task.ending || task.coming != null) {
            return;
        }
        if (!task.signalled) {
            task.signalled = true;
            events().onDeputySignal(task.tid);
        }
    }

    private void onExiting(Task task) {
        tasks.remove(task.tid);
        captured.remove(task.tid);
        rseqs.remove(task.tid);
        Promise<ThreadImage> parking = task.parking;
        task.parking = null;
        if (parking != null) {
            parking.fail("thread " + task.tid + " has ended");
        }
        task.calls.onExiting();
        callOver(task);
        events().onThreadGone(task.tid);
    }

    // Parking.

    @Override
    public Future<ThreadImage> park(int tid) {
        Task task = tasks.get(tid);
        if (task == null) {
            return Future.failedFuture("thread " + tid + " has ended");
        }
        if (task.deputy) {
            return Future.failedFuture("thread " + tid + " is not at home");
        }
        if (task.tie != null) {
            return Future.failedFuture("thread " + tid + " stays at its origin, for it " + task.tie.why());
        }
        if (tid == pid && othersReplace()) {
            return Future.failedFuture("thread " + tid + " may be ending: another one executes a program");
        }
        if (task.captured || task.returning) {
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
            parked(task, -1, false);
        }
        return promise.future();
    }

    private void onParked(Task task, CaptureEvent event) {
        if (task.parking == null) {
            fatal(task, "it was parked unasked");
            return;
        }
        long call = event.has(CaptureEvent.FLAG_IN_CALL) ? event.number() : -1;
        boolean signal = event.has(CaptureEvent.FLAG_SIGNAL);
        whenCertain(task, () -> parked(task, call, signal));
    }

    /**
     * The thread has come to rest.
     *
     * @param call the captured call that it is in, -1 for none
     */
    private void parked(Task task, long call, boolean signal) {
        Promise<ThreadImage> promise = java.util.Objects.requireNonNull(task.parking);
        ThreadRequests.Captured captured;
        try {
            captured = device.image(task.tid);
        } catch (KernelException e) {
            task.parking = null;
            promise.fail(e);
            if (e.errno() != Linux.ESRCH) {
                fatal(task, "its image can't be taken: " + e.getMessage());
            }
            return;
        }
        ThreadImage image = captured.image();
        if (call >= 0) {
            image = image.beforeCall(call);
        } else {
            ThreadImage inCall = image;
            image = InterruptedCall.settled(inCall);
            task.untouched = image;
            task.brokenOff = BrokenOffCall.of(inCall, image);
        }
        if (stepped(image)) {
            // Elsewhere each trap would bring it home, and one behind an instruction that clears the flag can't be
            // raised.
            task.parking = null;
            task.coming = new Return(image, false, 0, Promise.promise());
            comeHome(task, null);
            promise.fail("thread " + task.tid + " has its trap flag set, which keeps it at home; try again later");
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
        ThreadImage settled = image;
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
                        promise.complete(settled);
                    }
                });
    }

    @Override
    public void release(int tid) {
        Task task = tasks.get(tid);
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
        Task task = tasks.get(tid);
        if (task == null || !task.deputy) {
            return Future.failedFuture("thread " + tid + " has ended");
        }
        Promise<Void> promise = Promise.promise();
        task.coming = new Return(image, inCall, transferred, promise);
        whenCertain(task, () -> beginToComeHome(task));
        return promise.future();
    }

    private void beginToComeHome(Task task) {
        Return home = task.coming;
        if (home == null) {
            return; // Home already: both this and the end of its call have waited for an execve.
        }
        if (task.calls.busy()) {
            // Its end brings the thread home; see executed().
            device.interrupt(task.tid);
        } else if (!home.inCall() && home.image().trapDue() && stepped(home.image())) {
            trap(task, home.image());
        } else {
            comeHome(task, task.held);
        }
    }

    /**
     * Requests something for a thread that is certainly the one that is meant. When another thread makes an execve, the
     * first thread ends, and its number belongs to that one, with the new program (de_thread()), before REPLACED says so:
     * there a late request would set registers or make calls that were the old program's. If the execve fails, nothing has
     * happened.
     */
    private void whenCertain(Task task, Runnable request) {
        if (task.tid == pid && othersReplace()) {
            postponed.add(() -> {
                if (tasks.get(task.tid) == task) {
                    request.run();
                }
            });
        } else {
            request.run();
        }
    }

    private static boolean stepped(ThreadImage image) {
        return (image.register(Registers.EFLAGS) & Registers.TRAP_FLAG) != 0;
    }

    private void trap(Task task, ThreadImage image) {
        traps.before(task.calls, image).onComplete(raised -> {
            Return home = task.coming;
            if (home == null || tasks.get(task.tid) != task) {
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

    private void comeHome(Task task, @Nullable Executed last) {
        Return home = java.util.Objects.requireNonNull(task.coming);
        ThreadImage image;
        if (home.inCall()) {
            image = outcome(home.image(), last);
            if (home.transferred() > 0) {
                image = InterruptedCall.behindRest(home.image(), image, home.transferred());
            }
        } else if (home.image().equals(task.untouched) && (task.brokenOff == null || task.signalled)) {
            // Arrays are equal only if they are the same: it never left.
            image = null;
        } else {
            image = home.image().with(Registers.ORIG_RAX, -1);
        }
        if (task.brokenOff != null && image != null) {
            image = task.brokenOff.takenHome(image, task.signalled);
        }
        task.coming = null;
        task.held = null;
        task.untouched = null;
        task.brokenOff = null;
        task.deputy = false;
        task.signalled = false;
        resumed(task, device.resume(task.tid, image, PatchedLayout.HOME));
        // Whoever asked does not expect it from inside the call.
        context.runOnContext(ignored -> home.done().complete());
    }

    /**
     * The image of a thread in a forwarded call, joined with how far its deputy has come.
     *
     * @param last what the deputy executed and nobody was told of; null if it was not given the call
     */
    private static ThreadImage outcome(ThreadImage image, @Nullable Executed last) {
        if (last == null) {
            return image.beforeCall(image.register(Registers.ORIG_RAX));
        }
        if (!last.interrupted()) {
            return image.afterCall(last.result());
        }
        ThreadImage joined = image.with(Registers.RAX, last.result()).with(Registers.ORIG_RAX, last.nr());
        return InterruptedCall.leftToKernel(joined, last.signal());
    }

    /** Whether another thread than the first makes an execve. */
    private boolean othersReplace() {
        return tasks.values().stream().anyMatch(task -> task.replacing && task.tid != pid);
    }

    private void resumed(Task task, long result) {
        if (result < 0 && result != -Linux.ESRCH) {
            // It would stand still, or run on with registers that are not its own.
            fatal(task, "it can't be resumed: " + Linux.errorName(result));
        }
    }

    private void fatal(Task task, String why) {
        if (ended) {
            return;
        }
        LOG.error("thread {}: {}; the program is ended", task.tid, why);
        Linux.kill(pid, Linux.SIGKILL);
    }

    // The deputy's calls.

    @Override
    public void exec(int tid, long nr, long[] args) {
        Task task = tasks.get(tid);
        // With a signal waiting, the thread is on its way home for it and takes the call along, not begun.
        if (task != null) {
            whenCertain(task, () -> {
                if (task.deputy && task.coming == null && !task.signalled) {
                    run(task, nr, args);
                }
            });
        }
    }

    private void run(Task task, long nr, long[] args) {
        task.calls.exec(nr, args).onComplete(done -> {
            if (done.succeeded()) {
                executed(task, done.result(), args);
            } else if (!ended && tasks.get(task.tid) == task) {
                LOG.debug("thread {}: {}", task.tid, done.cause().getMessage());
            }
        });
    }

    private void executed(Task task, Executed done, long[] args) {
        if (ended) {
            return;
        }
        if (task.coming != null) {
            task.held = done;
            whenCertain(task, () -> beginToComeHome(task));
        } else if (done.signal()) {
            // Also with a call that is over: of raise(3) a thread may expect that its handler has run when it returns.
            task.held = done;
            onSignal(task);
        } else if (done.restarts()) {
            // Woken by a signal which another thread has taken meanwhile.
            long nr = done.result() == -Linux.ERESTART_RESTARTBLOCK ? Linux.NR_RESTART_SYSCALL : done.nr();
            whenCertain(task, () -> run(task, nr, args));
        } else {
            task.untouched = null;
            task.brokenOff = null;
            events().onExecuted(task.tid, done.result());
        }
    }

    @Override
    public void exit(int tid, int status) {
        Task task = tasks.get(tid);
        if (task != null && task.deputy) {
            task.ending = true;
            // The thread ends in it: EXITING is all that follows.
            whenCertain(task, () -> task.calls.exec(Linux.NR_EXIT, status));
        }
    }

    @Override
    public @Nullable String stays(int tid) {
        Task task = tasks.get(tid);
        return task == null || task.tie == null ? null : task.tie.why();
    }

    @Override
    public Future<Long> execInSpace(int tid, long nr, long... args) {
        Task task = tasks.get(tid);
        if (task == null || !task.captured && !task.deputy) {
            return Future.failedFuture("thread " + tid + " can't be told to make calls");
        }
        Promise<Long> made = Promise.promise();
        whenCertain(task, () -> task.calls.exec(nr, args).map(Executed::result).onComplete(made));
        return made.future();
    }

    @Override
    public Future<@Nullable Long> execStopped(int tid, long nr, long[] args) {
        return execInSpace(tid, nr, args).map(result -> result);
    }

    // Answers to captured calls.

    @Override
    public void answer(int tid, long result) {
        Task task = tasks.get(tid);
        if (task != null) {
            whenCertain(task, () -> {
                if (task.captured) {
                    captured(task, false);
                    answered(task, device.inject(tid, task.sequence, result));
                }
            });
        }
    }

    @Override
    public void proceed(int tid) {
        proceed(tid, false);
    }

    /** Lets the thread make its call; whether it was in one. */
    private boolean proceed(int tid, boolean report) {
        Task task = tasks.get(tid);
        if (task == null || !task.captured) {
            return false;
        }
        captured(task, false);
        task.returning = report;
        whenCertain(task, () -> answered(task, device.proceed(tid, task.sequence, report)));
        return true;
    }

    private void answered(Task task, long result) {
        if (result < 0 && result != -Linux.ESRCH) {
            fatal(task, "its captured call can't be answered: " + Linux.errorName(result));
        }
    }

    /** The kernel waits for the pages that it writes to. */
    @Override
    public Future<Void> proceedWithExit(int tid) {
        return Future.succeededFuture();
    }

    @Override
    public void proceedWithExec(int tid) {
        Task task = tasks.get(tid);
        if (task != null && proceed(tid, true)) {
            task.replacing = true;
        }
    }

    @Override
    public Future<Void> proceedWithCoreDump(int tid) {
        Task task = tasks.get(tid);
        if (task == null || !task.dying) {
            return Future.succeededFuture();
        }
        task.dying = false;
        resumed(task, device.resume(tid, null, PatchedLayout.HOME));
        return CoreDump.survived(context, pid, tid, () -> ended);
    }

    @Override
    public Future<Void> proceedWithFork(int tid) {
        Task task = tasks.get(tid);
        Promise<Void> forked = Promise.promise();
        if (task == null || !proceed(tid, true)) {
            return Future.succeededFuture();
        }
        task.forked = forked;
        if (task.tie == Tie.Kind.FILTER) {
            watch(task, forked);
        }
        return forked.future();
    }

    /**
     * Looks whether a fork is over with its thread: a filter of the program's own, which the kernel asks behind the capture,
     * may end it there, and then no event tells of that.
     */
    private void watch(Task task, Promise<Void> forked) {
        context.owner().setTimer(LOOK_MILLIS, timer -> {
            if (ended || task.forked != forked) {
                return;
            }
            if (ProcessStatus.hasEnded(pid, task.tid)) {
                onExiting(task);
            } else {
                watch(task, forked);
            }
        });
    }

    // The end.

    void processEnded() {
        if (!ended && events != null) {
            ended = true;
            events().onProcessEnded();
        }
    }

    void close() {
        ended = true;
    }
}
