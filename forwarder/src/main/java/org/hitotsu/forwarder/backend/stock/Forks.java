package org.hitotsu.forwarder.backend.stock;

import io.vertx.core.Promise;
import java.util.Set;
import org.hitotsu.forwarder.backend.common.ProcessStatus;
import org.jspecify.annotations.Nullable;

/**
 * Lets threads at home fork, and finds out when a fork is over, without tracing the thread as long as that can be told
 * otherwise. Of a thread that is traced the kernel keeps signals that are ignored, among them those of its children's ends,
 * and while it is stopped it wakes others for them (sig_ignored(), complete_signal(), Linux 6.18): their calls answer EINTR
 * then, to a signal that natively nobody would have heard of. Event loop only.
 */
final class Forks {
    private static final int LOOK_MILLIS = 1;
    /** Before the thread is interrupted: its fork has failed, or the child is not its own, or has been waited for. */
    private static final int LOOKS = 20;

    private final OriginProcess process;

    Forks(OriginProcess process) {
        this.process = process;
    }

    /**
     * Lets a thread's fork happen.
     *
     * @param proceed lets it happen
     * @param over completes when it is over; others may complete it who see that
     * @return whether this kernel tells of a thread's children; if not, nothing was done
     */
    boolean make(OriginTask task, Runnable proceed, Promise<Void> over) {
        Set<Integer> before = ProcessStatus.children(process.pid, task.tid);
        if (before == null) {
            return false;
        }
        proceed.run();
        look(task, before, over, LOOKS);
        return true;
    }

    private void look(OriginTask task, Set<Integer> before, Promise<Void> over, int looks) {
        if (over.future().isComplete()) {
            return;
        }
        // A child is listed when its memory has been copied (copy_process()).
        Set<Integer> now = process.ended ? null : ProcessStatus.children(process.pid, task.tid);
        if (now == null || !before.containsAll(now)) {
            over.tryComplete();
        } else if (looks > 0) {
            process.later(LOOK_MILLIS, () -> look(task, before, over, looks - 1));
        } else {
            process.execves.beside(task, () -> interrupt(task, over));
        }
    }

    /** Has the thread stop, for which it has to be out of the fork. */
    private void interrupt(OriginTask task, Promise<Void> over) {
        if (over.future().isComplete()) {
            return;
        }
        @Nullable OriginTracee previous = task.lastCall;
        process.tracer.submit(
                ptrace -> {
                    OriginTracee tracee = OriginTracee.seizeToSpawn(
                            ptrace,
                            process.standing,
                            task.tid,
                            previous,
                            false,
                            () -> process.onLoop(over::tryComplete));
                    tracee.checkCall(ptrace);
                    return tracee;
                },
                (tracee, failure) -> process.onLoop(() -> {
                    if (tracee == null) {
                        // It has ended, or somebody else traces it, who can't be waited for.
                        over.tryComplete();
                    } else {
                        task.lastCall = tracee;
                    }
                }));
    }
}
