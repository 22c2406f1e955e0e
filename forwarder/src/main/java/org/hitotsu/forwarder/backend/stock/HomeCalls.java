package org.hitotsu.forwarder.backend.stock;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.function.LongConsumer;
import org.hitotsu.forwarder.backend.common.DirectUse;
import org.hitotsu.forwarder.backend.common.ProcessStatus;
import org.hitotsu.forwarder.nativecall.Linux;
import org.hitotsu.forwarder.nativecall.NativeMemory;
import org.hitotsu.forwarder.syscall.PriorityFutex;
import org.hitotsu.forwarder.syscall.Tie;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The calls of threads at home that the filter notifies: finds out what each is about and lets it happen, under trace where
 * it makes threads or executes a program. Event loop only.
 */
final class HomeCalls {
    private static final Logger LOG = LoggerFactory.getLogger(HomeCalls.class);
    private static final int SPAWN_CHECK_MILLIS = 20;
    /** Some seconds: a thread that ends may wait for a page. */
    private static final int QUIET_LOOKS = 1000;

    private static final int QUIET_MILLIS = 2;

    private static final int CLONE_CHILD_CLEARTID = 0x200000;
    private static final int CLONE_UNTRACED = 0x800000;
    /** Words of struct clone_args up to the child's id, in all versions of it. */
    private static final int CLONE_ARGS = 3;

    private static final int CLONE_ARGS_CHILD_TID = 2;

    /** A trapped call with which nothing was begun yet. */
    private record HeldCall(OriginTask task, long id, Runnable begin) {}

    private final OriginProcess process;
    private final TrappedCalls trapped;
    private final Deputies deputies;
    private final ThreadParking parking;
    private final BorrowedCalls borrowed;
    private final TraceWatch watch;
    private final Forks forks;
    /** Calls that came since {@link #hold}; null if they are not held. */
    private @Nullable List<HeldCall> held;

    HomeCalls(
            OriginProcess process,
            TrappedCalls trapped,
            Deputies deputies,
            ThreadParking parking,
            BorrowedCalls borrowed,
            TraceWatch watch) {
        this.process = process;
        this.trapped = trapped;
        this.deputies = deputies;
        this.parking = parking;
        this.borrowed = borrowed;
        this.watch = watch;
        this.forks = new Forks(process, this::callOver);
    }

    /** A thread's call has been received, and waits for its answer. */
    void onCall(OriginTask task, long id, long nr, long[] args) {
        trapped.received(task, id);
        task.again = null;
        callsOver(task);
        if (task.deputy) {
            // It is being parked and came to this call first. Received, the notification holds up the interrupt.
            task.again = () -> unlessHeld(task, () -> begin(task, nr, args));
            parking.restart(task);
        } else {
            unlessHeld(task, () -> begin(task, nr, args));
        }
    }

    private void unlessHeld(OriginTask task, Runnable begin) {
        if (held != null) {
            held.add(new HeldCall(task, task.trapped, begin));
        } else {
            begin.run();
        }
    }

    private void begin(OriginTask task, long nr, long[] args) {
        int tid = task.tid;
        switch ((int) nr) {
            case Linux.NR_CLONE -> onClone(task, args[0], args[3], nr, args);
            // The structure may be on another node: its page is waited for like for any access.
            case Linux.NR_CLONE3 ->
                process.readLongs(args[0], CLONE_ARGS).onComplete(read -> {
                    if (read.succeeded()) {
                        long[] words = read.result();
                        unlessHeld(task, () -> onClone(task, words[0], words[CLONE_ARGS_CHILD_TID], nr, args));
                    } else {
                        trapped.proceed(task); // EFAULT, says the kernel
                    }
                });
            case Linux.NR_FORK -> process.events().onFork(tid, (int) nr, args);
            case Linux.NR_VFORK -> trapped.proceed(task);
            case Linux.NR_EXECVE, Linux.NR_EXECVEAT -> process.events().onExec(tid);
            case Linux.NR_EXIT -> onExit(task, (int) args[0]);
            case Linux.NR_FUTEX -> {
                if (PriorityFutex.concerns(nr, args)) {
                    task.priorityWait = args;
                    process.events().onFutexWords(tid, PriorityFutex.word(args));
                } else if (process.everMoved && process.tieOf(task) != null) {
                    process.events().onFutexWords(tid, BorrowedCalls.words(args));
                } else {
                    borrowed.begin(task, args);
                }
            }
            case Linux.NR_RT_SIGACTION, Linux.NR_SETRLIMIT, Linux.NR_PRLIMIT64 ->
                watch.before(nr, args).onComplete(watched -> trapped.proceed(task));
            case Linux.NR_SECCOMP, Linux.NR_PRCTL, Linux.NR_ARCH_PRCTL, Linux.NR_MODIFY_LDT ->
                onTie(task, Tie.of(nr, args[0], args[1]));
            case Linux.NR_OPEN,
                    Linux.NR_OPENAT,
                    Linux.NR_OPENAT2,
                    Linux.NR_OPEN_BY_HANDLE_AT,
                    Linux.NR_FCNTL,
                    Linux.NR_VMSPLICE,
                    Linux.NR_IO_URING_SETUP,
                    Linux.NR_IO_URING_REGISTER -> mayUseDirectly(task, nr, args);
            default -> process.events().onMemoryCall(tid, (int) nr, args);
        }
    }

