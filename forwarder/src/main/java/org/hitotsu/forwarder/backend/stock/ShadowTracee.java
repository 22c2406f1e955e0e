package org.hitotsu.forwarder.backend.stock;

import org.hitotsu.forwarder.backend.ThreadImage;
import org.hitotsu.forwarder.nativecall.Linux;
import org.hitotsu.forwarder.nativecall.Ptrace;
import org.hitotsu.forwarder.nativecall.Ptrace.Registers;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One traced thread of a shadow. Lives on the tracing thread.
 *
 * <pre>
 * state     stop         action
 * AGENT     interrupt    to run: set the image                    → PROGRAM; to end: make it exit
 * PROGRAM   interrupt    to park: take the image, enter the agent → AGENT
 * PROGRAM   the same, a fault pending: wait for its signal
 * PROGRAM   fault signal the same, reported as a trap             → AGENT
 * any       other signal not delivered: signals belong to the origin
 * </pre>
 */
final class ShadowTracee implements Tracer.StopHandler {
    /** What a hosted thread does; called on the tracing thread. */
    interface Reports {
        void onBorn(int tid, ShadowTracee tracee);

        /** Parked by request (signal 0) or by a fault signal. */
        void onParked(int tid, ThreadImage image, boolean interruptedCall, int signal);

        void onGone(int tid);
    }

    private static final Logger LOG = LoggerFactory.getLogger(ShadowTracee.class);
    private static final int SIGILL = 4;
    private static final int SIGBUS = 7;
    private static final int SIGFPE = 8;
    private static final int SIGSEGV = 11;
    private static final int SI_KERNEL = 0x80;
    private static final int TRAP_TRACE = 2;
    private static final int TRAP_BRKPT = 1;

    private final Tracer tracer;
    private final Reports reports;
    private final int tid;
    private final long[] registers = new long[Registers.COUNT];
    private boolean inProgram;
    private long slot;
    private @Nullable ThreadImage toRun;
    private boolean toPark;
    private boolean toEnd;

    ShadowTracee(Tracer tracer, Reports reports, int tid) {
        this.tracer = tracer;
        this.reports = reports;
        this.tid = tid;
    }

    /** Runs the program from {@code image}; when it is stopped, the thread comes back to {@code agentSlot}. */
    void run(Ptrace ptrace, ThreadImage image, long agentSlot) {
        slot = agentSlot;
        toRun = image;
        toPark = false; // of a park that a fault signal was faster than
        LOG.debug("shadow thread {}: run", tid);
        ptrace.interrupt(tid);
    }

    void park(Ptrace ptrace) {
        toPark = true;
        ptrace.interrupt(tid);
    }

    void end(Ptrace ptrace) {
        toEnd = true;
        ptrace.interrupt(tid);
    }

    @Override
    public void onStop(Ptrace ptrace, int stoppedTid, int status) {
        if (!Ptrace.stopped(status)) {
            tracer.forget(tid);
            reports.onGone(tid);
            return;
        }
        int signal = Ptrace.stopSignal(status);
        LOG.debug("shadow thread {}: stopped, event {} signal {}", tid, Ptrace.event(status), signal);
        switch (Ptrace.event(status)) {
            case 0 -> onSignal(ptrace, signal);
            case Ptrace.EVENT_STOP -> onInterrupt(ptrace);
            case Ptrace.EVENT_CLONE -> onBirth(ptrace);
            default -> ptrace.cont(tid, 0);
        }
    }

    private void onBirth(Ptrace ptrace) {
        int child = (int) ptrace.eventMessage(tid);
        ShadowTracee born = new ShadowTracee(tracer, reports, child);
        if (tracer.claim(ptrace, child, born)) {
            ptrace.cont(child, 0);
            reports.onBorn(child, born);
        } else {
            tracer.forget(child);
        }
        ptrace.cont(tid, 0);
    }

