package org.hitotsu.forwarder.backend.stock;

import static org.hitotsu.forwarder.backend.stock.StockLayout.*;

import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.hitotsu.forwarder.backend.Backend.Adoption;
import org.hitotsu.forwarder.backend.OriginThreads;
import org.hitotsu.forwarder.backend.ThreadImage;
import org.hitotsu.forwarder.backend.common.CoreDump;
import org.hitotsu.forwarder.nativecall.Linux;
import org.hitotsu.forwarder.syscall.Tie;
import org.jspecify.annotations.Nullable;

/**
 * Threads at the origin by seccomp notification and ptrace on demand: gives what notifications and the tracing thread report
 * to those whose affair it is. Event loop only, but for {@link OriginTracee.Reports}, which come from the tracing thread.
 *
 * @see HomeCalls notified calls of threads at home
 * @see ThreadParking becoming a deputy, and coming back
 * @see Deputies what deputies are requested to do
 */
final class StockOriginThreads implements OriginThreads, Notifications.Handler, OriginTracee.Reports {
    /** The call that a program which is prepared is given a descriptor by, from outside of the agent. */
    static final int NR_OFFER = Linux.NR_MUNMAP;

    private final OriginProcess process;
    private final TrappedCalls trapped;
    private final Deputies deputies;
    private final ThreadParking parking;
    private final BorrowedCalls borrowed;
    private final HomeCalls calls;
    private final TraceWatch watch;
    private final UnsharedCalls unshared;
    private final HelperLimits limits = new HelperLimits();
    private @Nullable Supplier<Adoption> replacement;
    private @Nullable CopiedCalls copiedCalls;
    private Runnable leaving = () -> {};

    StockOriginThreads(
            Context context,
            Tracer tracer,
            AgentRegion region,
            int pid,
            Collection<Integer> threads,
            Notifications notifications,
            UnsharedCalls unshared) {
        process = new OriginProcess(
                context, tracer, region, pid, threads, notifications, new StandingTrace(tracer, this, pid));
        watch = new TraceWatch(process);
        this.unshared = unshared;
        trapped = new TrappedCalls(notifications);
        deputies = new Deputies(process);
        parking = new ThreadParking(process, trapped, deputies);
        borrowed = new BorrowedCalls(process, trapped, deputies, parking);
        calls = new HomeCalls(process, trapped, deputies, parking, borrowed, watch);
        notifications.handler(this);
    }

    /** Names what prepares the program that this one is replaced by. */
    void replacement(Supplier<Adoption> next) {
        replacement = next;
    }

    /** Names what lets go of the program when the one that replaces it is to be left alone. */
    void leaving(Runnable leave) {
        leaving = leave;
    }

    /** The program is prepared: from now on its calls mean something. */
    void prepared(ProgramPreparation.Prepared program) {
        process.helperPid = program.helperPid();
        // It has none but those it is given for a call; the program's limit, which it was born with, may be 0.
        MoreDescriptors.forGood(program.helperPid());
        HelperLimits.noEnd(program.helperPid());
        process.memFd = program.memFd();
        process.ready = true;
    }

    /** Names the daemon's descriptor that the program is given as the answer to {@link #NR_OFFER}, while it is prepared; -1 for none. Any thread. */
    void offer(int descriptor) {
        process.offered = descriptor;
    }

    Helper helper() {
        return process.helper;
    }

    @Override
    public void events(Events handler) {
        process.events(handler);
    }

    @Override
    public Collection<Integer> ids() {
        return List.copyOf(process.tasks.keySet());
    }

    // Notifications.

    @Override
    public void onCall(long id, int tid, long nr, long[] args, boolean foreignAbi) {
        if (nr == NR_RENDEZVOUS && !process.ended) {
            onRendezvous(id, tid);
            return;
        }
        OriginTask task = process.task(tid);
        int offered = process.offered;
        if (offered >= 0 && nr == NR_OFFER && task != null && !process.ready) {
            long given = process.notifications.give(id, offered);
            if (given < 0) {
                process.notifications.answer(id, given);
            }
            return;
        }
        if (task == null && process.ready) {
            // Of a child process.
            unshared.onCall(id, tid, nr, args, foreignAbi);
            return;
        }
        if (!process.ready || task == null || foreignAbi || process.ended || !process.isHeard()) {
            // Before the program is prepared: native.
            process.notifications.proceed(id);
            return;
        }
        parking.finishResume(task); // it is home already, if the tracer's word is only on its way
        calls.onCall(task, id, nr, args);
    }

    private void onRendezvous(long id, int tid) {
        OriginTask task = process.task(tid);
        if (task == null || !task.deputy) {
            if (tid == process.helperPid || !process.ready) {
                process.helper.onRendezvous(id);
            } else {
                process.notifications.answer(id, -Linux.EINVAL);
            }
            return;
        }
        if (task.resuming && process.isHeldUp(task)) {
            // Answered when it is interrupted; before, it would be here again at once.
            task.rendezvous = id;
            return;
        }
        if (task.resuming) {
            // Interrupted already; a notification that is received holds the interrupt up until it is answered.
            process.notifications.answer(id, 0);
            return;
        }
        if (deputies.arrived(task, id)) {
            done(task, process.region.result(task.slot));
        }
        deputies.serve(task);
        Promise<Void> arriving = task.arriving;
        if (arriving != null) {
            task.arriving = null;
            arriving.complete();
        }
    }

