package org.hitotsu.forwarder.backend.stock;

import static org.hitotsu.forwarder.backend.stock.StockLayout.*;

import io.vertx.core.Future;
import org.hitotsu.forwarder.nativecall.Linux;
import org.hitotsu.forwarder.nativecall.NativeMemory;

/**
 * Hands requests to deputies, one at a time to each.
 *
 * <p>A deputy stands in the agent. Between two calls it waits in the rendezvous, where the next request costs one
 * notification round trip; but a received notification can't be interrupted by a signal (SECCOMP_FILTER_FLAG_
 * WAIT_KILLABLE_RECV, without which a signal could make a trapped mmap run twice). So after {@link #IDLE_MILLIS} without
 * a request it is sent to sleep on its mailbox's futex, where signals find it. Event loop only.
 */
final class Deputies {
    /** How long a deputy waits in the rendezvous at least; at most twice as long. */
    static final int IDLE_MILLIS = 2;

    private final OriginProcess process;
    private boolean sweeping;

    Deputies(OriginProcess process) {
        this.process = process;
    }

    /** Gives a deputy something to do; nothing if it is none any more. Then it comes to {@link #arrived}. */
    void request(OriginTask task, int command, long nr, long... args) {
        if (!task.deputy || process.ended) {
            return;
        }
        task.executing = true;
        task.queuedCommand = command;
        process.region.request(task.slot, nr, args, command == CMD_EXEC ? STATE_REQUESTED : STATE_FREE);
        handOut(task);
    }

    /** As {@link #request}, when {@code ready} is complete; not at all if the thread goes home before. */
    void requestAfter(Future<Void> ready, OriginTask task, int command, long nr, long... args) {
        Object turn = new Object();
        task.postponed = turn;
        ready.onComplete(done -> {
            if (task.postponed == turn && !task.resuming) {
                task.postponed = null;
                request(task, command, nr, args);
            }
        });
    }

    /**
     * A deputy has come to the rendezvous, from where {@link #serve} has it take its next request.
     *
     * @return whether it has done what it was requested to; the result is in its mailbox
     */
    boolean arrived(OriginTask task, long id) {
        task.rendezvous = id;
        task.rendezvousAged = false;
        task.idle = false;
        if (!task.executing || process.region.state(task.slot) != STATE_DONE) {
            return false;
        }
        task.executing = false;
        process.region.setState(task.slot, STATE_FREE);
        return true;
    }

    /** Gives a deputy in the rendezvous the request in its mailbox, or has it wait for one. */
    void serve(OriginTask task) {
        handOut(task);
        startSweep();
    }

    private void handOut(OriginTask task) {
        if (task.queuedCommand == 0) {
            return;
        }
        if (task.rendezvous != 0) {
            long id = task.rendezvous;
            task.rendezvous = 0;
            int command = task.queuedCommand;
            task.queuedCommand = 0;
            process.notifications.answer(id, command);
        } else if (task.idle) {
            task.idle = false;
            // The sleeper executes a system call by itself; anything else it fetches at the rendezvous.
            if (task.queuedCommand == CMD_EXEC) {
                task.queuedCommand = 0;
            }
            long futex = process.region.local(task.slot) + BOX_FUTEX;
            NativeMemory.putIntVolatile(futex, 1);
            Linux.futexWake(futex);
        }
    }

    private void startSweep() {
        if (!sweeping) {
            sweeping = true;
            process.later(IDLE_MILLIS, this::sweep);
        }
    }

    /** Sends deputies to sleep that have waited in the rendezvous since the sweep before. */
    private void sweep() {
        sweeping = false;
        boolean again = false;
        for (OriginTask task : process.tasks.values()) {
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
            NativeMemory.putIntVolatile(process.region.local(task.slot) + BOX_FUTEX, 0);
            process.notifications.answer(id, CMD_IDLE);
        }
        if (again && !process.ended) {
            startSweep();
        }
    }

    /** A thread goes home: nothing waits for its deputy, or is waited for from it. */
    void dismiss(OriginTask task) {
        process.region.freeSlot(task.slot);
        task.slot = 0;
        task.deputy = false;
        task.executing = false;
        task.queuedCommand = 0;
        task.postponed = null;
        task.rendezvous = 0;
        task.idle = false;
    }
}
