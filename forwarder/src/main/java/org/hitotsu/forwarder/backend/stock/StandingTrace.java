package org.hitotsu.forwarder.backend.stock;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.hitotsu.forwarder.backend.common.ProcessStatus;
import org.hitotsu.forwarder.nativecall.Linux;
import org.hitotsu.forwarder.nativecall.Ptrace;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The trace that threads at home stay under from when the program has a handler that makes calls answer EINTR: so that each
 * delivery of a signal stops the thread, and the calls which the filter notifies are made again ({@link SignalledCall}).
 * Threads and child processes that are made under it are traced from their beginning, but for a child whose fork had begun
 * before. Until it begins, a thread is let go as
 * soon as it is home. Tracing thread only.
 */
final class StandingTrace {
    static final int OPTIONS =
            Ptrace.OPTION_SYSGOOD | Ptrace.OPTION_CLONE | Ptrace.OPTION_FORK | Ptrace.OPTION_VFORK | Ptrace.OPTION_EXEC;

    private static final Logger LOG = LoggerFactory.getLogger(StandingTrace.class);

    private final Tracer tracer;
    private final OriginTracee.Reports reports;
    private final int pid;
    private final Map<Integer, OriginTracee> home = new HashMap<>();
    private boolean on;

    StandingTrace(Tracer tracer, OriginTracee.Reports reports, int pid) {
        this.tracer = tracer;
        this.reports = reports;
        this.pid = pid;
    }

    Tracer tracer() {
        return tracer;
    }

    OriginTracee.Reports reports() {
        return reports;
    }

    int pid() {
        return pid;
    }

    /** Begins it, for every thread that there is. One that somebody else traces stays as it is. */
    void begin(Ptrace ptrace) {
        on = true;
        Set<Integer> looked = new HashSet<>();
        // New threads of a traced one are traced, and those of others are made under trace: a pass that finds none is
        // the last.
        while (true) {
            boolean any = false;
            for (int tid : ProcessStatus.threads(pid)) {
                if (looked.add(tid)) {
                    any = true;
                    seize(ptrace, tid);
                }
            }
            if (!any) {
                return;
            }
        }
    }

    private void seize(Ptrace ptrace, int tid) {
        Tracer.StopHandler known = tracer.handler(tid);
        // A child process's thread that had this id before is none of the program's.
        if (known != null && !(known instanceof ChildTracee)) {
            return;
        }
        OriginTracee tracee = OriginTracee.atHome(this, tid);
        long seized = ptrace.seize(pid, tid, OPTIONS);
        if (seized < 0) {
            if (seized != -Linux.ESRCH) {
                LOG.warn("thread {} can't be traced ({}): its calls may answer EINTR", tid, Linux.errorName(seized));
            }
        } else {
            tracer.handle(tid, tracee);
            home.put(tid, tracee);
        }
    }

    /** As {@link #begin}, for those threads that are given to {@link #adopt}. */
    void resume() {
        on = true;
    }

    boolean isOn() {
        return on;
    }

    /** Takes over a thread which runs natively from its stop on, if the trace is on; else it is to be detached. */
    boolean keep(Ptrace ptrace, OriginTracee tracee) {
        if (!on) {
            return false;
        }
        home.put(tracee.tid(), tracee);
        ptrace.setOptions(tracee.tid(), OPTIONS);
        return true;
    }

    /** As {@link #keep}, of a thread that something else has traced; it goes on, or stays in its group stop. */
    boolean adopt(Ptrace ptrace, int tid, boolean groupStopped) {
        if (!on) {
            return false;
        }
        OriginTracee tracee = OriginTracee.atHome(this, tid);
        tracer.handle(tid, tracee);
        keep(ptrace, tracee);
        if (groupStopped) {
            ptrace.listen(tid);
        } else {
            ptrace.cont(tid, 0);
        }
        return true;
    }

    /** Hands out a thread at home for another purpose; null if it is not traced. */
    @Nullable
    OriginTracee take(int tid) {
        return home.remove(tid);
    }

    /**
     * A new process was made by a thread of the program, and is attached with it: it has the program's handlers and its
     * filter, and stays traced as long as the program is.
     */
    void child(Ptrace ptrace, int child) {
        ChildTracee.born(ptrace, tracer, child, on);
    }

    /** Ends it, and leaves the threads traced, to who is to let them go. Their ids. */
    Set<Integer> leave() {
        on = false;
        Set<Integer> left = Set.copyOf(home.keySet());
        left.forEach(tracer::forget);
        home.clear();
        return left;
    }
}
