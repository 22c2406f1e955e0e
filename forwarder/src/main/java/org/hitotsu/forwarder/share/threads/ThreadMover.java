package org.hitotsu.forwarder.share.threads;

import io.vertx.core.Context;
import io.vertx.core.Future;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.hitotsu.forwarder.backend.Backend.Adoption;
import org.hitotsu.forwarder.backend.OriginSpace;
import org.hitotsu.forwarder.backend.OriginThreads;
import org.hitotsu.forwarder.backend.ThreadImage;
import org.hitotsu.forwarder.membership.PeerNetwork;
import org.hitotsu.forwarder.metrics.Metrics;
import org.hitotsu.forwarder.nativecall.Ptrace.Registers;
import org.hitotsu.forwarder.share.ShareKey;
import org.hitotsu.forwarder.share.pages.OriginMemory;
import org.hitotsu.forwarder.share.proto.Homecoming;
import org.hitotsu.forwarder.share.proto.SyscallRequest;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The thread table of one share at its origin, and every move of its threads. All moves go through the origin: from one
 * host to another a thread comes home first, without running there in between unless it is in a system call.
 *
 * <p>Event loop only.
 */
public final class ThreadMover implements OriginThreads.Events {
    /** What the share must know. */
    public interface Listener {
        void onEnded();

        /** The program is replaced by another one (execve), of which a new mover will have to be made. */
        void onReplaced(Adoption next);

        /** The program was let go: it runs on, and is no concern of this node any more. */
        void onReleased();

        /** Makes sure that {@code node} has a shadow; completes when it is ready. */
        Future<Void> ensureHost(int node);

        Collection<Integer> hosts();

        /** So many threads are on other nodes now, or on the way there. */
        void onAway(int threads);
    }

    private static final Logger LOG = LoggerFactory.getLogger(ThreadMover.class);
    /** For a transfer that goes on, a long time; for a call that waits for it, a short one. */
    private static final int TRANSFER_MILLIS = 200;
    /** For a thread to take a signal at home before it leaves. */
    private static final int SIGNAL_MILLIS = 2;

    /** Why a program that has done so stays at its origin, as the end of a sentence about it. */
    public static final String KEYED = "has memory with protection keys";

    private final Context context;
    private final PeerNetwork network;
    private final ShareKey key;
    private final OriginSpace space;
    private final OriginThreads threads;
    private final MemoryCalls memoryCalls;
    private final PriorityPages priorityPages;
    private final @Nullable ClusterCpus cpus;
    private final @Nullable AffinityCalls affinityCalls;
    private final Placement placement;
    private final Listener listener;
    private final Metrics metrics;
    private final ThreadTable table;
    private final HostMessages messages;
    private final Map<String, Long> homecomings = new TreeMap<>();
    private long transplants;
    private final Gathering gathering;
    private final HomeStops homeStops;
    private final Redepartures redepartures;
    private boolean ended;
    /** The last release that was asked for. */
    private @Nullable Future<Void> releasing;

    /**
     * @param cpus the processors that the program is told of; null for those of this computer
     */
    public ThreadMover(
            Context context,
            PeerNetwork network,
            ShareKey key,
            OriginSpace space,
            OriginMemory memory,
            Placement placement,
            Listener listener,
            Metrics metrics,
            @Nullable ClusterCpus cpus) {
        this.context = context;
        this.network = network;
        this.key = key;
        this.space = space;
        this.threads = space.threads();
        this.memoryCalls = new MemoryCalls(space, memory);
        this.priorityPages = new PriorityPages(space, memory);
        this.placement = placement;
        this.listener = listener;
        this.table = new ThreadTable(network.selfId(), listener::onAway);
        this.messages = new HostMessages(network, key, listener::hosts);
        this.metrics = metrics;
        this.cpus = cpus;
        this.affinityCalls = cpus == null
                ? null
                : new AffinityCalls(
                        memoryCalls, cpus, space.processors(), space.callMemory(), space.pid(), table::contains);
        this.gathering = new Gathering(context, table, thread -> move(thread.tid(), network.selfId()), () -> ended);
        this.homeStops = new HomeStops(
                key,
                space,
                memory,
                memoryCalls,
                priorityPages,
                affinityCalls,
                gathering,
                () -> table.all().size() == 1 && listener.hosts().isEmpty());
        this.redepartures = new Redepartures(
                context, network, threads, table, gathering, thread -> move(thread.tid(), thread.wanted), () -> ended);
        threads.events(this);
        threads.ids().forEach(this::add);
        String homebound = space.homebound();
        if (homebound != null) {
            homeStops.stayHome(homebound);
        }
    }

