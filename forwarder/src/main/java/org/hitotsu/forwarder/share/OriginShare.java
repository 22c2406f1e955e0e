package org.hitotsu.forwarder.share;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.hitotsu.forwarder.DaemonContext;
import org.hitotsu.forwarder.backend.Backend.Adoption;
import org.hitotsu.forwarder.backend.OriginSpace;
import org.hitotsu.forwarder.backend.ProcessorPort;
import org.hitotsu.forwarder.backend.SpaceLayout;
import org.hitotsu.forwarder.backend.UnsharedException;
import org.hitotsu.forwarder.membership.Computer;
import org.hitotsu.forwarder.share.pages.NodeMemory;
import org.hitotsu.forwarder.share.pages.OriginMemory;
import org.hitotsu.forwarder.share.pages.PageCounters;
import org.hitotsu.forwarder.share.proto.CreateShadow;
import org.hitotsu.forwarder.share.proto.HostReport;
import org.hitotsu.forwarder.share.proto.ProgramEnded;
import org.hitotsu.forwarder.share.proto.ProgramStarted;
import org.hitotsu.forwarder.share.proto.ShareMessage;
import org.hitotsu.forwarder.share.threads.ClusterCpus;
import org.hitotsu.forwarder.share.threads.Placement;
import org.hitotsu.forwarder.share.threads.SharedThread;
import org.hitotsu.forwarder.share.threads.ThreadMover;
import org.hitotsu.forwarder.wire.Payload;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A program that was started on this node, shared with others. Event loop only. */
final class OriginShare implements ThreadMover.Listener, NodeMemory.Listener {
    private static final Logger LOG = LoggerFactory.getLogger(OriginShare.class);

    /** For all threads to come home when the daemon stops. */
    private static final int STOP_MILLIS = 10_000;

    /**
     * What a user asked for.
     *
     * @param attached whether the program ran before it was shared, and is to survive the node
     * @param clusterCpus whether it is told of the processors of all its nodes
     */
    record Request(
            int pid, List<String> command, boolean spread, Set<Integer> nodes, boolean attached, boolean clusterCpus) {}

    private static final class Host {
        final Promise<Void> ready = Promise.promise();
        boolean up;
        HostReport report = HostReport.getDefaultInstance();
    }

    private final DaemonContext daemon;
    private ShareKey key;
    private final Request request;
    private final ThreadObserver observer;
    private final Runnable onEnded;
    private final PageCounters counters;
    private final Map<Integer, Host> hosts = new HashMap<>();
    private final long startedMillis = System.currentTimeMillis();
    private long elapsedMillis = -1;
    private @Nullable OriginSpace space;
    private @Nullable OriginMemory memory;
    private @Nullable ThreadMover mover;
    private @Nullable ClusterCpus cpus;
    private @Nullable String failure;
    /** What is told of it once it has ended: its threads and pages are not kept for that. */
    private @Nullable JsonObject last;

    private boolean ended;
    private boolean released;

    OriginShare(DaemonContext daemon, ShareKey key, Request request, ThreadObserver observer, Runnable onEnded) {
        this.daemon = daemon;
        this.key = key;
        this.request = request;
        this.observer = observer;
        this.onEnded = onEnded;
        this.counters = new PageCounters(daemon.metrics());
    }

    ShareKey key() {
        return key;
    }

    int pid() {
        return request.pid();
    }

    /** Whether the program is told of the processors of all its nodes. */
    boolean clusterCpus() {
        return request.clusterCpus();
    }

    boolean ended() {
        return ended;
    }

    /** The program is loaded and stands before its first instruction. */
    private void prepared(OriginSpace prepared) {
        space = prepared;
        OriginMemory shared = new OriginMemory(
                daemon.context(),
                daemon.network(),
                key,
                prepared.pages(),
                this,
                counters,
                daemon.metrics(),
                ShareService.cacheOptions(daemon));
        memory = shared;
        mover = new ThreadMover(
                daemon.context(),
                daemon.network(),
                key,
                prepared,
                shared,
                new Placement(request.spread(), this::candidates),
                this,
                daemon.metrics(),
                cpus(prepared.processors()));
        broadcast(started());
    }

    private ShareMessage started() {
        return key.message()
                .setProgramStarted(
                        ProgramStarted.newBuilder().setPid(request.pid()).addAllCommand(request.command()))
                .build();
    }

    /** A node that has come later, or again, knows of no program. */
    void onPeerUp(int node) {
        if (space != null) {
            daemon.network().send(node, started(), Payload.EMPTY);
        }
    }

