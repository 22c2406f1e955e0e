package org.hitotsu.forwarder.backend.stock;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.hitotsu.forwarder.backend.common.KernelException;
import org.hitotsu.forwarder.backend.common.ProcessMemory;
import org.hitotsu.forwarder.backend.common.ProcessStatus;
import org.hitotsu.forwarder.nativecall.Linux;
import org.hitotsu.forwarder.nativecall.Ptrace;

/**
 * One thread of a child process, which is not shared, but under the program's filter all the same: traced while it has a
 * handler that makes calls answer EINTR, until it executes another program, which has none. All that happens to it happens
 * natively; its children are traced as it is. Tracing thread only.
 */
final class ChildTracee implements Tracer.StopHandler {
    private final Tracer tracer;
    private final int tid;
    private final SignalStop delivery;

    private ChildTracee(Tracer tracer, int tid) {
        this.tracer = tracer;
        this.tid = tid;
        this.delivery = new SignalStop(tid);
    }

    /** A new task that was attached with what made it: goes on traced if {@code keep}, else untraced. */
    static void born(Ptrace ptrace, Tracer tracer, int tid, boolean keep) {
        ChildTracee child = new ChildTracee(tracer, tid);
        if (!tracer.claim(ptrace, tid, child)) {
            tracer.forget(tid);
        } else if (keep) {
            ptrace.cont(tid, 0);
        } else {
            tracer.forget(tid);
            ptrace.detach(tid, 0);
        }
    }

    /**
     * A thread of a child process is stopped before it installs a signal's handler.
     *
     * @param action the address of struct sigaction, in the child. It can't be waited for, since of a child of vfork it is the
     *     program's memory: a handler that can't be read is taken for one that matters
     */
    static void beforeAction(Ptrace ptrace, Tracer tracer, int tid, long action) {
        if (tracer.handler(tid) != null || !breaksOff(tid, action)) {
            return;
        }
        int pid = processOf(tid);
        boolean any = pid > 0;
        boolean leaderOnly = false;
        if (any && tracer.handler(pid) == null) {
            // Also of a first thread that has ended: another one that executes a program reports under its id.
            tracer.handle(pid, new ChildTracee(tracer, pid));
            leaderOnly = ptrace.seize(pid, pid, StandingTrace.OPTIONS) < 0;
        }
        while (any) {
            any = false;
            for (int each : ProcessStatus.threads(pid)) {
                if (tracer.handler(each) == null && ptrace.seize(pid, each, StandingTrace.OPTIONS) >= 0) {
                    tracer.handle(each, new ChildTracee(tracer, each));
                    any = true;
                    leaderOnly = false;
                }
            }
        }
        if (leaderOnly) {
            // Another thread's execve came first: who has the process's id now is not traced.
            tracer.forget(pid);
        }
    }

    private static boolean breaksOff(int tid, long action) {
        long memory = Linux.open("/proc/" + tid + "/mem", Linux.O_RDONLY);
        if (memory < 0) {
            return true;
        }
        try {
            ByteBuffer words = ByteBuffer.wrap(ProcessMemory.read((int) memory, action, 16))
                    .order(ByteOrder.LITTLE_ENDIAN);
            return SignalledCall.breaksOff(words.getLong(), words.getLong());
        } catch (KernelException e) {
            return true;
        } finally {
            Linux.close((int) memory);
        }
    }

    private static int processOf(int tid) {
        ProcessStatus status = ProcessStatus.ifAlive(tid);
        return status == null ? 0 : status.process();
    }

    @Override
    public void onStop(Ptrace ptrace, int stoppedTid, int status) {
        if (!Ptrace.stopped(status)) {
            tracer.forget(stoppedTid);
            return;
        }
        int signal = Ptrace.stopSignal(status);
        switch (Ptrace.event(status)) {
            case 0 -> {
                delivery.before(ptrace, signal);
                ptrace.cont(tid, signal);
            }
            case Ptrace.EVENT_STOP -> {
                if (signal == Linux.SIGTRAP) {
                    ptrace.cont(tid, 0);
                } else {
                    delivery.groupStop();
                    ptrace.listen(tid);
                }
            }
            case Ptrace.EVENT_CLONE, Ptrace.EVENT_FORK, Ptrace.EVENT_VFORK -> {
                int child = (int) ptrace.eventMessage(tid);
                if (child > 0) {
                    born(ptrace, tracer, child, true);
                    ptrace.cont(tid, 0);
                } // else it was killed while it was stopped: its end comes next
            }
            case Ptrace.EVENT_EXEC -> {
                tracer.forget((int) ptrace.eventMessage(stoppedTid));
                tracer.forget(stoppedTid);
                ptrace.detach(stoppedTid, 0);
            }
            default -> ptrace.cont(tid, 0);
        }
    }
}