    private void mayUseDirectly(OriginTask task, long nr, long[] args) {
        DirectUse.Flags flags = DirectUse.flags(nr, args);
        if (flags == null) {
            boolean packets = nr == Linux.NR_FCNTL && DirectUse.isPipe(task.tid, (int) args[0]);
            homebound(task, packets ? null : DirectUse.of(nr, args));
            return;
        }
        process.readLongs(flags.address(), 1)
                .onComplete(read -> unlessHeld(
                        task,
                        // What can't be read is answered with EFAULT, by the kernel.
                        () -> homebound(
                                task,
                                read.succeeded() && (read.result()[0] & flags.mask()) != 0 ? flags.why() : null)));
    }

    /** Lets a call happen, with all at home if {@code why} is not null. */
    private void homebound(OriginTask task, @Nullable String why) {
        if (why == null) {
            trapped.proceed(task);
        } else {
            process.events().onHomebound(task.tid, why);
        }
    }

    /** Lets the call happen that a thread is stopped at. */
    void proceed(OriginTask task) {
        long[] args = task.priorityWait;
        task.priorityWait = null;
        Runnable birth = task.birth;
        task.birth = null;
        if (birth != null) {
            unlessHeld(task, birth);
        } else if (task.tying) {
            task.tying = false;
            proceedAlone(task);
        } else if (args != null && PriorityFutex.locks(args) && process.tieOf(task) == null) {
            unlessHeld(task, () -> borrowed.begin(task, args));
        } else {
            trapped.proceed(task);
        }
    }

    private void onTie(OriginTask task, @Nullable Tie tie) {
        if (tie == null) {
            trapped.proceed(task);
            return;
        }
        // From here on it is not parked any more. A move that was first has made this call restart.
        process.tie(task, tie);
        if (tie.ofProcess()) {
            task.tying = true;
            process.events().onHomebound(task.tid, tie.kind().why());
            return;
        }
        long head = tie.kind() == Tie.Kind.FILTER ? robustList(task.tid) : 0;
        if (head == 0) {
            trapped.proceed(task);
        } else {
            // When a filter ends a thread, nobody is asked before: what the kernel writes to then has to be here by
            // then.
            process.events().onFutexWords(task.tid, head);
        }
    }

    /** Lets a call happen when no thread is in the agent any more: to end, or in a call on a futex. */
    private void proceedAlone(OriginTask task) {
        process.tasks.values().stream().filter(other -> !other.resuming).forEach(borrowed::breakOff);
        if (process.ended || process.tasks.values().stream().noneMatch(other -> other.deputy)) {
            trapped.proceed(task);
        } else {
            process.later(QUIET_MILLIS, () -> proceedAlone(task));
        }
    }