    private void add(int tid) {
        messages.added(table.add(tid));
    }

    /** The thread table. */
    public Collection<SharedThread> threads() {
        return table.all();
    }

    /** Threads that left the table keep what they forwarded in this sum. */
    public long syscallsForwarded() {
        return table.syscallsForwarded();
    }

    public long transplants() {
        return transplants;
    }

    public Map<String, Long> homecomings() {
        return homecomings;
    }

    // Moves.

    /**
     * Moves a thread. Completes when its image has been sent (or it runs at home).
     *
     * @param tid as the origin's kernel numbers it
     * @param node the origin's own id for home
     */
    public Future<Void> move(int tid, int node) {
        SharedThread thread = table.byTid(tid);
        // At the program's end a move that another one waited for begins while the threads are still in the table.
        if (thread == null || ended) {
            return Future.failedFuture("thread " + tid + ": has ended; look at `hitotsu ps`");
        }
        String whyHome = gathering.whyHome();
        if (whyHome != null && node != network.selfId()) {
            return Future.failedFuture("thread " + tid + ": " + whyHome);
        }
        String stays = threads.stays(tid);
        if (stays != null && node != network.selfId()) {
            return Future.failedFuture("thread " + tid + ": stays at its origin, for it " + stays);
        }
        thread.wanted = node;
        if (thread.place == SharedThread.Place.ENDING) {
            return Future.failedFuture("thread " + tid + ": is ending");
        }
        Future<Void> before = thread.move();
        if (before != null) {
            return before.otherwiseEmpty().compose(done -> move(tid, node));
        }
        if (thread.kept != null && thread.kept.timed()) {
            return moveInCall(thread, thread.kept, node);
        }
        if (thread.node() == node && thread.place != SharedThread.Place.RETURNING) {
            return Future.succeededFuture();
        }
        Future<Void> there = thread.beginMove(node);
        if (thread.place == SharedThread.Place.HOME) {
            leave(thread, node);
        } else if (thread.place == SharedThread.Place.OUT) {
            recall(thread, Redepartures.MIGRATE);
        }
        return there;
    }

    /** Moves a thread that is at home in a call which its deputy keeps. */
    private Future<Void> moveInCall(SharedThread thread, KeptCall kept, int node) {
        boolean homeward = node == network.selfId();
        if (homeward && !gathering.releasing() && threads.stays(thread.tid()) == null) {
            return Future.succeededFuture();
        }
        if (homeward) {
            Future<Void> home = thread.beginMove(node);
            takeCallHome(thread, kept.image(), "release");
            return home;
        }
        return listener.ensureHost(node).compose(ready -> {
            if (ended || !table.holds(thread) || thread.kept != kept || thread.move() != null) {
                // The call has ended meanwhile, perhaps with the thread.
                return move(thread.tid(), node);
            }
            Future<Void> there = thread.beginMove(node);
            passOn(thread, kept.image());
            return there;
        });
    }

    /**
     * Has the program let go, with all threads and pages at home; nothing more comes from here then. If it fails, the
     * program is shared as before, but for its threads, which are at home. Whoever asks meanwhile waits for the same.
     */
    public Future<Void> release() {
        Future<Void> begun = releasing;
        if (begun != null && !begun.isComplete()) {
            return begun;
        }
        Future<Void> released = gathering
                .forRelease()
                .compose(there -> memoryCalls
                        .withAllPagesHome(() -> space.letGo().onSuccess(gone -> {
                            end();
                            listener.onReleased();
                        }))
                        .onFailure(cause -> gathering.releaseFailed()));
        releasing = released;
        return released;
    }

    /** Why no thread of the program leaves any more; null if they may. */
    public @Nullable String homebound() {
        return gathering.forGood();
    }

