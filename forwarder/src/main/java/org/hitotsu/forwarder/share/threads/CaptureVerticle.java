package org.hitotsu.forwarder.share.threads;

import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import java.util.HashMap;
import java.util.Map;
import org.hitotsu.forwarder.backend.ShadowThreads;
import org.hitotsu.forwarder.backend.ThreadImage;
import org.hitotsu.forwarder.membership.PeerNetwork;
import org.hitotsu.forwarder.metrics.Metrics;
import org.hitotsu.forwarder.nativecall.Linux;
import org.hitotsu.forwarder.share.ShareKey;
import org.hitotsu.forwarder.share.proto.Homecoming;
import org.hitotsu.forwarder.share.proto.SyscallReply;
import org.hitotsu.forwarder.share.proto.SyscallRequest;
import org.hitotsu.forwarder.share.proto.Transplant;
import org.hitotsu.forwarder.syscall.SyscallClass;
import org.hitotsu.forwarder.syscall.SyscallRule;
import org.hitotsu.forwarder.syscall.SyscallTable;
import org.hitotsu.forwarder.wire.Payload;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The threads of one share on a node that hosts them: turns captured system calls into requests to the origin, replies
 * into results, and sends threads home. Event loop only.
 */
public final class CaptureVerticle extends VerticleBase implements ShadowThreads.Events {
    /** Told when the shadow fails. */
    public interface Listener {
        void onShadowGone(String why);

        /** A thread begins to run here. */
        void onRunsHere(int tid);

        /** It has ceased to. */
        void onLeft(int tid);
    }

    /** Why a thread is sent back for which the shadow can make none. */
    static final String NO_PLACE = "no-place";

    private static final Logger LOG = LoggerFactory.getLogger(CaptureVerticle.class);

    private static final class Hosted {
        final long id;
        Future<Integer> created;
        int tid;
        boolean running;
        boolean leaving;
        boolean removed;
        /** Number of the last request sent. */
        long sequence;
        /** Whether the last request's result has not reached the program. */
        boolean outstanding;

        /** A reply that found the thread outside of its call. */
        @Nullable
        SyscallReply missed;

        int number;
        long sentAt;

        Hosted(long id, Future<Integer> created) {
            this.id = id;
            this.created = created;
        }
    }

    private final PeerNetwork network;
    private final ShareKey key;
    private final ShadowThreads threads;
    private final Listener listener;
    private final Metrics metrics;
    private final Map<Long, Hosted> byId = new HashMap<>();
    private final Map<Integer, Hosted> byTid = new HashMap<>();

    public CaptureVerticle(
            PeerNetwork network, ShareKey key, ShadowThreads threads, Listener listener, Metrics metrics) {
        this.network = network;
        this.key = key;
        this.threads = threads;
        this.listener = listener;
        this.metrics = metrics;
        threads.events(this);
    }

    @Override
    public Future<?> start() {
        return Future.succeededFuture();
    }

    /** Threads that run here now. */
    public int running() {
        return (int) byTid.values().stream().filter(thread -> thread.running).count();
    }

    /** The shared process has one thread more. */
    public void addThread(long id) {
        Hosted thread = new Hosted(id, threads.create());
        byId.put(id, thread);
        whenCreated(thread);
    }

    private void whenCreated(Hosted thread) {
        thread.created.onSuccess(tid -> {
            thread.tid = tid;
            byTid.put(tid, thread);
            if (thread.removed) {
                remove(thread);
            }
        });
    }

    /** The shared process has one thread less. */
    public void removeThread(long id) {
        Hosted thread = byId.remove(id);
        if (thread == null) {
            return;
        }
        thread.removed = true;
        if (thread.tid != 0) {
            remove(thread);
        }
    }

    private void remove(Hosted thread) {
        byTid.remove(thread.tid);
        if (thread.running && !thread.leaving) {
            thread.running = false;
            listener.onLeft(thread.tid);
            threads.park(thread.tid).onComplete(parked -> threads.remove(thread.tid));
        } else if (!thread.leaving) {
            threads.remove(thread.tid);
        }
    }

    /** A thread arrives. */
    public void onTransplant(Transplant transplant, byte[] xstate) {
        Hosted thread = byId.get(transplant.getThreadId());
        if (thread == null) {
            return;
        }
        ThreadImage image = Images.fromWire(transplant.getImage(), xstate);
        if (thread.created.failed()) {
            // Others may have ended since.
            thread.created = threads.create();
            whenCreated(thread);
        }
        thread.created
                .onSuccess(tid -> arrived(thread, tid, transplant.getSequence(), image))
                .onFailure(cause -> {
                    if (!thread.removed) {
                        LOG.debug("share {}: thread {} is sent back: {}", key.id(), thread.id, cause.getMessage());
                        send(thread, image, NO_PLACE, 0);
                    }
                });
    }

    private void arrived(Hosted thread, int tid, long sequence, ThreadImage image) {
        if (thread.removed) {
            return; // It has ended while its place was being made.
        }
        if (thread.running) {
            LOG.warn("share {}: thread {} arrived although it is here", key.id(), thread.id);
            return;
        }
        thread.running = true;
        thread.leaving = false;
        thread.sequence = sequence;
        thread.outstanding = false;
        thread.missed = null;
        metrics.transplant(Metrics.Direction.IN);
        listener.onRunsHere(tid);
        threads.resume(tid, image);
    }