    private void onClone(OriginTask task, long flags, long childTid, long nr, long[] args) {
        if ((flags & DirectUse.CLONE_THREAD) != 0) {
            if ((flags & CLONE_UNTRACED) != 0) {
                homebound(task, "makes threads that can't be traced (CLONE_UNTRACED)");
            } else if ((flags & CLONE_CHILD_CLEARTID) != 0 && task.tie == Tie.Kind.FILTER) {
                task.birth = () -> spawnThread(task);
                process.events().onFutexWords(task.tid, childTid);
            } else {
                spawnThread(task);
            }
        } else if ((flags & DirectUse.CLONE_VM) != 0) {
            // vfork and posix_spawn: the child borrows the memory, faults included, until it executes something else.
            // Any
            // other one may outlive the program, whose pages on other nodes are gone with it.
            homebound(task, DirectUse.ofClone(flags));
        } else {
            process.events().onFork(task.tid, (int) nr, args);
        }
    }

    /** Lets the fork happen that a thread is stopped at, untraced if possible; completes when it is over. */
    Future<Void> fork(OriginTask task) {
        if (task.trapped == 0) {
            return Future.succeededFuture();
        }
        Promise<Void> forked = Promise.promise();
        task.forked = forked;
        task.spawning++;
        if (forks.make(task, () -> process.notifications.proceed(trapped.take(task)), forked)) {
            forked.future().onComplete(over -> callOver(task));
        } else {
            task.spawning--;
            spawn(task, forked::tryComplete, id -> process.notifications.proceed(id));
        }
        return forked.future();
    }

    /**
     * The thread has come to another call, or has ended: the call that it had been let make before is over. A fork that has
     * failed stops for nobody: by an error, or because of a signal to the process that another thread took then, after which
     * the kernel makes it again (copy_process()). The call that shows it could itself have to wait for what the fork keeps
     * from others.
     */
    void callsOver(OriginTask task) {
        process.execves.over(task);
        if (task.forked != null) {
            task.forked.tryComplete();
            task.forked = null;
        }
    }

    /** Of a thread that is not traced from its birth nothing is known: not where it is, nor what it does to memory. */
    private void spawnThread(OriginTask task) {
        spawn(task, () -> {}, id -> {
            trapped.received(task, id);
            homebound(task, "makes threads while another process traces it");
        });
    }

    /**
     * Lets a clone or fork happen under trace.
     *
     * @param over runs when the trace has seen how it ends
     * @param untraced is given the notification, to answer it, if another process traces the thread
     */
    private void spawn(OriginTask task, Runnable over, LongConsumer untraced) {
        long id = trapped.take(task);
        task.spawning++;
        Runnable done = () -> process.onLoop(() -> {
            callOver(task);
            over.run();
        });
        process.execves.beside(task, () -> traceSpawn(task, id, done, untraced));
    }

    private void traceSpawn(OriginTask task, long id, Runnable done, LongConsumer untraced) {
        process.tracer.submit(
                ptrace -> OriginTracee.seizeToSpawn(ptrace, process.standing, task.tid, done),
                (tracee, failure) -> process.onLoop(() -> {
                    if (tracee == null) {
                        LOG.warn("thread {} is traced by somebody else: {}", task.tid, failure.getMessage());
                        done.run();
                        untraced.accept(id);
                    } else {
                        process.notifications.proceed(id);
                        process.later(SPAWN_CHECK_MILLIS, () -> process.tracer.submit(tracee::checkCall));
                    }
                }));
    }

    private void callOver(OriginTask task) {
        task.spawning--;
        // Else the thread is in the next one already.
        if (task.spawning == 0) {
            process.execves.over(task);
        }
    }

    /** Lets the execve happen that a thread is stopped at. */
    void execute(OriginTask task) {
        if (task.trapped == 0) {
            return;
        }
        long id = trapped.take(task);
        task.spawning++;
        process.execves.begin(task, () -> traceExecve(task, id));
    }

    private void traceExecve(OriginTask task, long id) {
        // What prepares a program makes its first thread call, which the filter may not let it.
        boolean leaves = process.tieOf(task) == Tie.Kind.FILTER;
        Runnable failed = () -> process.onLoop(() -> callOver(task));
        process.tracer.submit(
                ptrace -> OriginTracee.seizeToExec(ptrace, process.standing, task.tid, leaves, failed),
                (tracee, failure) -> process.onLoop(() -> {
                    if (tracee == null) {
                        // The program that follows could not be prepared, and would run into the filter unprepared.
                        LOG.warn(
                                "thread {} is traced by somebody else and may not execute a program: {}",
                                task.tid,
                                failure.getMessage());
                        callOver(task);
                        process.notifications.answer(id, -Linux.EPERM);
                        return;
                    }
                    process.notifications.proceed(id);
                    process.later(SPAWN_CHECK_MILLIS, () -> process.tracer.submit(tracee::checkCall));
                }));
    }