    /** Counted once: a program that was told of them, and has made its threads, is not served by others later. */
    private @Nullable ClusterCpus cpus(ProcessorPort processors) {
        if (request.clusterCpus() && cpus == null) {
            int self = daemon.network().selfId();
            int others = candidates().stream()
                    .filter(candidate -> candidate.node() != self)
                    .mapToInt(Placement.Candidate::cpus)
                    .sum();
            cpus = new ClusterCpus(processors.numbers(), processors.maskBytes(), others);
        }
        return cpus;
    }

    private void broadcast(ShareMessage message) {
        for (Computer computer : daemon.network().computers()) {
            if (daemon.network().isUp(computer.id())) {
                daemon.network().send(computer.id(), message, Payload.EMPTY);
            }
        }
    }

    private List<Placement.Candidate> candidates() {
        List<Placement.Candidate> candidates = new ArrayList<>();
        int self = daemon.network().selfId();
        Computer own = daemon.network().computers().get(self);
        for (Computer computer : daemon.network().computers()) {
            boolean chosen = computer.id() == self
                    || (request.nodes().isEmpty() || request.nodes().contains(computer.id()))
                            && daemon.network().isUp(computer.id())
                            && own != null
                            && computer.canHost(own.features())
                            && !refused(computer.id());
            if (chosen) {
                candidates.add(new Placement.Candidate(computer.id(), computer.cpus()));
            }
        }
        return candidates;
    }

    private boolean refused(int node) {
        Host host = hosts.get(node);
        return host != null && host.ready.future().failed();
    }

    // ThreadMover.Listener.

    @Override
    public Collection<Integer> hosts() {
        return hosts.entrySet().stream()
                .filter(host -> host.getValue().up)
                .map(Map.Entry::getKey)
                .toList();
    }

    @Override
    public Future<Void> ensureHost(int node) {
        Host known = hosts.get(node);
        if (known != null || node == daemon.network().selfId()) {
            return known == null ? Future.succeededFuture() : known.ready.future();
        }
        if (!daemon.network().isUp(node)) {
            return Future.failedFuture("node " + node + ": is not connected; look at `hitotsu nodes`");
        }
        Computer own = daemon.network().computers().get(daemon.network().selfId());
        Computer computer = daemon.network().computers().get(node);
        String obstacle = own == null || computer == null
                ? "is not in the computer table"
                : computer.features().whyCannotHost(own.features());
        if (obstacle != null) {
            return Future.failedFuture("node " + node + ": " + obstacle + "; leave it out with --nodes");
        }
        Host host = new Host();
        hosts.put(node, host);
        SpaceLayout layout = Objects.requireNonNull(space).layout();
        boolean sameMachine =
                computer != null && own != null && computer.bootId().equals(own.bootId());
        SpaceLayout copied = sameMachine && hasOurClocks() ? layout : layout.withoutSpecial();
        CreateShadow.Builder create = CreateShadow.newBuilder()
                .setSpecialStart(copied.specialStart())
                .setSpecialLength(copied.specialLength())
                .setProgramPid(copied.pid());
        for (SharedThread thread : threads()) {
            create.addThreadIds(thread.id());
        }
        host.up = true;
        Objects.requireNonNull(memory).addHost(node);
        daemon.network().send(node, key.message().setCreateShadow(create).build(), Payload.EMPTY);
        return host.ready.future();
    }

