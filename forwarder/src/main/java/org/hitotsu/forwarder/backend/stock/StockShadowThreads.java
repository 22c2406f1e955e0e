package org.hitotsu.forwarder.backend.stock;

import static org.hitotsu.forwarder.backend.stock.StockLayout.*;

import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import org.hitotsu.forwarder.backend.ShadowThreads;
import org.hitotsu.forwarder.backend.ThreadImage;
import org.hitotsu.forwarder.nativecall.Linux;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Threads of a shadow: each stands in the agent's rendezvous until an image is set into it, runs the program's code, and
 * is stopped out of it again. They are traced for their whole life, so that they end with the daemon and a fault signal
 * is seen before it is delivered.
 */
final class StockShadowThreads implements ShadowThreads, Notifications.Handler, ShadowTracee.Reports {
    /** Event loop only. */
    private static final class Hosted {
        final long slot;
        final ShadowTracee tracee;
        boolean running;
        /** The notification of the captured call, 0 if none. */
        long captured;

        boolean removing;

        @Nullable
        Promise<Parked> parking;

        Hosted(long slot, ShadowTracee tracee) {
            this.slot = slot;
            this.tracee = tracee;
        }
    }

    private static final Logger LOG = LoggerFactory.getLogger(StockShadowThreads.class);

    private record Creation(long slot, Promise<Integer> promise) {}

    private final Context context;
    private final Tracer tracer;
    private final AgentRegion region;
    private final Notifications notifications;
    private final int pid;
    private final Map<Integer, Hosted> hosted = new HashMap<>();
    private final ArrayDeque<Creation> creations = new ArrayDeque<>();
    private @Nullable Creation creating;
    private long controlRendezvous;
    private @Nullable Events events;
    private boolean closed;

    StockShadowThreads(Context context, Tracer tracer, AgentRegion region, int pid, int listener) {
        this.context = context;
        this.tracer = tracer;
        this.region = region;
        this.pid = pid;
        this.notifications = new Notifications(context, listener, this);
    }

    @Override
    public void events(Events handler) {
        this.events = handler;
    }

    private Events events() {
        return Objects.requireNonNull(events, "events");
    }

    @Override
    public void onCall(long id, int tid, long nr, long[] args, boolean foreignAbi) {
        if (tid == pid) {
            controlRendezvous = id;
            if (creating != null) {
                onMade(creating);
            }
            createNext();
            return;
        }
        Hosted thread = hosted.get(tid);
        if (thread == null || nr == NR_RENDEZVOUS) {
            // Standing in the agent: an interrupt, not an answer, ends this wait. Whoever is not yet known is there
            // too, and
            // the tracer reports its birth.
            return;
        }
        thread.captured = id;
        if (thread.parking == null) {
            events().onCaptured(tid, nr, args, foreignAbi);
        }
    }

    @Override
    public Future<Integer> create() {
        Promise<Integer> promise = Promise.promise();
        try {
            creations.add(new Creation(region.takeSlot(0), promise));
        } catch (IllegalStateException full) {
            return Future.failedFuture(full);
        }
        createNext();
        return promise.future();
    }

    /** The control thread is back from making a thread, whose birth the tracer reports. */
    private void onMade(Creation creation) {
        long slot = AgentRegion.controlSlot();
        if (region.state(slot) != STATE_DONE) {
            // The answer has met an interruption of its wait, and was dropped.
            creating = null;
            creations.addFirst(creation);
        } else if (region.result(slot) < 0) {
            creating = null;
            region.freeSlot(creation.slot());
            creation.promise().fail("the shadow can't make a thread: " + Linux.errorName(region.result(slot)));
        }
    }

    private void createNext() {
        if (creating != null || controlRendezvous == 0 || creations.isEmpty()) {
            return;
        }
        LOG.debug("shadow {}: makes a thread", pid);
        creating = creations.removeFirst();
        long id = controlRendezvous;
        controlRendezvous = 0;
        region.request(AgentRegion.controlSlot(), CALL_NEW_THREAD, new long[] {creating.slot()}, STATE_REQUESTED);
        notifications.answer(id, CMD_CALL);
    }

    @Override
    public void onBorn(int tid, ShadowTracee tracee) {
        onLoop(() -> {
            LOG.debug("shadow {}: thread {} is born", pid, tid);
            Creation done = creating;
            creating = null;
            if (done != null) {
                hosted.put(tid, new Hosted(done.slot(), tracee));
                done.promise().complete(tid);
            }
            createNext();
        });
    }

    @Override
    public void resume(int tid, ThreadImage image) {
        Hosted thread = hosted.get(tid);
        if (thread == null || thread.running) {
            return;
        }
        thread.running = true;
        thread.captured = 0;
        tracer.submit(ptrace -> thread.tracee.run(ptrace, image, thread.slot));
    }

    @Override
    public Future<Parked> park(int tid) {
        Hosted thread = hosted.get(tid);
        if (thread == null || !thread.running || thread.parking != null) {
            return Future.failedFuture("thread " + tid + " does not run here");
        }
        Promise<Parked> promise = Promise.promise();
        thread.parking = promise;
        tracer.submit(ptrace -> thread.tracee.park(ptrace));
        return promise.future();
    }

    @Override
    public void onParked(int tid, ThreadImage image, boolean interruptedCall, int signal) {
        onLoop(() -> {
            Hosted thread = hosted.get(tid);
            if (thread == null) {
                return;
            }
            thread.running = false;
            thread.captured = 0;
            Promise<Parked> parking = thread.parking;
            thread.parking = null;
            if (parking != null) {
                parking.complete(
                        new Parked(image, interruptedCall, interruptedCall ? image.register(CALL_NUMBER) : -1));
            } else {
                events().onTrap(tid, signal, image);
            }
        });
    }

    private static final int CALL_NUMBER = org.hitotsu.forwarder.nativecall.Ptrace.Registers.ORIG_RAX;

    @Override
    public boolean inject(int tid, long result) {
        Hosted thread = hosted.get(tid);
        // Not once the interrupt to park it is asked for: SEND can answer 0 for a reply that the interrupted call then
        // drops
        // (seccomp_do_user_notification() leaves its wait before it takes the lock), and the call would be made twice.
        if (thread != null && thread.captured != 0 && thread.parking == null) {
            long id = thread.captured;
            thread.captured = 0;
            return notifications.answer(id, result) >= 0;
        }
        return false;
    }

    @Override
    public void remove(int tid) {
        Hosted thread = hosted.get(tid);
        if (thread == null) {
            return;
        }
        thread.removing = true;
        tracer.submit(ptrace -> thread.tracee.end(ptrace));
    }

    @Override
    public void onGone(int tid) {
        LOG.debug("shadow {}: thread {} has ended", pid, tid);
        onLoop(() -> {
            Hosted thread = hosted.remove(tid);
            if (thread != null) {
                region.freeSlot(thread.slot);
            }
            if (tid == pid || thread != null && !thread.removing) {
                shadowGone("thread " + tid + " of the shadow has ended");
            }
        });
    }

    private void shadowGone(String why) {
        if (!closed) {
            close();
            events().onShadowGone(why);
        }
    }

    private void onLoop(Runnable action) {
        context.runOnContext(ignored -> action.run());
    }

    /** Ends the shadow. */
    void close() {
        if (!closed) {
            closed = true;
            Linux.kill(pid, Linux.SIGKILL);
            notifications.close();
        }
    }
}