    private void leave(SharedThread thread, int node) {
        String whyHome = gathering.whyHome();
        if (whyHome != null) {
            thread.moveFailed(new IllegalStateException("thread " + thread.tid() + ": " + whyHome));
            return;
        }
        if (TimedCalls.holdAtHome(space.pid(), thread.tid())) {
            thread.moveFailed(new IllegalStateException(
                    "thread " + thread.tid() + ": waits in a system call that runs at home only,"
                            + " and would begin its time-out anew; try again when it has returned"));
            return;
        }
        thread.place = SharedThread.Place.LEAVING;
        listener.ensureHost(node).compose(ready -> threads.park(thread.tid())).onComplete(parked -> {
            if (ended || thread.place != SharedThread.Place.LEAVING) {
                thread.moveFailed(new IllegalStateException("thread " + thread.tid() + " has ended"));
            } else if (parked.failed()) {
                thread.place = SharedThread.Place.HOME;
                threads.release(thread.tid());
                thread.moveFailed(parked.cause());
            } else {
                parked(thread, node, parked.result());
            }
        });
    }

    private void parked(SharedThread thread, int node, ThreadImage image) {
        if (image.register(Registers.ORIG_RAX) < 0) {
            depart(thread, node, image);
            return;
        }
        TransferRest rest = TransferRest.of(threads, space.callMemory(), thread, image);
        if (rest == null) {
            depart(thread, node, image.with(Registers.ORIG_RAX, -1));
            return;
        }
        thread.rest = rest;
        rest.finish().onSuccess(whole -> {
            if (thread.rest == rest && thread.place == SharedThread.Place.LEAVING) {
                thread.rest = null;
                depart(thread, node, whole);
            }
        });
    }

    /** The thread's task is a deputy and its image is here: sends it out, or home if the host has gone meanwhile. */
    private void depart(SharedThread thread, int node, ThreadImage image) {
        if (!canGo(thread, node)) {
            comeHome(thread, image, false, Redepartures.MIGRATE);
            return;
        }
        if (thread.executor == null) {
            ExecutorVerticle executor = new ExecutorVerticle(
                    network, key, thread, threads, memoryCalls, priorityPages, affinityCalls, metrics);
            thread.executor = executor;
            thread.deployed = context.owner().deployVerticle(executor);
        }
        sendOut(thread, node, image, thread.executor.sequence());
    }

    /** Whether a thread can be sent there now. If only its shadow is not ready yet, the thread leaves again from home. */
    private boolean canGo(SharedThread thread, int node) {
        return !thread.signalled
                && gathering.whyHome() == null
                && threads.stays(thread.tid()) == null
                && node != network.selfId()
                && listener.hosts().contains(node)
                && listener.ensureHost(node).succeeded();
    }

    /** In the call that its deputy has, a thread goes on to the host that it is to move to. */
    private void passOn(SharedThread thread, ThreadImage image) {
        ExecutorVerticle executor = Objects.requireNonNull(thread.executor);
        if (!canGo(thread, thread.movingTo())) {
            takeCallHome(thread, image, Redepartures.MIGRATE);
            return;
        }
        thread.kept = null;
        executor.passOn();
        ThreadImage before = image.beforeCall(image.register(Registers.ORIG_RAX));
        // The host numbers the call that it makes next as this one.
        sendOut(thread, thread.movingTo(), before, executor.sequence() - 1);
    }

    private void sendOut(SharedThread thread, int node, ThreadImage image, long sequence) {
        thread.place = SharedThread.Place.OUT;
        table.visit(thread, node);
        thread.leftAtNanos = System.nanoTime();
        transplants++;
        metrics.transplant(Metrics.Direction.OUT);
        messages.transplant(thread, node, image, sequence);
        thread.moved();
    }

    private void recall(SharedThread thread, String reason) {
        thread.place = SharedThread.Place.RETURNING;
        messages.recall(thread, reason);
    }

    private void comeHome(SharedThread thread, ThreadImage image, boolean inCall, String reason) {
        comeHome(thread, () -> threads.resume(thread.tid(), image, inCall), reason);
    }

    /** The deputy may have to end an uninterruptible call first: only behind it does the time at home begin. */
    private void comeHome(SharedThread thread, Supplier<Future<Void>> resume, String reason) {
        table.visit(thread, network.selfId());
        thread.place = SharedThread.Place.RETURNING;
        boolean forSignal = thread.signalled;
        thread.signalled = false;
        resume.get().onComplete(resumed -> {
            if (thread.place != SharedThread.Place.RETURNING) {
                return;
            }
            thread.place = SharedThread.Place.HOME;
            redepartures.schedule(thread, reason);
            if (thread.isOnward() && forSignal) {
                // Parked at once it would come home for the same signal, until a processor is free for it in between.
                context.owner().setTimer(SIGNAL_MILLIS, timer -> leaveAgain(thread));
            } else if (thread.isOnward()) {
                leave(thread, thread.movingTo());
            } else {
                thread.moved();
            }
        });
    }

