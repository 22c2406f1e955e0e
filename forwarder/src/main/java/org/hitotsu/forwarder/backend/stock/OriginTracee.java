package org.hitotsu.forwarder.backend.stock;

import java.util.Objects;
import java.util.function.BiConsumer;
import org.hitotsu.forwarder.backend.ThreadImage;
import org.hitotsu.forwarder.backend.common.BrokenOffCall;
import org.hitotsu.forwarder.backend.common.CoreDump;
import org.hitotsu.forwarder.backend.common.InterruptedCall;
import org.hitotsu.forwarder.backend.common.KernelException;
import org.hitotsu.forwarder.backend.common.ProcessStatus;
import org.hitotsu.forwarder.nativecall.Linux;
import org.hitotsu.forwarder.nativecall.Ptrace;
import org.hitotsu.forwarder.nativecall.Ptrace.Registers;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One thread of the program while it is traced at the origin: on its way to become a deputy, as one, and on its way back;
 * and at home under a {@link StandingTrace}, without which it is untraced there. Lives on the tracing thread; what it
 * reports goes to the event loop.
 *
 * <pre>
 * state      stop                        action
 * PARKING    interrupt                   take the image, enter the agent           → DEPUTY
 * PARKING    the same, a fault pending   wait for its signal
 * PARKING    signal                      deliver it, interrupt anew
 * PARKING    event fork/vfork            claim the child, interrupt anew
 * BIRTH      (first stop of a clone)     wait for {@link #park} or {@link #release}
 * SPAWNING   event clone/fork/vfork      claim the child, let the parent go        → HOME
 * EXECING    event exec                  keep it stopped, report
 * EXECING    interrupt                   the call failed: let it go                → HOME
 * SPAWNING   interrupt                   the call failed: let it go                → HOME
 * DEPUTY     signal                      keep it stopped, report                   → SIGNALLED
 * DEPUTY     signal that is ignored      drop it, its call goes on
 * SIGNALLED  –                           wait for {@link #resume}
 * RESUMING   interrupt or signal         set the image, let it go (with the signal) → HOME
 * RESUMING   interrupt, a SIGSYS pending wait for it
 * RESUMING   the same, a trap is due     run one instruction under the trap flag → TRAPPING
 * TRAPPING   SIGTRAP                     set the image,  let it go with the signal → HOME
 * HOME       signal                      deliver it, with what the call answers ({@link SignalStop})
 * HOME       signal that dumps core      keep it stopped, report
 * HOME       event fork/vfork            claim the child, and go on
 * any        group stop                  stay in it (PTRACE_LISTEN)
 * </pre>
 */
final class OriginTracee implements Tracer.StopHandler {
    /** What a traced thread does; called on the tracing thread. */
    interface Reports {
        void onGone(int tid);

        void onSignal(int tid, int signal);

        /** A signal is to be delivered by which the process ends with a core file. {@link #dumpCore} is to follow. */
        void onCoreDump(int tid, OriginTracee tracee);

        void onSpawned(int parent, int child, OriginTracee tracee);

        /** The process has replaced its program and is stopped at PTRACE_EVENT_EXEC. */
        void onReplaced();

        /** As {@link #onReplaced}, of a program that is to be left alone. It is stopped, and to be detached. */
        void onLeft();

        void onResumed(int tid);
    }

    /** A thread that was to be parked is to stay at home. It is stopped until its {@link #release}. */
    static final class StaysException extends Exception {
        private static final long serialVersionUID = 1L;

        StaysException(String message) {
            super(message);
        }
    }

    private enum State {
        HOME,
        PARKING,
        BIRTH,
        SPAWNING,
        EXECING,
        DEPUTY,
        SIGNALLED,
        RESUMING,
        TRAPPING,
        GONE
    }

    /**
     * A thread's image and its restartable sequence area ({address, length, signature}).
     *
     * @param restarted the trapped call which the image stands before, as it was told to restart; -1 for none
     * @param brokenOff the call which the image stands before, whichever way it was broken off; null for none
     */
    record Captured(
            ThreadImage image,
            long[] rseq,
            long restarted,
            @Nullable BrokenOffCall brokenOff) {}

    private static final Logger LOG = LoggerFactory.getLogger(OriginTracee.class);
    private static final int SYS_SECCOMP = 1;
    private static final long SIGTRAP_BIT = 1L << Linux.SIGTRAP - 1;
    private static final long ALL_SIGNALS = -1;
    private static final int EXEC_OPTIONS = Ptrace.OPTION_SYSGOOD | Ptrace.OPTION_EXEC;

    private final StandingTrace standing;
    private final Tracer tracer;
    private final Reports reports;
    private final int tid;
    private final SignalStop delivery;
    private final long[] registers = new long[Registers.COUNT];
    private State state;
    private int pendingSignal;
    private int dyingOf;
    private boolean leaves;
    private Runnable callDone = () -> {};
    private final int pid;
    private @Nullable BiConsumer<Captured, Throwable> parked;
    private long slot;
    private @Nullable ThreadImage resumeImage;
    private @Nullable BrokenOffCall brokenOff;
    private boolean resumeInCall;
    private long resumeDone;
    /** Whether the stop that it is in, to resume, is its process's. */
    private boolean groupStopped;

    private long mask;
    private @Nullable AgentRegion region;

    private OriginTracee(StandingTrace standing, int tid, State state) {
        this.standing = standing;
        this.tracer = standing.tracer();
        this.reports = standing.reports();
        this.pid = standing.pid();
        this.tid = tid;
        this.delivery = new SignalStop(tid);
        this.state = state;
    }

    /** A thread at home that is to be traced from now on. */
    static OriginTracee atHome(StandingTrace standing, int tid) {
        return new OriginTracee(standing, tid, State.HOME);
    }

    /**
     * Has a thread at home traced for a purpose, under the trace it has or a new one. Its last clone, fork or execve may be
     * traced still: if that has failed and the thread has come to this before anybody looked, as in a walk through PATH, or
     * when it ends.
     */
    private static OriginTracee seize(Ptrace ptrace, StandingTrace standing, int tid, State purpose)
            throws KernelException {
        if (standing.tracer().handler(tid) instanceof OriginTracee previous
                && (previous.state == State.SPAWNING || previous.state == State.EXECING)) {
            previous.state = purpose;
            previous.callDone.run();
            return previous;
        }
        OriginTracee tracee = standing.take(tid);
        if (tracee == null) {
            tracee = new OriginTracee(standing, tid, purpose);
            KernelException.check("trace thread " + tid, ptrace.seize(standing.pid(), tid, StandingTrace.OPTIONS));
        }
        tracee.state = purpose;
        // No stop is missed: this thread is the one that takes them.
        standing.tracer().handle(tid, tracee);
        return tracee;
    }

    /** Starts to park a thread which is at home. */
    static OriginTracee seizeToPark(
            Ptrace ptrace, StandingTrace standing, int tid, long slot, BiConsumer<Captured, Throwable> parked)
            throws KernelException {
        OriginTracee tracee = seize(ptrace, standing, tid, State.PARKING);
        tracee.slot = slot;
        tracee.parked = parked;
        ptrace.interrupt(tid);
        return tracee;
    }

    /**
     * Traces a thread through its clone, fork or vfork, which it is stopped before. {@code done} runs on the tracing thread
     * when that is over, whether it made a child or failed, and the thread is at home again.
     */
    static OriginTracee seizeToSpawn(Ptrace ptrace, StandingTrace standing, int tid, Runnable done)
            throws KernelException {
        OriginTracee tracee = seize(ptrace, standing, tid, State.SPAWNING);
        tracee.callDone = done;
        return tracee;
    }

    /**
     * Traces a thread through its execve, which it is stopped before.
     *
     * @param leaves whether the program that it executes is to be left alone
     * @param failed runs on the tracing thread when the call has failed
     */
    static OriginTracee seizeToExec(Ptrace ptrace, StandingTrace standing, int tid, boolean leaves, Runnable failed)
            throws KernelException {
        OriginTracee tracee = seize(ptrace, standing, tid, State.EXECING);
        tracee.leaves = leaves;
        tracee.callDone = failed;
        return tracee;
    }

    int tid() {
        return tid;
    }

    /** The call has not reported its effect: if it failed, there will be none. */
    void checkCall(Ptrace ptrace) {
        if (state == State.SPAWNING || state == State.EXECING) {
            ptrace.interrupt(tid);
        }
    }

    /** Parks a thread at its birth. */
    void park(Ptrace ptrace, long inSlot, BiConsumer<Captured, Throwable> done) {
        slot = inSlot;
        parked = done;
        enterAgent(ptrace);
    }

    /** Lets a thread run that is stopped at its birth, or was not parked. */
    void release(Ptrace ptrace) {
        letGo(ptrace, 0);
    }

    /**
     * Sends the deputy back to native life with {@code image}; at once if it is stopped by a signal.
     *
     * @param done what the call that the image is in has transferred already, the rest of which the deputy has; 0 for none
     * @param notAnew the call that it was parked in and has not made anew; null for none
     */
    void resume(
            Ptrace ptrace,
            AgentRegion inRegion,
            ThreadImage image,
            boolean inCall,
            long done,
            @Nullable BrokenOffCall notAnew) {
        region = inRegion;
        brokenOff = notAnew;
        resumeImage = image;
        resumeInCall = inCall;
        resumeDone = done;
        groupStopped = false;
        if (state == State.SIGNALLED) {
            finishResume(ptrace, pendingSignal);
        } else {
            state = State.RESUMING;
            ptrace.interrupt(tid);
        }
    }

    /**
     * The deputy is ending its thread and stopped for a signal, which the thread will not take any more. With all signals
     * blocked the kernel queues it anew, as it was sent (ptrace_signal(), Linux 5.17): one for the process another thread takes,
     * one for this thread goes with it. SIGSTOP can't be blocked; it is for the process in any case.
     */
    void leaveSignal(Ptrace ptrace, int pid, int signal) {
        if (state != State.SIGNALLED) {
            return;
        }
        state = State.DEPUTY;
        if (signal == Linux.SIGSTOP) {
            ptrace.cont(tid, 0);
            Linux.kill(pid, signal);
        } else {
            ptrace.setMask(tid, ALL_SIGNALS);
            ptrace.cont(tid, signal);
        }
    }

    @Override
    public void onStop(Ptrace ptrace, int stoppedTid, int status) {
        if (!Ptrace.stopped(status)) {
            tracer.forget(tid);
            standing.take(tid);
            BiConsumer<Captured, Throwable> waiter = parked;
            parked = null;
            if (waiter != null) {
                waiter.accept(null, new KernelException("thread " + tid + " has ended"));
            }
            reports.onGone(tid);
            return;
        }
        int event = Ptrace.event(status);
        int signal = Ptrace.stopSignal(status);
        switch (event) {
            case 0 -> onSignal(ptrace, signal);
            case Ptrace.EVENT_STOP -> {
                // Of the stop at hand: a thread that goes on from one and stops for its interrupt is in none.
                groupStopped = signal != Linux.SIGTRAP && state == State.RESUMING;
                if (signal == Linux.SIGTRAP || groupStopped) {
                    onInterrupt(ptrace);
                } else {
                    stayStopped(ptrace);
                }
            }
            case Ptrace.EVENT_CLONE, Ptrace.EVENT_FORK, Ptrace.EVENT_VFORK -> onSpawn(ptrace);
            case Ptrace.EVENT_EXEC -> {
                state = State.GONE;
                tracer.forget(tid);
                // Who had the process's id before is gone, and nothing reports that.
                tracer.forget(stoppedTid);
                if (leaves) {
                    reports.onLeft();
                    return;
                }
                // What prepares the new program makes a process of it that is not to be traced.
                ptrace.setOptions(stoppedTid, EXEC_OPTIONS);
                reports.onReplaced();
            }
            default -> ptrace.cont(tid, 0);
        }
    }

    /** PTRACE_CONT would let it run although its process is stopped; PTRACE_DETACH would not (ptrace(2)). */
    private void stayStopped(Ptrace ptrace) {
        delivery.groupStop();
        ptrace.listen(tid);
    }

    private void onSignal(Ptrace ptrace, int signal) {
        if (state == State.HOME || state == State.PARKING || state == State.SPAWNING || state == State.EXECING) {
            delivery.before(ptrace, signal);
        }
        switch (state) {
            case DEPUTY -> {
                if (SignalStop.ignores(tid, signal)) {
                    // Untraced it would not have been here. Were the thread called home for each, as fast as they come,
                    // others would be woken meanwhile: the kernel passes by a thread that is stopped.
                    delivery.before(ptrace, signal);
                    ptrace.cont(tid, 0);
                } else {
                    state = State.SIGNALLED;
                    pendingSignal = signal;
                    reports.onSignal(tid, signal);
                }
            }
            case RESUMING -> finishResume(ptrace, signal);
            case TRAPPING -> {
                if (signal == Linux.SIGTRAP) {
                    deliverTrap(ptrace);
                } else {
                    ptrace.cont(tid, signal); // SIGSTOP; the others are blocked
                }
            }
            // The event would have come first, so the call has failed: copy_process() answers ERESTARTNOINTR to a
            // pending
            // signal. It will trap anew, and must find the thread at home and nobody waiting for this attempt.
            case SPAWNING -> spawned(ptrace, signal);
            default -> deliver(ptrace, signal);
        }
    }

    /** Has a thread which runs natively take a signal: at once, or when its core file can be whole. */
    private void deliver(Ptrace ptrace, int signal) {
        if (signal != 0 && standing.isOn() && CoreDump.follows(pid, tid, signal)) {
            dyingOf = signal;
            reports.onCoreDump(tid, this);
        } else {
            goOn(ptrace, signal);
        }
    }

    /**
     * Lets a thread go on from another stop than the one that it is interrupted for. Any stop takes a pending interrupt off
     * (ptrace_stop(): "any trap clears pending STOP trap", since Linux 3.1). One that came in the middle of a vfork would be
     * gone with the event: the thread would run on, and see the restart code with which its next call is answered for the
     * stop to come.
     */
    private void goOn(Ptrace ptrace, int signal) {
        interruptAnew(ptrace);
        ptrace.cont(tid, signal);
    }

    /** Interrupts a thread that is being parked, whether or not it is to stop already. */
    void interruptAnew(Ptrace ptrace) {
        if (state == State.PARKING) {
            ptrace.interrupt(tid);
        }
    }

    /** Delivers the signal that {@link Reports#onCoreDump} has told of. */
    void dumpCore(Ptrace ptrace) {
        goOn(ptrace, dyingOf);
    }

    /** Whether the thread has run an instruction whose fault signal comes next. */
    private boolean faulted(Ptrace ptrace) {
        return ptrace.getRegisters(tid, registers) >= 0
                && registers[Registers.ORIG_RAX] < 0
                && ptrace.faultPending(tid);
    }

    /** Whether a filter of the program's own has met the agent's call, which stands as it began, with a SIGSYS that comes next. */
    private boolean trapped(Ptrace ptrace) {
        return resumeInCall
                && ptrace.getRegisters(tid, registers) >= 0
                && registers[Registers.RIP] == AgentRegion.execReturn()
                && registers[Registers.RAX] == registers[Registers.ORIG_RAX]
                && ptrace.faultPending(tid);
    }

    private void onInterrupt(Ptrace ptrace) {
        switch (state) {
            case PARKING -> {
                if (faulted(ptrace)) {
                    // As a deputy it would take the signal too late: the thread may have run on elsewhere by then.
                    ptrace.cont(tid, 0);
                } else {
                    enterAgent(ptrace);
                }
            }
            case RESUMING -> {
                if (trapped(ptrace)) {
                    ptrace.cont(tid, 0);
                } else {
                    finishResume(ptrace, 0);
                }
            }
            case SPAWNING, EXECING -> {
                // It may have gone on to another call since, which nothing but this stop has broken off.
                delivery.unsignalled(ptrace);
                spawned(ptrace, 0);
            }
            default -> ptrace.cont(tid, 0);
        }
    }

    private void onSpawn(Ptrace ptrace) {
        int child = (int) ptrace.eventMessage(tid);
        if (child < 0) {
            return; // Killed while it was stopped: its end comes next.
        }
        if (state != State.SPAWNING) {
            // Nobody waits for a vfork, and of a fork its child tells (Forks).
            standing.child(ptrace, child);
            goOn(ptrace, 0);
            return;
        }
        // By what it is, for the call that the trace was for may have failed, and another one have followed.
        if (isThread(child)) {
            OriginTracee born = new OriginTracee(standing, child, State.BIRTH);
            if (tracer.claim(ptrace, child, born)) {
                reports.onSpawned(tid, child, born);
            } else {
                tracer.forget(child);
            }
        } else {
            standing.child(ptrace, child);
        }
        spawned(ptrace, 0);
    }

    private boolean isThread(int child) {
        ProcessStatus status = ProcessStatus.ifAlive(child);
        return status != null && status.process() == pid;
    }

    private void spawned(Ptrace ptrace, int signal) {
        letGo(ptrace, signal);
        callDone.run();
    }

    private void enterAgent(Ptrace ptrace) {
        BiConsumer<Captured, Throwable> waiter = parked;
        parked = null;
        byte[] xstate = ptrace.getXstate(tid);
        if (ptrace.getRegisters(tid, registers) < 0 || xstate == null || waiter == null) {
            // Killed while it was stopped: its end is reported by wait(2).
            parked = waiter;
            return;
        }
        if (registers[Registers.CS] != Registers.CODE_64) {
            // The agent is 64-bit code. It stays stopped until the loop knows: it could make a call before.
            waiter.accept(
                    null,
                    new StaysException("thread " + tid + " runs 32-bit code, which keeps it at home; try again later"));
            return;
        }
        long restarted = registers[Registers.RAX] == -Linux.ERESTARTNOINTR ? registers[Registers.ORIG_RAX] : -1;
        if (SignalledCall.unreceived(registers)) {
            registers[Registers.RAX] = -Linux.ERESTARTNOINTR;
        }
        ThreadImage inCall = new ThreadImage(registers.clone(), xstate);
        ThreadImage image = InterruptedCall.settled(inCall);
        leaveCallMask(ptrace);
        long[] rseq = ptrace.rseq(tid);
        registers[Registers.RIP] = AgentRegion.loopEntry();
        registers[Registers.RBX] = slot;
        registers[Registers.RSP] = AgentRegion.stackTop(slot);
        registers[Registers.ORIG_RAX] = -1;
        registers[Registers.EFLAGS] &= ~Registers.TRAP_FLAG; // the program's, not to trap in the agent
        state = State.DEPUTY;
        ptrace.setRegisters(tid, registers);
        ptrace.cont(tid, 0);
        waiter.accept(new Captured(image, rseq, restarted, BrokenOffCall.of(inCall, image)), null);
    }

    private void finishResume(Ptrace ptrace, int signal) {
        ThreadImage image = Objects.requireNonNull(resumeImage);
        if (ptrace.getRegisters(tid, registers) < 0) {
            return;
        }
        // Natively it would have been thrown away, and have broken off no call; it is kept for those who trace.
        boolean taken = signal != 0 && !SignalStop.ignores(tid, signal);
        if (resumeInCall) {
            if (signal == Linux.SIGSYS && ptrace.signalCode(tid) == SYS_SECCOMP) {
                // si_call_addr, from a filter of the program's own that has met the agent's call.
                ptrace.setSignalAddress(tid, image.register(Registers.RIP));
            }
            ThreadImage outcome = outcome(image, taken);
            image = resumeDone > 0 ? InterruptedCall.behindRest(image, outcome, resumeDone) : outcome;
        } else if (image.trapDue() && signal != Linux.SIGTRAP) {
            raiseTrap(ptrace, signal);
            return;
        } else {
            image = image.with(Registers.ORIG_RAX, -1);
        }
        if (brokenOff != null) {
            image = brokenOff.takenHome(image, taken);
        }
        if (!taken && image.register(Registers.ORIG_RAX) < 0) {
            leaveCallMask(ptrace);
        }
        letGo(ptrace, image, signal);
    }

    /**
     * Has the task itself trap, since a SIGTRAP sent to it would not be the same: the kernel's own unblocks the signal, and
     * takes the handler from it, where it can't be handled (force_sig_fault()), and leaves the trap's number for the handler.
     * Whatever else is to be delivered waits until then, a signal that this stop is for included: the kernel queues one
     * anew that has been blocked meanwhile (ptrace_signal()). That would not do with another SIGTRAP, which comes instead.
     */
    private void raiseTrap(Ptrace ptrace, int signal) {
        mask = ptrace.mask(tid);
        ptrace.setMask(tid, mask | ~SIGTRAP_BIT);
        registers[Registers.RIP] = AgentRegion.trapEntry();
        registers[Registers.ORIG_RAX] = -1;
        registers[Registers.EFLAGS] |= Registers.TRAP_FLAG;
        state = State.TRAPPING;
        ptrace.setRegisters(tid, registers);
        ptrace.cont(tid, signal);
    }

    private void deliverTrap(Ptrace ptrace) {
        ThreadImage image = Objects.requireNonNull(resumeImage).with(Registers.ORIG_RAX, -1);
        // Not blocked in any case: else the kernel would queue it anew, and it is forced.
        ptrace.setMask(tid, mask & ~SIGTRAP_BIT);
        if (ptrace.signalCode(tid) > 0) {
            ptrace.setSignalAddress(tid, image.register(Registers.RIP));
        }
        letGo(ptrace, image, Linux.SIGTRAP);
    }

    /** Lets the thread run natively from {@code image}. */
    private void letGo(Ptrace ptrace, ThreadImage image, int signal) {
        long set = ptrace.setXstate(tid, image.xstate());
        if (set >= 0) {
            set = ptrace.setRegisters(tid, image.registers());
        }
        if (set < 0 && set != -Linux.ESRCH) {
            // It would run on with its deputy's registers.
            LOG.error("thread {}: its image can't be set: {}; the program is ended", tid, Linux.errorName(set));
            Linux.kill(tid, Linux.SIGKILL);
        }
        letGo(ptrace, signal);
        reports.onResumed(tid);
    }

    /**
     * The image of a thread in a forwarded call, joined with how far its deputy has come.
     *
     * @param signalled whether there is a signal to be taken
     */
    private ThreadImage outcome(ThreadImage image, boolean signalled) {
        AgentRegion agent = Objects.requireNonNull(region);
        long rip = registers[Registers.RIP];
        long nr = image.register(Registers.ORIG_RAX);
        if (agent.state(slot) == StockLayout.STATE_DONE) {
            return image.afterCall(agent.result(slot));
        }
        if (rip >= AgentRegion.execReturn() && rip < AgentRegion.execDone()) {
            if (registers[Registers.RAX] == -Linux.EFAULT && registers[Registers.R12] != 0) {
                // Could not wait for a page and was to be made anew (entry.S, guard): so it is, by the thread.
                return image.beforeCall(nr);
            }
            ThreadImage joined = image.with(Registers.RAX, registers[Registers.RAX])
                    .with(Registers.ORIG_RAX, registers[Registers.ORIG_RAX]);
            return InterruptedCall.leftToKernel(joined, signalled);
        }
        return image.beforeCall(nr);
    }

    /**
     * Ends what an interrupted call has done to the signal mask, where the call is not left to the kernel. pselect and its
     * kin keep their mask until the kernel has looked for signals, which it does after this stop: a signal that only the
     * call lets in would be handled there, with registers that are not in the call, and a call that is made anew would wait
     * for a signal that has been. So it stays pending, and ends that one.
     */
    private void leaveCallMask(Ptrace ptrace) {
        if (registers[Registers.ORIG_RAX] >= 0) {
            ptrace.restoreMask(tid);
        }
    }

    private void letGo(Ptrace ptrace, int signal) {
        boolean stay = groupStopped && signal == 0;
        groupStopped = false;
        if (standing.keep(ptrace, this)) {
            state = State.HOME;
            if (stay) {
                stayStopped(ptrace);
            } else {
                deliver(ptrace, signal);
            }
        } else {
            state = State.GONE;
            tracer.forget(tid);
            ptrace.detach(tid, signal);
        }
    }
}
