package org.hitotsu.forwarder.backend.stock;

import static org.hitotsu.forwarder.backend.stock.StockLayout.*;

import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.hitotsu.forwarder.backend.Backend.Adoption;
import org.hitotsu.forwarder.backend.OriginThreads;
import org.hitotsu.forwarder.backend.ThreadImage;
import org.hitotsu.forwarder.nativecall.Linux;
import org.hitotsu.forwarder.nativecall.NativeMemory;
import org.hitotsu.forwarder.nativecall.Ptrace.Registers;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Threads at the origin by seccomp notification and ptrace on demand.
 *
 * <p>A deputy stands in the agent. Between two calls it waits in the rendezvous, where the next request costs one
 * notification round trip; but a received notification can't be interrupted by a signal (SECCOMP_FILTER_FLAG_
 * WAIT_KILLABLE_RECV, without which a signal could make a trapped mmap run twice). So after {@link #IDLE_MILLIS} without
 * a request it is sent to sleep on its mailbox's futex, where signals find it.
 */
final class StockOriginThreads implements OriginThreads, Notifications.Handler, OriginTracee.Reports {
    private static final Logger LOG = LoggerFactory.getLogger(StockOriginThreads.class);
    private static final int IDLE_MILLIS = 2;
    private static final int SPAWN_CHECK_MILLIS = 20;
    /** Some seconds: a thread that ends may wait for a page. */
    private static final int QUIET_LOOKS = 1000;

    private static final int CLONE_VM = 0x100;
    private static final int CLONE_THREAD = 0x10000;

    /** What the daemon knows of one thread. Event loop only. */
    private static final class Task {
        final int tid;
        /** The notification of a trapped call at home, 0 if none. */
        long trapped;

        boolean deputy;
        boolean stoppedAtBirth;
        /** Clones, forks and execs it is in and traced for. */
        int spawning;

        boolean ending;
        boolean resuming;
        /** The deputy is stopped for a signal, which goes home with it. */
        boolean signalled;

        long slot;
        /** The notification of the rendezvous the deputy waits in, 0 if none. */
        long rendezvous;

        boolean rendezvousAged;
        boolean idle;
        /** Whether a request was handed out (or waits in the mailbox) whose end was not reported. */
        boolean executing;

        int queuedCommand;

        @Nullable
        OriginTracee tracee;

        /** At home, but in the agent, which makes a call for it. */
        boolean borrowed;

        /** Its image in that call, as soon as the agent has been given it. */
        @Nullable
        ThreadImage inBorrowedCall;

        /** Restartable sequences that an ending thread has yet to take away: address, length, signature. */
        long[] rseq = new long[3];

        /** What traced its last execve, and may still. */
        @Nullable
        OriginTracee lastExec;

        @Nullable
        Promise<Void> resumed;

        @Nullable
        Promise<Void> unregistered;

        Task(int tid) {
            this.tid = tid;
        }
    }

    /** A trapped call with which nothing was begun yet. */
    private record HeldCall(Task task, long id, Runnable begin) {}

    private final Context context;
    private final Tracer tracer;
    private final AgentRegion region;
    private final Notifications notifications;
    private final Helper helper;
    private final int pid;
    private final Map<Integer, Task> tasks = new HashMap<>();
    private @Nullable Events events;
    private int helperPid;
    private boolean ready;
    private boolean everMoved;
    private boolean sweeping;
    private boolean ended;
    /** Calls that came since {@link #hold}; null if they are not held. */
    private @Nullable List<HeldCall> held;
    /** Who waits in a received notification of its own. Others than the event loop may look. */
    private final Set<Integer> trapped = ConcurrentHashMap.newKeySet();
    /** Restartable sequences that were taken away from threads which are home again: address, length, signature. */
    private final Map<Integer, long[]> rseqs = new HashMap<>();

    private @Nullable Supplier<Adoption> replacement;

    StockOriginThreads(
            Context context,
            Tracer tracer,
            AgentRegion region,
            int pid,
            Collection<Integer> threads,
            Notifications notifications) {
        this.context = context;
        this.tracer = tracer;
        this.region = region;
        this.pid = pid;
        threads.forEach(tid -> tasks.put(tid, new Task(tid)));
        this.notifications = notifications;
        notifications.handler(this);
        this.helper = new Helper(region, notifications);
    }

    /** Names what prepares the program that this one is replaced by. */
    void replacement(Supplier<Adoption> next) {
        replacement = next;
    }

    /** The program is prepared: from now on its calls mean something. */
    void prepared(int helperProcess) {
        helperPid = helperProcess;
        ready = true;
    }

    Helper helper() {
        return helper;
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

    // Notifications.

    @Override
    public void onCall(long id, int tid, long nr, long[] args, boolean foreignAbi) {
        if (nr == NR_RENDEZVOUS && !ended) {
            onRendezvous(id, tid);
            return;
        }
        Task task = tasks.get(tid);
        if (!ready || task == null || foreignAbi || ended || events == null) {
            // Before the program is prepared, or a child process of it: native.
            notifications.proceed(id);
            return;
        }
        finishResume(task); // it is home already, if the tracer's word is only on its way
        task.trapped = id;
        trapped.add(tid);
        if (task.deputy) {
            // It is being parked and came to this call first. Received, the notification holds up the interrupt.
            restartTrapped(task);
            return;
        }
        if (held != null) {
            held.add(new HeldCall(task, id, () -> begin(task, nr, args)));
        } else {
            begin(task, nr, args);
        }
    }

    private void begin(Task task, long nr, long[] args) {
        int tid = task.tid;
        switch ((int) nr) {
            case Linux.NR_CLONE -> onClone(task, args[0], nr, args);
            // The structure may be on another node: its page is waited for like for any access.
            case Linux.NR_CLONE3 ->
                readLongs(args[0], 1).onComplete(flags -> {
                    if (flags.succeeded()) {
                        onClone(task, flags.result()[0], nr, args);
                    } else {
                        proceed(tid); // EFAULT, says the kernel
                    }
                });
            case Linux.NR_FORK -> events().onFork(tid, (int) nr, args);
            case Linux.NR_VFORK -> proceed(tid);
            case Linux.NR_EXECVE, Linux.NR_EXECVEAT -> events().onExec(tid);
            case Linux.NR_EXIT -> onExit(task, (int) args[0]);
            case Linux.NR_FUTEX -> onFutex(task, args);
            default -> events().onMemoryCall(tid, (int) nr, args);
        }
    }

    private void untrap(Task task) {
        task.trapped = 0;
        trapped.remove(task.tid);
    }

    /**
     * Has the trapped call of a thread that is being parked restart, wherever the thread goes on. Only with the interrupt
     * pending: the kernel's restart codes are for the way through a stop, without one the program would see them.
     */
    private void restartTrapped(Task task) {
        if (task.tracee != null && task.trapped != 0) {
            long id = task.trapped;
            untrap(task);
            notifications.answer(id, -Linux.ERESTARTNOINTR);
        }
    }

    private void onClone(Task task, long flags, long nr, long[] args) {
        if (held != null) {
            held.add(new HeldCall(task, task.trapped, () -> onClone(task, flags, nr, args)));
            return;
        }
        if ((flags & CLONE_THREAD) != 0) {
            spawn(task, true);
        } else if ((flags & CLONE_VM) != 0) {
            // vfork and posix_spawn: the child borrows the memory, faults included, until it executes something else.
            proceed(task.tid);
        } else {
            events().onFork(task.tid, (int) nr, args);
        }
    }

    /** Lets a clone or fork happen under trace; completes when it is over. */
    private Future<Void> spawn(Task task, boolean thread) {
        long id = task.trapped;
        untrap(task);
        task.spawning++;
        Promise<Void> over = Promise.promise();
        Runnable done = () -> onLoop(() -> {
            task.spawning--;
            over.complete();
        });
        tracer.submit(
                ptrace -> OriginTracee.seizeToSpawn(ptrace, tracer, this, task.tid, thread, done),
                (tracee, failure) -> onLoop(() -> {
                    if (failure != null) {
                        LOG.warn(
                                "thread {} is traced by somebody else, its new threads stay at home: {}",
                                task.tid,
                                failure.getMessage());
                        done.run();
                    }
                    notifications.proceed(id);
                    if (tracee != null) {
                        context.owner().setTimer(SPAWN_CHECK_MILLIS, timer -> tracer.submit(tracee::checkCall));
                    }
                }));
        return over.future();
    }

    private void onExit(Task task, int status) {
        if (!everMoved) {
            tasks.remove(task.tid);
            notifications.proceed(task.trapped);
            untrap(task);
            events().onThreadGone(task.tid);
            return;
        }
        // The kernel's own exit would not wait for pages which are elsewhere (agent.c, thread_exit).
        task.ending = true;
        park(task.tid).onComplete(done -> {
            if (done.succeeded()) {
                exit(task.tid, status);
            }
        });
    }

    /**
     * A futex call that writes, which the kernel would end with EFAULT where the word's page is on another node: the agent
     * makes it for the thread, with that page at hand (agent.c, futex_guard).
     */
    private void onFutex(Task task, long[] args) {
        if (!everMoved) {
            proceed(task.tid);
            return;
        }
        task.borrowed = true;
        capture(task)
                .onSuccess(captured -> {
                    if (captured.restarted() == Linux.NR_FUTEX) {
                        ThreadImage image = captured.image();
                        task.inBorrowedCall = image.inCall(Linux.NR_FUTEX);
                        exec(task.tid, Linux.NR_FUTEX, args);
                    } else {
                        // A signal was delivered first. Its handler runs, and the call comes again.
                        resume(task.tid, captured.image(), false);
                    }
                })
                .onFailure(cause -> {
                    task.borrowed = false;
                    proceed(task.tid);
                });
    }

    private void leaveBorrowedCall(Task task, ThreadImage image, boolean inCall) {
        task.inBorrowedCall = null;
        resume(task.tid, image, inCall);
    }

    /** Reads {@code count} words of the program's memory; fails if they can't be read. */
    private Future<long[]> readLongs(long address, int count) {
        return helper.read(helperPid, address, 8 * count).compose(bytes -> {
            if (bytes == null) {
                return Future.failedFuture("address 0x" + Long.toHexString(address) + " is not mapped");
            }
            long[] words = new long[count];
            ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).asLongBuffer().get(words);
            return Future.succeededFuture(words);
        });
    }

    private void onRendezvous(long id, int tid) {
        Task task = tasks.get(tid);
        if (task == null || !task.deputy) {
            if (tid == helperPid || !ready) {
                helper.onRendezvous(id);
            } else {
                notifications.answer(id, -Linux.EINVAL);
            }
            return;
        }
        if (task.resuming) {
            // Interrupted already; a notification that is received holds the interrupt up until it is answered.
            notifications.answer(id, 0);
            return;
        }
        task.rendezvous = id;
        task.rendezvousAged = false;
        task.idle = false;
        if (task.executing && region.state(task.slot) == STATE_DONE) {
            task.executing = false;
            region.setState(task.slot, STATE_FREE);
            Promise<Void> unregistered = task.unregistered;
            ThreadImage inCall = task.inBorrowedCall;
            if (unregistered != null) {
                task.unregistered = null;
                unregistered.complete();
            } else if (inCall != null) {
                leaveBorrowedCall(task, inCall.afterCall(region.result(task.slot)), false);
            } else {
                events().onExecuted(tid, region.result(task.slot));
            }
        }
        handOut(task);
        startSweep();
    }

    /** Gives a waiting deputy the request in its mailbox. */
    private void handOut(Task task) {
        if (task.queuedCommand == 0) {
            return;
        }
        if (task.rendezvous != 0) {
            long id = task.rendezvous;
            task.rendezvous = 0;
            int command = task.queuedCommand;
            task.queuedCommand = 0;
            notifications.answer(id, command);
        } else if (task.idle) {
            task.idle = false;
            // The sleeper executes a system call by itself; anything else it fetches at the rendezvous.
            if (task.queuedCommand == CMD_EXEC) {
                task.queuedCommand = 0;
            }
            long futex = region.local(task.slot) + BOX_FUTEX;
            NativeMemory.putIntVolatile(futex, 1);
            Linux.futexWake(futex);
        }
    }

    private void startSweep() {
        if (!sweeping) {
            sweeping = true;
            context.owner().setTimer(IDLE_MILLIS, this::sweep);
        }
    }

    /** Sends deputies to sleep that have waited in the rendezvous since the sweep before. */
    private void sweep(long timer) {
        sweeping = false;
        boolean again = false;
        for (Task task : tasks.values()) {
            if (task.rendezvous == 0) {
                continue;
            }
            if (!task.rendezvousAged) {
                task.rendezvousAged = true;
                again = true;
                continue;
            }
            long id = task.rendezvous;
            task.rendezvous = 0;
            task.idle = true;
            NativeMemory.putIntVolatile(region.local(task.slot) + BOX_FUTEX, 0);
            notifications.answer(id, CMD_IDLE);
        }
        if (again && !ended) {
            startSweep();
        }
    }

    // OriginThreads.

    @Override
    public Future<ThreadImage> park(int tid) {
        Task task = tasks.get(tid);
        if (task == null) {
            return Future.failedFuture("thread " + tid + " has ended");
        }
        if (task.deputy) {
            return Future.failedFuture(
                    "thread " + tid + (task.borrowed ? " is in a call on a futex" : " is not at home"));
        }
        if ((task.trapped != 0 || task.spawning > 0) && !task.ending) {
            return Future.failedFuture("thread " + tid + " is in a system call that changes the address space");
        }
        return capture(task).compose(done -> settle(task, done));
    }

    /** Puts a thread that is at home into the agent, and answers what it was. */
    private Future<OriginTracee.Captured> capture(Task task) {
        int tid = task.tid;
        try {
            task.slot = region.takeSlot();
        } catch (IllegalStateException full) {
            return Future.failedFuture(full);
        }
        everMoved = true;
        task.deputy = true;
        Promise<OriginTracee.Captured> captured = Promise.promise();
        java.util.function.BiConsumer<OriginTracee.Captured, Throwable> parked = (image, failure) -> onLoop(() -> {
            if (failure != null) {
                captured.tryFail(failure);
            } else {
                captured.tryComplete(image);
            }
        });
        OriginTracee tracee = task.tracee;
        if (task.stoppedAtBirth && tracee != null) {
            task.stoppedAtBirth = false;
            tracer.submit(ptrace -> tracee.park(ptrace, task.slot, parked));
        } else {
            tracer.submit(
                    ptrace -> OriginTracee.seizeToPark(ptrace, tracer, this, tid, task.slot, parked),
                    (seized, failure) -> onLoop(() -> {
                        if (seized != null) {
                            task.tracee = seized;
                            restartTrapped(task);
                        } else {
                            task.deputy = false;
                            region.freeSlot(task.slot);
                            task.slot = 0;
                            captured.tryFail(failure);
                            proceed(tid);
                        }
                    }));
        }
        return captured.future();
    }

    /**
     * Takes the thread's restartable sequences away, before its memory moves: the kernel would write the CPU number into
     * that area at each switch of the deputy. It is not registered on the other node either, since CPU numbers of two
     * nodes overlap and per-CPU data would be shared by CPUs that are not the same; the program sees it unregistered.
     */
    private Future<ThreadImage> settle(Task task, OriginTracee.Captured captured) {
        long[] rseq = captured.rseq();
        if (rseq[0] == 0 || task.ending) {
            task.rseq = rseq;
            return Future.succeededFuture(captured.image());
        }
        return abortSequence(captured.image(), rseq[0]).compose(image -> {
            if (task.signalled) {
                // Stopped for it since it was parked: it would not make the call, will not leave, and keeps them.
                return Future.succeededFuture(image);
            }
            Promise<Void> promise = Promise.promise();
            task.unregistered = promise;
            exec(task.tid, Linux.NR_RSEQ, new long[] {rseq[0], rseq[1], 1, rseq[2]});
            return promise.future().map(unregistered -> {
                rseqs.put(task.tid, rseq);
                return image;
            });
        });
    }

    /** A thread taken in the middle of a restartable sequence goes on at its abort handler (rseq(2)). */
    private Future<ThreadImage> abortSequence(ThreadImage image, long area) {
        return readLongs(area + 8, 1)
                .compose(descriptor -> descriptor[0] == 0
                        ? Future.succeededFuture(image)
                        : readLongs(descriptor[0] + 8, 3).map(sequence -> {
                            long offset = image.register(Registers.RIP) - sequence[0];
                            return Long.compareUnsigned(offset, sequence[1]) < 0
                                    ? image.with(Registers.RIP, sequence[2])
                                    : image;
                        }))
                .otherwise(image);
    }

    @Override
    public void release(int tid) {
        Task task = tasks.get(tid);
        if (task != null && task.stoppedAtBirth) {
            task.stoppedAtBirth = false;
            OriginTracee tracee = task.tracee;
            task.tracee = null;
            if (tracee != null) {
                tracer.submit(tracee::release);
            }
        }
    }

    @Override
    public Future<Void> resume(int tid, ThreadImage image, boolean inCall) {
        Task task = tasks.get(tid);
        if (task == null || task.tracee == null) {
            return Future.failedFuture("thread " + tid + " has ended");
        }
        task.resuming = true;
        Promise<Void> resumed = Promise.promise();
        task.resumed = resumed;
        OriginTracee tracee = task.tracee;
        tracer.submit(ptrace -> {
            tracee.resume(ptrace, region, image, inCall);
            onLoop(() -> {
                if (task.rendezvous != 0) {
                    long id = task.rendezvous;
                    task.rendezvous = 0;
                    notifications.answer(id, 0);
                }
            });
        });
        return resumed.future();
    }

    @Override
    public void onResumed(int tid) {
        onLoop(() -> {
            Task task = tasks.get(tid);
            if (task != null) {
                finishResume(task);
            }
        });
    }

    private void finishResume(Task task) {
        if (!task.resuming) {
            return;
        }
        region.freeSlot(task.slot);
        task.slot = 0;
        task.deputy = false;
        task.resuming = false;
        task.signalled = false;
        task.executing = false;
        task.queuedCommand = 0;
        task.rendezvous = 0;
        task.idle = false;
        task.tracee = null;
        task.borrowed = false;
        Promise<Void> resumed = task.resumed;
        task.resumed = null;
        if (resumed != null) {
            resumed.complete();
        }
    }

    @Override
    public void exec(int tid, long nr, long[] args) {
        request(tid, CMD_EXEC, nr, args);
    }

    @Override
    public void exit(int tid, int status) {
        long head = 0;
        try (NativeMemory out = new NativeMemory(16)) {
            if (Linux.call(Linux.NR_GET_ROBUST_LIST, tid, out.address(), out.address() + 8) == 0) {
                head = NativeMemory.getLong(out.address());
            }
        }
        Task task = tasks.get(tid);
        if (task == null) {
            return;
        }
        task.ending = true;
        long[] rseq = task.rseq;
        request(tid, CMD_CALL, CALL_THREAD_EXIT, new long[] {status, head, rseq[0], rseq[1], rseq[2]});
    }

    private void request(int tid, int command, long nr, long[] args) {
        Task task = tasks.get(tid);
        if (task == null || !task.deputy || ended) {
            return;
        }
        task.executing = true;
        task.queuedCommand = command;
        region.request(task.slot, nr, args, command == CMD_EXEC ? STATE_REQUESTED : STATE_FREE);
        handOut(task);
    }

    @Override
    public Future<Long> execInSpace(int tid, long nr, long... args) {
        return helper.exec(nr, args);
    }

    @Override
    public Future<@Nullable Long> execStopped(int tid, long nr, long[] args) {
        return Future.succeededFuture(null);
    }

    @Override
    public void answer(int tid, long result) {
        Task task = tasks.get(tid);
        if (task != null && task.trapped != 0) {
            long id = task.trapped;
            untrap(task);
            notifications.answer(id, result);
        }
    }

    @Override
    public void proceed(int tid) {
        Task task = tasks.get(tid);
        if (task != null && task.trapped != 0) {
            long id = task.trapped;
            untrap(task);
            notifications.proceed(id);
        }
    }

    @Override
    public Future<Void> proceedWithFork(int tid) {
        Task task = tasks.get(tid);
        if (task == null || task.trapped == 0) {
            return Future.succeededFuture();
        }
        return spawn(task, false);
    }

    @Override
    public void proceedWithExec(int tid) {
        Task task = tasks.get(tid);
        if (task == null || task.trapped == 0) {
            return;
        }
        long id = task.trapped;
        untrap(task);
        task.spawning++;
        OriginTracee previous = task.lastExec;
        Runnable failed = () -> onLoop(() -> task.spawning--);
        tracer.submit(
                ptrace -> OriginTracee.seizeToExec(ptrace, tracer, this, tid, pid, previous, failed),
                (tracee, failure) -> onLoop(() -> {
                    if (tracee == null) {
                        // The program that follows could not be prepared, and would run into the filter unprepared.
                        LOG.warn(
                                "thread {} is traced by somebody else and may not execute a program: {}",
                                tid,
                                failure.getMessage());
                        task.spawning--;
                        notifications.answer(id, -Linux.EPERM);
                        return;
                    }
                    if (tracee == previous) {
                        task.spawning--;
                    }
                    task.lastExec = tracee;
                    notifications.proceed(id);
                    context.owner().setTimer(SPAWN_CHECK_MILLIS, timer -> tracer.submit(tracee::checkCall));
                }));
    }

    @Override
    public void onReplaced() {
        onLoop(() -> {
            Supplier<Adoption> next = replacement;
            if (next != null && events != null && !ended) {
                events.onReplaced(next.get());
            }
        });
    }

    // OriginTracee.Reports, on the tracing thread.

    @Override
    public void onGone(int tid) {
        onLoop(() -> {
            Task task = tasks.remove(tid);
            trapped.remove(tid);
            rseqs.remove(tid);
            if (task != null) {
                if (task.slot != 0) {
                    region.freeSlot(task.slot);
                }
                if (!ended) {
                    events().onThreadGone(tid);
                }
            }
        });
    }

    @Override
    public void onSignal(int tid, int signal) {
        onLoop(() -> {
            Task task = tasks.get(tid);
            OriginTracee tracee = task == null ? null : task.tracee;
            if (task == null || tracee == null || task.resuming || ended) {
                return;
            }
            if (task.ending) {
                tracer.submit(ptrace -> {
                    if (tracee.dropSignal(ptrace)) {
                        Linux.kill(pid, signal);
                    }
                });
                return;
            }
            ThreadImage inCall = task.inBorrowedCall;
            if (inCall != null) {
                leaveBorrowedCall(task, inCall, true);
                return;
            }
            task.signalled = true;
            Promise<Void> unregistered = task.unregistered;
            if (unregistered != null) {
                // Stopped before it could take its sequences away: it will not leave, and keeps them.
                task.unregistered = null;
                task.executing = false;
                task.queuedCommand = 0;
                region.setState(task.slot, STATE_FREE);
                unregistered.complete();
            }
            events().onDeputySignal(tid);
        });
    }

    @Override
    public void onSpawned(int parent, int child, OriginTracee tracee) {
        onLoop(() -> {
            Task task = new Task(child);
            task.tracee = tracee;
            task.stoppedAtBirth = true;
            tasks.put(child, task);
            events().onThreadCreated(child, parent);
        });
    }

    // Letting the program go.

    /**
     * Holds calls at their entry; completes when no thread is traced, or in the agent, any more.
     *
     * @param over whether nothing else traces a thread
     */
    Future<Void> hold(BooleanSupplier over) {
        held = new ArrayList<>();
        for (Task task : tasks.values()) {
            ThreadImage inCall = task.inBorrowedCall;
            if (inCall != null && !task.resuming) {
                // It may wait for a futex for long. The call comes again, and is held.
                leaveBorrowedCall(task, inCall, true);
            }
        }
        Promise<Void> quiet = Promise.promise();
        awaitQuiet(quiet, over, QUIET_LOOKS);
        return quiet.future();
    }

    private void awaitQuiet(Promise<Void> quiet, BooleanSupplier over, int looks) {
        if (over.getAsBoolean() && tasks.values().stream().allMatch(StockOriginThreads::isQuiet)) {
            quiet.complete();
        } else if (looks == 0 || ended) {
            quiet.fail(
                    "a thread of it is being born, ends, executes another program, or is in a call that can't be interrupted;"
                            + " try again");
        } else {
            context.owner().setTimer(IDLE_MILLIS, timer -> awaitQuiet(quiet, over, looks - 1));
        }
    }

    private static boolean isQuiet(Task task) {
        return !task.deputy && task.spawning == 0 && task.tracee == null && !task.resuming && !task.stoppedAtBirth;
    }

    /**
     * Ends {@link #hold}: the program stays.
     *
     * @param interrupted threads for which an interrupt of ptrace is pending, which they take behind their call
     */
    void unhold(Set<Integer> interrupted) {
        List<HeldCall> calls = held;
        held = null;
        for (HeldCall call : calls == null ? List.<HeldCall>of() : calls) {
            if (call.task().trapped != call.id()) {
                continue;
            }
            if (interrupted.contains(call.task().tid)) {
                // It is traced until it has stopped, and makes the call anew then.
                untrap(call.task());
                notifications.answer(call.id(), -Linux.ERESTARTNOINTR);
            } else {
                call.begin().run();
            }
        }
    }

    /** Lets all calls that are held happen natively: the program goes. */
    void letHappen() {
        for (Task task : tasks.values()) {
            proceed(task.tid);
        }
        ended = true;
        helper.close();
        notifications.close();
    }

    /** Whether a thread waits for the daemon's answer to its call. Any thread. */
    boolean isTrapped(int tid) {
        return trapped.contains(tid);
    }

    Map<Integer, long[]> rseqs() {
        return Map.copyOf(rseqs);
    }

    Notifications notifications() {
        return notifications;
    }

    private void onLoop(Runnable action) {
        context.runOnContext(ignored -> action.run());
    }

    void processEnded() {
        if (!ended && events != null) {
            events.onProcessEnded();
        }
    }

    /**
     * The process has ended. The listener stays until its last child process under the filter has ended too: with it
     * closed, their trapped calls would fail.
     */
    void close() {
        if (!ended) {
            ended = true;
            helper.close();
            if (helperPid != 0) {
                Linux.kill(helperPid, Linux.SIGKILL);
            }
        }
    }
}