    private void leaveAgain(SharedThread thread) {
        if (!ended && table.holds(thread) && thread.place == SharedThread.Place.HOME && thread.isOnward()) {
            leave(thread, thread.movingTo());
        }
    }

    // From hosts.

    /** A thread has left its host. The payload is its extended state. */
    public void onHomecoming(int from, Homecoming homecoming, byte[] xstate) {
        SharedThread thread = table.byId(homecoming.getThreadId());
        if (thread == null || thread.executor == null || thread.node() != from) {
            return;
        }
        ExecutorVerticle executor = thread.executor;
        ThreadImage image = Images.fromWire(homecoming.getImage(), xstate);
        String reason = homecoming.getReason();
        homecomings.merge(reason, 1L, Long::sum);
        metrics.homecoming(reason);
        if (executor.ending()) {
            return;
        }
        thread.place = SharedThread.Place.RETURNING;
        long inCall = homecoming.getInCall();
        boolean passedOn = executor.takePassedOn();
        if (inCall == 0 && passedOn) {
            // It still stands before the call, which it was to make anew there.
            image = image.inCall(image.register(Registers.RAX));
            inCall = executor.sequence();
        }
        if (inCall == 0) {
            arrived(thread, image, reason);
            return;
        }
        inCall(thread, executor, image, inCall, reason);
    }

    /** A thread has come from its host in a call. */
    private void inCall(SharedThread thread, ExecutorVerticle executor, ThreadImage image, long inCall, String reason) {
        long nr = image.register(Registers.ORIG_RAX);
        switch (executor.callState(inCall)) {
            case NOT_BEGUN -> arrived(thread, image.beforeCall(nr), reason);
            case DONE -> arrived(thread, executor.settled(image), reason);
            case WILL_COME -> executor.whenDone(() -> arrived(thread, executor.settled(image), reason));
            case IN_DEPUTY -> {
                boolean transfer = executor.mayBreakOff();
                boolean timed = !transfer && executor.inTimedCall(space.pid());
                if (thread.signalled || !transfer && !timed) {
                    takeCallHome(thread, image, reason);
                } else if (timed && thread.isOnward()) {
                    passOn(thread, image);
                } else {
                    keepCall(thread, executor, new KeptCall(image, timed), reason);
                }
            }
        }
    }

    private void keepCall(SharedThread thread, ExecutorVerticle executor, KeptCall kept, String reason) {
        thread.kept = kept;
        executor.whenDone(() -> {
            thread.kept = null;
            arrived(thread, executor.settled(kept.image()), reason);
        });
        if (kept.timed()) {
            table.visit(thread, network.selfId());
            thread.moved();
        }
    }

    /**
     * Ends that deputies keep calls of threads that nothing but their program may run in any more. The call that ties all
     * threads waits for the last deputy, and a call that it keeps may wait for the very thread that ties. A transfer may answer
     * less then; so it is given the time in which most end by themselves.
     */
    private void takeTiedCallsHome() {
        takeTiedCallsHome(true);
        context.owner().setTimer(TRANSFER_MILLIS, timer -> takeTiedCallsHome(false));
    }

    private void takeTiedCallsHome(boolean timedOnly) {
        for (SharedThread thread : List.copyOf(table.all())) {
            KeptCall kept = thread.kept;
            TransferRest rest = thread.rest;
            if (ended || threads.stays(thread.tid()) == null) {
                continue;
            }
            if (kept != null && (kept.timed() || !timedOnly)) {
                takeCallHome(thread, kept.image(), "tied");
            } else if (rest != null && rest.executing() && !timedOnly) {
                thread.rest = null;
                comeHome(thread, rest::breakOff, "tied");
            }
        }
    }

    private void takeCallHome(SharedThread thread, ThreadImage image, String reason) {
        thread.kept = null;
        comeHome(thread, image, true, reason);
        Objects.requireNonNull(thread.executor).callTaken();
    }