    private void onInterrupt(Ptrace ptrace) {
        if (toEnd && !inProgram) {
            exit(ptrace);
        } else if (toRun != null && !inProgram) {
            enterProgram(ptrace, toRun);
        } else if (toPark && inProgram && faulted(ptrace)) {
            // Its signal comes next, and parks it. Taken now, it would come to the agent.
            ptrace.cont(tid, 0);
        } else if (toPark && inProgram) {
            toPark = false;
            leaveProgram(ptrace, 0);
        } else {
            ptrace.cont(tid, 0);
        }
    }

    /** Whether the thread has run an instruction whose fault signal comes next. */
    private boolean faulted(Ptrace ptrace) {
        return ptrace.getRegisters(tid, registers) >= 0
                && registers[Registers.ORIG_RAX] < 0
                && ptrace.faultPending(tid);
    }

    private void onSignal(Ptrace ptrace, int signal) {
        boolean fault = signal == SIGSEGV
                || signal == SIGBUS
                || signal == SIGILL
                || signal == SIGFPE
                || signal == Linux.SIGSYS
                || signal == Linux.SIGTRAP;
        if (fault && inProgram && ptrace.signalCode(tid) > 0) {
            toPark = false;
            leaveProgram(ptrace, signal);
        } else if (fault && !inProgram && ptrace.signalCode(tid) > 0) {
            // The agent itself has failed: the shadow can't be trusted any more.
            ptrace.cont(tid, Linux.SIGKILL);
        } else {
            ptrace.cont(tid, 0);
        }
    }

    private void enterProgram(Ptrace ptrace, ThreadImage image) {
        toRun = null;
        long[] set = image.registers().clone();
        set[Registers.ORIG_RAX] = -1;
        if (ptrace.setXstate(tid, image.xstate()) < 0 || ptrace.setRegisters(tid, set) < 0) {
            Linux.kill(tid, Linux.SIGKILL);
            return;
        }
        inProgram = true;
        ptrace.cont(tid, 0);
        if (toPark) {
            // Asked to park before it ran: that interrupt and the one to run it were one stop.
            ptrace.interrupt(tid);
        }
    }

    private void leaveProgram(Ptrace ptrace, int signal) {
        byte[] xstate = ptrace.getXstate(tid);
        if (ptrace.getRegisters(tid, registers) < 0 || xstate == null) {
            return;
        }
        long[] taken = registers.clone();
        boolean interrupted = taken[Registers.ORIG_RAX] >= 0 && taken[Registers.RAX] == -Linux.ERESTARTSYS;
        if (!interrupted) {
            taken[Registers.ORIG_RAX] = -1;
        }
        long trap = signal == Linux.SIGTRAP ? ptrace.signalCode(tid) : 0;
        // Unlike a fault it is behind its instruction, which must not run twice.
        boolean stepped = trap == TRAP_TRACE;
        if (trap == SI_KERNEL || trap == TRAP_BRKPT) {
            // int3 and icebp stop behind themselves; at home they have to be executed again. (0xcd 0x03, the long form,
            // is
            // not used.)
            taken[Registers.RIP] -= 1;
        }
        registers[Registers.RIP] = AgentRegion.loopEntry();
        registers[Registers.CS] = Registers.CODE_64;
        registers[Registers.RBX] = slot;
        registers[Registers.RSP] = AgentRegion.stackTop(slot);
        registers[Registers.ORIG_RAX] = -1;
        registers[Registers.EFLAGS] &= ~Registers.TRAP_FLAG; // the program's, not to trap in the agent
        inProgram = false;
        ptrace.setRegisters(tid, registers);
        ptrace.cont(tid, 0);
        ThreadImage image = new ThreadImage(taken, xstate);
        reports.onParked(tid, stepped ? image.withTrapDue() : image, interrupted, signal);
    }

    /** Sets the thread before exit(2), called from the agent, whose own calls the filter lets through. */
    private void exit(Ptrace ptrace) {
        if (ptrace.getRegisters(tid, registers) < 0) {
            return;
        }
        registers[Registers.RIP] = AgentRegion.injectEntry();
        registers[Registers.CS] = Registers.CODE_64;
        registers[Registers.ORIG_RAX] = -1;
        Registers.setCall(registers, Linux.NR_EXIT, 0);
        ptrace.setRegisters(tid, registers);
        ptrace.cont(tid, 0);
    }
}
