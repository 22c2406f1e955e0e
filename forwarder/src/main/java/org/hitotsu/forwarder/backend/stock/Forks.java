package org.hitotsu.forwarder.backend.stock;

import io.vertx.core.Promise;
import java.io.IOException;
import java.util.Set;
import java.util.function.Consumer;
import org.hitotsu.forwarder.nativecall.Linux;
import org.hitotsu.forwarder.nativecall.ProcFiles;

/**
 * Lets threads at home fork, and finds out when a fork is over, without tracing the thread as long as that can be told
 * otherwise. Of a thread that is traced the kernel keeps signals that are ignored, among them those of its children's ends,
 * and while it is stopped it wakes others for them (sig_ignored(), complete_signal(), Linux 6.18): their calls answer EINTR
 * then, to a signal that natively nobody would have heard of. Event loop only.
 */
final class Forks {
    private static final int LOOK_MILLIS = 1;
    /**
     * Before the thread is interrupted: it computes, and there is no new child, for the fork has failed, its child is not its
     * own (CLONE_PARENT), or has been waited for, or much memory is being copied still.
     */
    private static final int LOOKS = 20;

    private static final Set<String> FORKING = Set.of(
            "running",
            Integer.toString(Linux.NR_CLONE),
            Integer.toString(Linux.NR_CLONE3),
            Integer.toString(Linux.NR_FORK));

    private final OriginProcess process;
    private final Consumer<OriginTask> traceOver;

    /** @param traceOver called when a trace that {@link OriginTask#spawning} counts is over */
    Forks(OriginProcess process, Consumer<OriginTask> traceOver) {
        this.process = process;
        this.traceOver = traceOver;
    }

    /**
     * Lets a thread's fork happen.
     *
     * @param proceed lets it happen
     * @param over completes when it is over; others may complete it who see that
     * @return whether this kernel tells of the thread's children (CONFIG_PROC_CHILDREN); if not, nothing was done
     */
    boolean make(OriginTask task, Runnable proceed, Promise<Void> over) {
        Set<Integer> before;
        try {
            before = ProcFiles.children(process.pid, task.tid);
        } catch (IOException e) {
            return false;
        }
        long since = ProcFiles.ticks();
        proceed.run();
        look(task, before, since, over, LOOKS);
        return true;
    }

    private void look(OriginTask task, Set<Integer> before, long since, Promise<Void> over, int looks) {
        if (over.future().isComplete()) {
            return;
        }
        if (process.ended || isOver(task.tid, before, since)) {
            over.tryComplete();
        } else if (looks > 0) {
            process.later(LOOK_MILLIS, () -> look(task, before, since, over, looks - 1));
        } else {
            process.execves.beside(task, () -> interrupt(task, over));
        }
    }

    private boolean isOver(int tid, Set<Integer> before, long since) {
        try {
            if (!FORKING.contains(ProcFiles.call(process.pid, tid)[0])) {
                return true;
            }
            // A child is listed when its memory has been copied (copy_process()). One that its parent's end has
            // brought to this thread, or that the list left out before (proc(5)), is older.
            for (int child : ProcFiles.children(process.pid, tid)) {
                if (!before.contains(child) && isSince(child, since)) {
                    return true;
                }
            }
            return false;
        } catch (IOException e) {
            return true; // The thread has ended.
        }
    }

    private static boolean isSince(int child, long since) {
        try {
            return ProcFiles.startTicks(child) >= since;
        } catch (IOException e) {
            return false;
        }
    }

    /** Has the thread stop, for which it has to be out of the fork. */
    private void interrupt(OriginTask task, Promise<Void> over) {
        if (over.future().isComplete()) {
            return;
        }
        task.spawning++;
        Runnable seen = () -> {
            over.tryComplete();
            traceOver.accept(task);
        };
        process.tracer.submit(
                ptrace -> {
                    OriginTracee tracee =
                            OriginTracee.seizeToSpawn(ptrace, process.standing, task.tid, () -> process.onLoop(seen));
                    tracee.checkCall(ptrace);
                    return tracee;
                },
                (tracee, failure) -> process.onLoop(() -> {
                    if (tracee == null) {
                        // It has ended, or somebody else traces it, who can't be waited for.
                        seen.run();
                    }
                }));
    }
}