    /** The origin wants a thread back. */
    public void onRecall(long id, String reason) {
        Hosted thread = byId.get(id);
        if (thread != null) {
            thread.created.onSuccess(tid -> sendHome(thread, reason));
        }
    }

    /** The thread waits for an access which the origin does not allow: natively it meets what the kernel says there. */
    public void onFaultDenied(int tid, String reason) {
        Hosted thread = byTid.get(tid);
        if (thread != null) {
            sendHome(thread, reason);
        }
    }

    private void sendHome(Hosted thread, String reason) {
        if (!thread.running || thread.leaving) {
            return;
        }
        thread.leaving = true;
        threads.park(thread.tid).onComplete(parked -> {
            if (parked.failed()) {
                LOG.warn(
                        "share {}: thread {} can't be parked: {}",
                        key.id(),
                        thread.id,
                        parked.cause().getMessage());
                return;
            }
            ShadowThreads.Parked result = parked.result();
            long inCall = 0;
            if (result.inCall()) {
                inCall = thread.outstanding ? thread.sequence : thread.sequence + 1;
            }
            home(thread, result.image(), reason, inCall);
        });
    }

    private void home(Hosted thread, ThreadImage image, String reason, long inCall) {
        thread.running = false;
        thread.leaving = false;
        listener.onLeft(thread.tid);
        if (thread.outstanding) {
            thread.outstanding = false;
            metrics.syscallForwarded(thread.number, Metrics.SyscallOutcome.HOME);
        }
        send(thread, image, reason, inCall);
        if (thread.removed) {
            threads.remove(thread.tid);
        }
    }

    private void send(Hosted thread, ThreadImage image, String reason, long inCall) {
        network.send(
                key.origin(),
                key.message()
                        .setHomecoming(Homecoming.newBuilder()
                                .setThreadId(thread.id)
                                .setReason(reason)
                                .setInCall(inCall)
                                .setImage(Images.toWire(image)))
                        .build(),
                Payload.of(image.xstate()));
    }

    /** The result of a forwarded call. */
    public void onReply(SyscallReply reply) {
        Hosted thread = byId.get(reply.getThreadId());
        if (thread == null || !thread.outstanding || reply.getSequence() != thread.sequence) {
            return;
        }
        long arrived = System.nanoTime();
        metrics.latency(Metrics.Stage.ROUND_TRIP, arrived - thread.sentAt);
        if (threads.inject(thread.tid, reply.getResult())) {
            thread.outstanding = false;
            metrics.syscallForwarded(thread.number, Metrics.SyscallOutcome.DONE);
            metrics.latency(Metrics.Stage.INJECT, System.nanoTime() - arrived);
        } else {
            // Taken out of the call just before: it goes home in a call that the origin knows the result of, or makes
            // it
            // once more here.
            thread.missed = reply;
        }
    }

    @Override
    public void onCaptured(int tid, long nr, long[] args, boolean foreignAbi) {
        Hosted thread = byTid.get(tid);
        if (thread == null || thread.leaving) {
            return;
        }
        if (nr == Linux.NR_RSEQ && args[2] == 0 && !foreignAbi) {
            // A moved thread has no CPU number that means anything to the others (see the stock back-end's park), and
            // glibc ends the program where registering fails: it is told that it worked and sees no number.
            threads.inject(tid, 0);
            return;
        }
        @Nullable String home = homeReason(nr, args, foreignAbi);
        if (home != null) {
            sendHome(thread, home);
            return;
        }
        if (thread.outstanding) {
            // The same call once more: a stop of the whole shadow (freezer, suspend) restarted it under its request.
            SyscallReply missed = thread.missed;
            if (missed != null) {
                onReply(missed);
            }
            return;
        }
        thread.sequence++;
        thread.outstanding = true;
        thread.missed = null;
        thread.number = (int) nr;
        thread.sentAt = System.nanoTime();
        SyscallRequest.Builder request = SyscallRequest.newBuilder()
                .setThreadId(thread.id)
                .setSequence(thread.sequence)
                .setNumber((int) nr);
        for (long arg : args) {
            request.addArguments(arg);
        }
        network.send(key.origin(), key.message().setSyscallRequest(request).build(), Payload.EMPTY);
    }

    private static @Nullable String homeReason(long nr, long[] args, boolean foreignAbi) {
        if (foreignAbi) {
            return "foreign-abi";
        }
        SyscallRule rule = SyscallTable.x86_64().rule(nr, args);
        return rule.syscallClass() == SyscallClass.HOME ? "syscall-" + rule.name() : null;
    }

    @Override
    public void onTrap(int tid, int signal, ThreadImage image) {
        Hosted thread = byTid.get(tid);
        if (thread != null) {
            home(thread, image, "fault-signal", 0);
        }
    }

    @Override
    public void onShadowGone(String why) {
        listener.onShadowGone(why);
    }
}