    private void arrived(SharedThread thread, ThreadImage image, String reason) {
        if (thread.isOnward() && !thread.signalled && !image.trapDue()) {
            depart(thread, thread.movingTo(), image);
            return;
        }
        comeHome(thread, image, false, reason);
    }

    /** A forwarded system call. */
    public void onSyscall(int from, SyscallRequest request) {
        SharedThread thread = table.byId(request.getThreadId());
        if (thread == null || thread.executor == null || thread.node() != from) {
            return;
        }
        thread.executor.onRequest(request);
        if (thread.executor.ending()) {
            thread.place = SharedThread.Place.ENDING;
        }
    }

    // OriginThreads.Events.

    @Override
    public void onThreadCreated(int tid, int creator) {
        if (cpus != null) {
            cpus.created(tid, creator, table.tids());
        }
        add(tid);
        boolean stays = gathering.whyHome() != null || threads.stays(tid) != null;
        int node = stays ? network.selfId() : placement.choose(table.all(), network.selfId());
        if (node == network.selfId()) {
            threads.release(tid);
            return;
        }
        move(tid, node)
                .onFailure(
                        cause -> LOG.warn("share {}: thread {} stays at home: {}", key.id(), tid, cause.getMessage()));
    }

    @Override
    public void onThreadGone(int tid) {
        SharedThread thread = table.remove(tid);
        if (thread == null) {
            return;
        }
        if (cpus != null) {
            cpus.gone(tid);
        }
        thread.place = SharedThread.Place.ENDING;
        gone(thread);
        messages.removed(thread);
    }

    private void gone(SharedThread thread) {
        thread.moveFailed(new IllegalStateException("thread " + thread.tid() + " has ended"));
        if (thread.deployed != null) {
            // It may have left for the first time just now.
            thread.deployed.onSuccess(context.owner()::undeploy);
        }
    }

    /** Threads that have ended, for people who ask where they ran. */
    public Collection<SharedThread> endedThreads() {
        return table.ended();
    }

    @Override
    public void onExecuted(int tid, long result) {
        SharedThread thread = table.byTid(tid);
        if (thread != null && thread.rest != null) {
            thread.rest.onExecuted(result);
        } else if (thread != null && thread.executor != null) {
            thread.executor.onExecuted(result);
        }
    }

    @Override
    public void onDeputySignal(int tid) {
        SharedThread thread = table.byTid(tid);
        if (thread == null) {
            return;
        }
        thread.signalled = true;
        if (thread.place == SharedThread.Place.OUT) {
            recall(thread, "signal");
            return;
        }
        TransferRest rest = thread.rest;
        KeptCall kept = thread.kept;
        if (rest != null && rest.executing()) {
            thread.rest = null;
            comeHome(thread, rest::breakOff, "signal");
        } else if (kept != null) {
            takeCallHome(thread, kept.image(), "signal");
        }
    }

    @Override
    public void onMemoryCall(int tid, int nr, long[] args) {
        homeStops.onMemoryCall(tid, nr, args);
    }

    @Override
    public void onFutexWords(int tid, long... words) {
        homeStops.onFutexWords(tid, words);
    }

    @Override
    public void onExit(int tid) {
        homeStops.onExit(tid);
    }

    @Override
    public void onHomebound(int tid, String why) {
        homeStops.onHomebound(tid, why, this::takeTiedCallsHome);
    }

    @Override
    public void onFork(int tid, int nr, long[] args) {
        homeStops.onFork(tid);
    }

    @Override
    public void onCoreDump(int tid) {
        SharedThread thread = table.byTid(tid);
        if (thread != null) {
            thread.dying = true;
        }
        homeStops.onCoreDump(tid);
    }

    @Override
    public void onExec(int tid) {
        if (cpus != null) {
            cpus.executes(tid);
        }
        threads.proceedWithExec(tid);
    }

    @Override
    public void onReplaced(Adoption next) {
        end();
        if (cpus != null) {
            cpus.replaced(space.pid());
        }
        listener.onReplaced(next);
    }

    @Override
    public void onLeft() {
        LOG.info("share {}: executes a program under a filter of system calls, which is not shared", key.id());
        end();
        listener.onReleased();
    }

    @Override
    public void onProcessEnded() {
        end();
        listener.onEnded();
    }

    private void end() {
        ended = true;
        table.removeAll().forEach(this::gone);
    }
}