    private void onExit(OriginTask task, int status) {
        if (!process.everMoved) {
            process.departures.add(task.tid);
            endNatively(task);
            return;
        }
        if (process.tieOf(task) != null) {
            process.events().onExit(task.tid);
            return;
        }
        // The kernel's own exit would not wait for pages which are elsewhere (agent.c, thread_exit).
        task.ending = true;
        parking.park(task).onComplete(done -> {
            if (done.succeeded()) {
                end(task, status);
            } else if (task.trapped != 0 && !process.ended) {
                // Another process traces it.
                task.ending = false;
                process.events().onExit(task.tid);
            } else {
                endNatively(task);
            }
        });
    }

    /** Lets a thread's exit happen; nothing else will report its end. */
    private void endNatively(OriginTask task) {
        process.tasks.remove(task.tid);
        trapped.proceed(task);
        process.events().onThreadGone(task.tid);
    }

    /** Lets the exit happen that a thread is stopped at; completes when it is over. */
    Future<Void> exit(OriginTask task) {
        Promise<Void> over = Promise.promise();
        endNatively(task);
        awaitEnd(task.tid, over);
        return over.future();
    }

    private void awaitEnd(int tid, Promise<Void> over) {
        if (process.ended || ProcessStatus.hasEnded(process.pid, tid)) {
            over.complete();
        } else {
            process.later(1, () -> awaitEnd(tid, over));
        }
    }

    /** Has a deputy end its thread, as exit(2) with {@code status} would. */
    void end(OriginTask task, int status) {
        long head = robustList(task.tid);
        task.ending = true;
        long[] rseq = task.rseq;
        deputies.request(
                task, StockLayout.CMD_CALL, StockLayout.CALL_THREAD_EXIT, status, head, rseq[0], rseq[1], rseq[2]);
        if (task.tid == process.pid) {
            // The kernel tells who traces a process's first thread of its end when the others have ended too
            // (delay_group_leader()).
            Promise<Void> over = Promise.promise();
            awaitEnd(task.tid, over);
            over.future().onComplete(ended -> process.standing.reports().onGone(task.tid));
        }
    }

    /**
     * Where the kernel looks first when a thread ends: the head of its list of robust futexes. In the GNU C library the id that
     * a joiner waits for, of which the kernel tells the thread only, is in the same page.
     */
    private static long robustList(int tid) {
        try (NativeMemory out = new NativeMemory(16)) {
            long got = Linux.call(Linux.NR_GET_ROBUST_LIST, tid, out.address(), out.address() + 8);
            return got == 0 ? NativeMemory.getLong(out.address()) : 0;
        }
    }

    /**
     * Holds calls at their entry; completes when no thread is traced, or in the agent, any more.
     *
     * @param over whether nothing else traces a thread
     */
    Future<Void> hold(BooleanSupplier over) {
        held = new ArrayList<>();
        for (OriginTask task : process.tasks.values()) {
            if (!task.resuming) {
                // It may wait for a futex for long. The call comes again, and is held.
                borrowed.breakOff(task);
            }
        }
        Promise<Void> quiet = Promise.promise();
        awaitQuiet(quiet, over, QUIET_LOOKS);
        return quiet.future();
    }

    private void awaitQuiet(Promise<Void> quiet, BooleanSupplier over, int looks) {
        if (over.getAsBoolean() && process.tasks.values().stream().allMatch(OriginTask::isQuiet)) {
            quiet.complete();
        } else if (looks == 0 || process.ended) {
            quiet.fail(
                    "a thread of it is being born, ends, executes another program, or is in a call that can't be interrupted;"
                            + " try again");
        } else {
            process.later(QUIET_MILLIS, () -> awaitQuiet(quiet, over, looks - 1));
        }
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
                trapped.answer(call.task(), -Linux.ERESTARTNOINTR);
            } else {
                call.begin().run();
            }
        }
    }
}
