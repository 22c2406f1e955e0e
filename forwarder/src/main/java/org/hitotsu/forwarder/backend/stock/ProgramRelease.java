package org.hitotsu.forwarder.backend.stock;

import static org.hitotsu.forwarder.backend.common.KernelException.check;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.IntPredicate;
import org.hitotsu.forwarder.backend.common.FrozenProcess;
import org.hitotsu.forwarder.backend.common.KernelException;
import org.hitotsu.forwarder.nativecall.Linux;
import org.hitotsu.forwarder.nativecall.Ptrace;

/**
 * Takes out of a program what preparing has put in, but for the filter, which a {@link Keeper} has to answer from then on.
 * On the tracing thread, blocking it for some milliseconds.
 */
final class ProgramRelease {
    private static final long FREEZE_NANOS = TimeUnit.SECONDS.toNanos(1);
    private static final long THAW_NANOS = TimeUnit.MILLISECONDS.toNanos(100);
    private static final int WALL = 0x40000000;

    private final Tracer tracer;
    private final Ptrace ptrace;
    private final StandingTrace standing;
    private final FrozenProcess process;
    private final Set<Integer> lingering = ConcurrentHashMap.newKeySet();
    private final Set<Integer> interrupted = ConcurrentHashMap.newKeySet();

    /** @param standing the trace that the program's threads at home are under, which ends with {@link #run} */
    ProgramRelease(Tracer tracer, Ptrace ptrace, StandingTrace standing) {
        this.tracer = tracer;
        this.ptrace = ptrace;
        this.standing = standing;
        this.process = new FrozenProcess(standing.pid(), ptrace);
    }

    /**
     * Afterwards the process is frozen, without helper and agent; if it fails, it goes on as it was.
     *
     * @param trapped whether a thread waits for the daemon's answer to its call
     * @param restrained threads that can't be made to make calls of others
     * @param rseqs restartable sequences to be registered again, by thread
     */
    void run(IntPredicate trapped, int helper, Set<Integer> restrained, Map<Integer, long[]> rseqs)
            throws KernelException, IOException {
        boolean done = false;
        boolean traced = standing.isOn();
        process.tracedBefore(standing.leave());
        try {
            process.freeze(trapped, FREEZE_NANOS);
            int caller = process.caller(restrained);
            for (Map.Entry<Integer, long[]> rseq : rseqs.entrySet()) {
                if (!restrained.contains(rseq.getKey()) && process.canCall(rseq.getKey())) {
                    long[] area = rseq.getValue();
                    process.call(rseq.getKey(), Linux.NR_RSEQ, area[0], area[1], 0, area[2]);
                }
            }
            Linux.kill(helper, Linux.SIGKILL);
            process.call(caller, Linux.NR_WAIT4, helper, 0, WALL, 0);
            check(
                    "unmap the agent",
                    process.callAt(
                            AgentRegion.injectEntry(),
                            caller,
                            Linux.NR_MUNMAP,
                            StockLayout.AGENT_BASE,
                            StockLayout.AGENT_SIZE));
            // Those in a call that the daemon has yet to answer stop behind it.
            letGoWhenTheyStop();
            done = true;
        } finally {
            if (!done) {
                if (traced) {
                    standing.resume();
                    process.letGo((tid, groupStopped) -> standing.adopt(ptrace, tid, groupStopped));
                }
                thaw();
                process.awaited().stream().filter(trapped::test).forEach(interrupted::add);
            }
        }
    }

    /**
     * Threads that wait for the daemon's answer to their call, and stop for ptrace, which lets them go then, as soon as they
     * have it. Any thread, after {@link #run} has failed.
     */
    Set<Integer> interrupted() {
        return interrupted;
    }

    /** Whether no thread is traced any more that could not be let go at once. Any thread. */
    boolean isOver() {
        return lingering.isEmpty();
    }

    /** Lets the process go on. */
    void thaw() {
        List<Integer> before = process.awaited();
        before.forEach(tracer::forget);
        process.thaw(THAW_NANOS);
        lingering.clear();
        letGoWhenTheyStop();
    }

    private void letGoWhenTheyStop() {
        for (int late : process.awaited()) {
            lingering.add(late);
            tracer.handle(late, this::onLateStop);
        }
    }

    private void onLateStop(Ptrace stopped, int tid, int status) {
        // First: the thread may be handed to somebody who wants to hear of it.
        tracer.forget(tid);
        if (process.letGo(tid, status)) {
            lingering.remove(tid);
        } else {
            tracer.handle(tid, this::onLateStop);
        }
    }
}