    /** Whether the program has the daemon's monotonic time: a host's vdso knows that of the host's own namespace only. */
    private boolean hasOurClocks() {
        try {
            return Files.readSymbolicLink(Path.of("/proc/" + request.pid() + "/ns/time"))
                    .equals(Files.readSymbolicLink(Path.of("/proc/self/ns/time")));
        } catch (NoSuchFileException e) {
            // Without CONFIG_TIME_NS there is but one.
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    private Collection<SharedThread> threads() {
        return mover == null ? List.of() : mover.threads();
    }

    @Override
    public void onAway(int threads) {
        if (threads > 0) {
            observer.onShared(request.pid());
        } else {
            observer.onUnshared(request.pid());
        }
    }

    @Override
    public void onReplaced(Adoption next) {
        LOG.info("share {} (pid {}): executes another program", key.id(), request.pid());
        broadcast(
                key.message().setProgramEnded(ProgramEnded.getDefaultInstance()).build());
        close();
        forgetHosts();
        key = new ShareKey(key.origin(), key.id(), key.epoch() + 1);
        start(next);
    }

    /** Waits until the program is prepared, shares it and lets it run; completes when it does. */
    Future<Void> start(Adoption adoption) {
        return adoption.prepared()
                .onFailure(cause -> {
                    if (cause instanceof UnsharedException) {
                        onUnshared(String.valueOf(cause.getMessage()));
                        return;
                    }
                    LOG.warn("share {} (pid {}): not started: {}", key.id(), request.pid(), cause.getMessage());
                    failure = cause.getMessage();
                    onEnded();
                })
                .compose(space -> {
                    prepared(space);
                    return adoption.start();
                });
    }

    /** Whoever waits for a shadow waits in vain. */
    private void forgetHosts() {
        List<Host> waitedFor = List.copyOf(hosts.values());
        hosts.clear();
        waitedFor.forEach(host -> host.ready.tryFail("pid " + request.pid() + ": has ended; look at `hitotsu ps`"));
    }

    private void close() {
        if (memory != null) {
            memory.close();
        }
        if (space != null) {
            space.close();
        }
        memory = null;
        space = null;
    }

    @Override
    public void onEnded() {
        if (ended) {
            return;
        }
        ended = true;
        elapsedMillis = System.currentTimeMillis() - startedMillis;
        broadcast(
                key.message().setProgramEnded(ProgramEnded.getDefaultInstance()).build());
        close();
        last = describe();
        mover = null;
        forgetHosts();
        onEnded.run();
    }

    @Override
    public void onReleased() {
        LOG.info("share {} (pid {}): released", key.id(), request.pid());
        released = true;
        onEnded();
    }

    /** What the program has executed could not be prepared, and runs natively: it is nothing to be ended. */
    private void onUnshared(String why) {
        LOG.warn(
                "share {} (pid {}): the program that it executed runs on natively, at this node, and is not shared: {}",
                key.id(),
                request.pid(),
                why);
        released = true;
        failure = why;
        observer.onUnshared(request.pid());
        onEnded();
    }

    /** Lets the program go: it runs on natively, with all its threads at home. Fails with {@code CAUSE; REMEDY}. */
    Future<Void> release() {
        ThreadMover threads = mover;
        if (threads == null || space == null || ended) {
            return Future.failedFuture("has ended, or is being started; look at `hitotsu ps`");
        }
        return threads.release();
    }

    // NodeMemory.Listener.

    @Override
    public void onFaultDenied(int tid, long page, int reason) {
        // The kernel at the origin decides by itself; the thread only has to try again.
        if (space != null) {
            space.pages().wake(page);
        }
    }

    @Override
    public void onBroken(String why) {
        fail(why);
    }

    /** The share can't go on: ends the program rather than let it run on with memory in doubt. */
    void fail(String why) {
        if (ended || failure != null) {
            return;
        }
        failure = why;
        LOG.error("share {} (pid {}): {}; the program is ended", key.id(), request.pid(), why);
        if (space != null) {
            space.kill(why + "; the program is ended");
        }
    }

    /** A message of a host. */
    void onMessage(int from, ShareMessage message, byte[] frame, int offset, int length) {
        ThreadMover threads = mover;
        OriginMemory pages = memory;
        Host host = hosts.get(from);
        if (threads == null || pages == null || host == null || ended) {
            return;
        }
        switch (message.getBodyCase()) {
            case SHADOW_READY -> {
                String error = message.getShadowReady().getError();
                if (error.isEmpty()) {
                    host.ready.tryComplete();
                } else {
                    host.up = false;
                    pages.removeHost(from);
                    LOG.warn("share {}: node {} can't host: {}", key.id(), from, error);
                    host.ready.tryFail("node " + from + ": can't host the program: " + error);
                }
            }
            case SYSCALL_REQUEST -> threads.onSyscall(from, message.getSyscallRequest());
            case HOMECOMING ->
                threads.onHomecoming(from, message.getHomecoming(), Arrays.copyOfRange(frame, offset, offset + length));
            case PAGES -> pages.onBatch(from, message.getPages(), frame, offset, length);
            case HOST_REPORT -> host.report = message.getHostReport();
            case FAILURE -> fail("node " + from + ": " + message.getFailure().getWhy());
            default -> throw new IllegalArgumentException(message.getBodyCase() + " is not for an origin");
        }
    }

    /** A node is gone, with whatever of this program it had. */
    void onPeerDown(int node) {
        Host host = hosts.get(node);
        if (host == null || ended) {
            return;
        }
        boolean threadsThere = threads().stream().anyMatch(thread -> thread.node() == node);
        host.ready.tryFail("node " + node + ": was lost");
        host.up = false;
        if (threadsThere) {
            fail("node " + node + " was lost with threads of the program");
        } else if (memory != null) {
            memory.removeHost(node);
            hosts.remove(node);
        }
    }

    Future<Void> migrate(int tid, int node) {
        ThreadMover threads = mover;
        if (threads == null || ended) {
            return Future.failedFuture("program " + request.pid() + ": has ended");
        }
        if (daemon.network().computers().get(node) == null) {
            return Future.failedFuture("node " + node + ": is not in the computer table; look at `hitotsu nodes`");
        }
        if (tid != 0) {
            return threads.move(tid, node);
        }
        List<Future<Void>> moves = new ArrayList<>();
        for (SharedThread thread : List.copyOf(threads.threads())) {
            moves.add(threads.move(thread.tid(), node));
        }
        return Future.all(moves).mapEmpty();
    }

    JsonObject toJson() {
        return last == null ? describe() : last;
    }

    private JsonObject describe() {
        ThreadMover threads = mover;
        JsonObject json = new JsonObject()
                .put("share", key.id())
                .put("pid", request.pid())
                .put("command", String.join(" ", request.command()))
                .put("origin", key.origin())
                .put("state", released ? "released" : ended ? "ended" : "running")
                .put("startedMs", startedMillis)
                .put("elapsedMs", ended ? elapsedMillis : System.currentTimeMillis() - startedMillis)
                .put("pagesIn", counters.in())
                .put("pagesOut", counters.out())
                .put("faults", counters.faults() + hostFaults());
        if (cpus != null) {
            json.put("cpus", cpus.numbers());
        }
        if (failure != null) {
            json.put("failure", failure);
        }
        if (threads != null && threads.homebound() != null) {
            json.put("homebound", threads.homebound());
        }
        JsonArray rows = new JsonArray();
        if (threads != null) {
            json.put("syscallsForwarded", threads.syscallsForwarded())
                    .put("transplants", threads.transplants())
                    .put("homecomings", new JsonObject(new HashMap<>(threads.homecomings())));
            threads.threads().forEach(thread -> rows.add(row(thread, true)));
            threads.endedThreads().forEach(thread -> rows.add(row(thread, false)));
        }
        JsonArray hot = hot(observer, request.pid());
        if (!hot.isEmpty()) {
            json.put("hot", hot);
        }
        return json.put("threads", rows);
    }

    /** Pages with the most faults of the process with this id, as the kernel saw them on this node. */
    static JsonArray hot(ThreadObserver observer, int tgid) {
        JsonArray hot = new JsonArray();
        for (ThreadObserver.HotPage page : observer.hot(tgid)) {
            hot.add(new JsonObject()
                    .put("page", Long.toHexString(page.page()))
                    .put("ip", Long.toHexString(page.ip()))
                    .put("faults", page.faults()));
        }
        return hot;
    }

    private long hostFaults() {
        return hosts.values().stream()
                .mapToLong(host -> host.report.getFaults())
                .sum();
    }

    private JsonObject row(SharedThread thread, boolean alive) {
        if (alive) {
            thread.refreshName(request.pid());
        }
        return new JsonObject()
                .put("thId", thread.id())
                .put("pid", request.pid())
                .put("tid", thread.tid())
                .put("name", thread.name())
                .put("node", thread.node())
                .put("state", alive ? thread.place().name().toLowerCase(Locale.ROOT) : "ended")
                .put("syscalls", thread.syscalls())
                .put("nodesVisited", new JsonArray(List.copyOf(thread.nodesVisited())));
    }

    /** For a daemon that stops: lets the program go if it ran before it was shared, and ends it else. */
    Future<Void> stop() {
        if (ended || !request.attached()) {
            kill();
            return Future.succeededFuture();
        }
        Promise<Void> stopped = Promise.promise();
        long timer = daemon.vertx().setTimer(STOP_MILLIS, late -> stopped.tryFail("its threads do not come home"));
        release().onComplete(done -> {
            if (done.failed()) {
                stopped.tryFail(done.cause());
            } else {
                stopped.tryComplete();
            }
        });
        return stopped.future()
                .onComplete(done -> daemon.vertx().cancelTimer(timer))
                .recover(cause -> {
                    LOG.error("share {} (pid {}): can't be released: {}", key.id(), request.pid(), cause.getMessage());
                    kill();
                    return Future.succeededFuture();
                });
    }

    private void kill() {
        if (!ended && space != null) {
            space.kill("the node is stopped; the program is ended");
        }
    }
}