    /** A deputy has done what it was requested to. */
    private void done(OriginTask task, long result) {
        Promise<Void> unregistered = task.unregistered;
        ThreadImage inCall = task.inBorrowedCall;
        if (unregistered != null) {
            task.unregistered = null;
            unregistered.complete();
            return;
        }
        task.brokenOff = null;
        if (inCall != null) {
            borrowed.finish(task, inCall, result);
        } else {
            process.events().onExecuted(task.tid, result);
        }
    }

    // OriginThreads.

    @Override
    public Future<ThreadImage> park(int tid) {
        OriginTask task = process.task(tid);
        // One that ends may not be in the agent yet: it waits for a slot.
        return task == null || task.ending ? ended(tid) : parking.park(task);
    }

    private static <T> Future<T> ended(int tid) {
        return Future.failedFuture("thread " + tid + " has ended");
    }

    @Override
    public void release(int tid) {
        OriginTask task = process.task(tid);
        if (task != null) {
            parking.release(task);
        }
    }

    @Override
    public Future<Void> resume(int tid, ThreadImage image, boolean inCall) {
        OriginTask task = process.task(tid);
        return task == null ? ended(tid) : parking.resume(task, image, inCall, 0);
    }

    @Override
    public Future<Void> resumeInRest(int tid, ThreadImage image, long done) {
        OriginTask task = process.task(tid);
        return task == null ? ended(tid) : parking.resume(task, image, true, done);
    }

    @Override
    public void exec(int tid, long nr, long[] args) {
        OriginTask task = process.task(tid);
        if (task == null) {
            return;
        }
        if (TraceWatch.concerns(nr)) {
            deputies.requestAfter(watch.before(nr, args), task, CMD_EXEC, nr, args);
        } else {
            deputies.request(task, CMD_EXEC, nr, args);
        }
    }

    @Override
    public void exit(int tid, int status) {
        OriginTask task = process.task(tid);
        if (task != null) {
            calls.end(task, status);
        }
    }

    @Override
    public @Nullable String stays(int tid) {
        OriginTask task = process.task(tid);
        Tie.Kind tie = task == null ? null : process.tieOf(task);
        return tie == null ? null : tie.why();
    }

    @Override
    public Future<Long> execInSpace(int tid, long nr, long... args) {
        CopiedCalls copied = copiedCalls;
        return copied == null ? execForProgram(nr, args) : copied.exec(nr, args);
    }

    /** Has calls in the program's memory made with regard to the copies of files in it. */
    void copiedCalls(CopiedCalls calls) {
        copiedCalls = calls;
    }

    /** Whether the program has ended, or was let go: what the daemon had of it is closed, or will be. */
    boolean hasEnded() {
        return process.ended;
    }

    /** Has the helper make a call under the program's limits. */
    Future<Long> execForProgram(long nr, long... args) {
        if (process.ended) {
            return Future.succeededFuture((long) -Linux.ESRCH);
        }
        limits.follow(process.pid, process.helperPid);
        return process.helper.exec(nr, args);
    }

    /** Has the helper make a call of the daemon's own, which no limit of the program is to refuse. */
    Future<Long> execForDaemon(long nr, long... args) {
        if (process.ended) {
            return Future.succeededFuture((long) -Linux.ESRCH);
        }
        limits.lift(process.helperPid);
        return process.helper.exec(nr, args);
    }

    @Override
    public Future<@Nullable Long> execStopped(int tid, long nr, long[] args) {
        return Future.succeededFuture(null);
    }

    @Override
    public void answer(int tid, long result) {
        OriginTask task = process.task(tid);
        if (task != null) {
            trapped.answer(task, result);
        }
    }

    @Override
    public void proceed(int tid) {
        OriginTask task = process.task(tid);
        if (task != null) {
            calls.proceed(task);
        }
    }

    @Override
    public Future<Void> proceedWithFork(int tid) {
        OriginTask task = process.task(tid);
        return task == null ? Future.succeededFuture() : calls.fork(task);
    }

    @Override
    public Future<Void> proceedWithExit(int tid) {
        OriginTask task = process.task(tid);
        return task == null ? Future.succeededFuture() : calls.exit(task);
    }

    @Override
    public void proceedWithExec(int tid) {
        OriginTask task = process.task(tid);
        if (task != null) {
            calls.execute(task);
        }
    }

    @Override
    public Future<Void> proceedWithCoreDump(int tid) {
        OriginTask task = process.task(tid);
        OriginTracee dying = task == null ? null : task.dying;
        if (task == null || dying == null) {
            return Future.succeededFuture();
        }
        task.dying = null;
        process.letGoOn(task, dying::dumpCore);
        return CoreDump.survived(process.context, process.pid, tid, () -> process.ended);
    }

    // OriginTracee.Reports, on the tracing thread.

    @Override
    public void onReplaced() {
        process.onLoop(() -> {
            Supplier<Adoption> next = replacement;
            if (next != null && process.isHeard() && !process.ended) {
                process.events().onReplaced(next.get());
            }
        });
    }

    @Override
    public void onLeft() {
        process.onLoop(() -> {
            if (process.isHeard() && !process.ended) {
                leaving.run();
                process.events().onLeft();
            }
            // Not before: its calls are none of the program's that was here.
            process.tracer.submit(ptrace -> ptrace.detach(process.pid, 0));
        });
    }

    @Override
    public void onResumed(int tid) {
        process.onLoop(() -> {
            OriginTask task = process.task(tid);
            if (task != null) {
                parking.finishResume(task);
            }
        });
    }

    @Override
    public void onGone(int tid) {
        process.onLoop(() -> {
            OriginTask task = process.tasks.remove(tid);
            trapped.forget(tid);
            parking.gone(tid, task);
            if (task != null) {
                calls.callsOver(task);
            }
            if (task != null && !process.ended) {
                process.events().onThreadGone(tid);
            }
        });
    }

    @Override
    public void onSignal(int tid, int signal) {
        process.onLoop(() -> {
            OriginTask task = process.task(tid);
            OriginTracee tracee = task == null ? null : task.tracee;
            if (task == null || tracee == null || task.resuming || process.ended) {
                return;
            }
            if (task.ending) {
                process.letGoOn(task, ptrace -> tracee.leaveSignal(ptrace, process.pid, signal));
            } else if (!borrowed.breakOff(task)) {
                onDeputySignal(task);
            }
        });
    }

    @Override
    public void onCoreDump(int tid, OriginTracee tracee) {
        process.onLoop(() -> {
            OriginTask task = process.task(tid);
            if (task == null) {
                process.tracer.submit(tracee::dumpCore);
            } else if (process.ended || !process.everMoved) {
                process.letGoOn(task, tracee::dumpCore);
            } else {
                task.dying = tracee;
                process.events().onCoreDump(tid);
            }
        });
    }

    private void onDeputySignal(OriginTask task) {
        task.signalled = true;
        // First: who waits for its image is not to have it leave.
        process.events().onDeputySignal(task.tid);
        Promise<Void> unregistered = task.unregistered;
        Promise<Void> arriving = task.arriving;
        if (unregistered != null) {
            // Stopped before it could take its sequences away: it will not leave, and keeps them.
            task.unregistered = null;
            task.executing = false;
            task.queuedCommand = 0;
            process.region.setState(task.slot, STATE_FREE);
            unregistered.complete();
        }
        if (arriving != null) {
            task.arriving = null;
            arriving.complete();
        }
    }

    @Override
    public void onSpawned(int parent, int child, OriginTracee tracee) {
        process.onLoop(() -> {
            OriginTask task = new OriginTask(child);
            task.tracee = tracee;
            task.stoppedAtBirth = true;
            OriginTask creator = process.task(parent);
            Tie.Kind tie = creator == null ? null : creator.tie;
            task.tie = tie == Tie.Kind.DISPATCH ? null : tie;
            process.tasks.put(child, task);
            process.departures.reused(child);
            process.events().onThreadCreated(child, parent);
        });
    }

    // Letting the program go.

    /** See {@link HomeCalls#hold}. */
    Future<Void> hold(BooleanSupplier over) {
        return calls.hold(over);
    }

    /** See {@link HomeCalls#unhold}. */
    void unhold(Set<Integer> interrupted) {
        calls.unhold(interrupted);
    }

    /** Ends the helper. */
    void endHelper() {
        Linux.kill(process.helperPid, Linux.SIGKILL);
    }

    /** Lets all calls that are held happen natively, those of child processes too: the program goes. */
    void letHappen() {
        process.tasks.values().forEach(trapped::proceed);
        unshared.letHappen();
        process.ended = true;
        process.helper.close();
        process.notifications.close();
    }

    /** Whether a thread waits for the daemon's answer to its call. Any thread. */
    boolean isTrapped(int tid) {
        return trapped.contains(tid);
    }

    /** Threads that can't be made to make calls which are none of their program's. */
    Set<Integer> restrained() {
        return process.tasks.values().stream()
                .filter(task -> process.tieOf(task) == Tie.Kind.FILTER || process.tieOf(task) == Tie.Kind.DISPATCH)
                .map(task -> task.tid)
                .collect(Collectors.toSet());
    }

    Map<Integer, long[]> rseqs() {
        return parking.rseqs();
    }

    StandingTrace standing() {
        return process.standing;
    }

    Notifications notifications() {
        return process.notifications;
    }

    void processEnded() {
        if (!process.ended && process.isHeard()) {
            process.events().onProcessEnded();
        }
    }

    /**
     * The process has ended. The listener stays until its last child process under the filter has ended too: with it
     * closed, their trapped calls would fail.
     */
    void close() {
        if (!process.ended) {
            process.ended = true;
            process.helper.close();
            if (process.helperPid != 0) {
                Linux.kill(process.helperPid, Linux.SIGKILL);
            }
        }
    }
}
