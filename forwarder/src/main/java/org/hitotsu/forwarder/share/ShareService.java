package org.hitotsu.forwarder.share;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.ServiceLoader;
import java.util.Set;
import java.util.stream.Stream;
import org.hitotsu.coherence.CacheOptions;
import org.hitotsu.forwarder.DaemonContext;
import org.hitotsu.forwarder.DaemonModule;
import org.hitotsu.forwarder.NodeProbe;
import org.hitotsu.forwarder.admin.AdminConnection;
import org.hitotsu.forwarder.admin.AdminException;
import org.hitotsu.forwarder.backend.Backend;
import org.hitotsu.forwarder.backend.common.AttachCheck;
import org.hitotsu.forwarder.backend.common.ProtectionKeys;
import org.hitotsu.forwarder.config.NodeConfig;
import org.hitotsu.forwarder.nativecall.Linux;
import org.hitotsu.forwarder.nativecall.NativeFiles;
import org.hitotsu.forwarder.nativecall.ProcFiles;
import org.hitotsu.forwarder.share.proto.MigrateReply;
import org.hitotsu.forwarder.share.proto.MigrateRequest;
import org.hitotsu.forwarder.share.proto.ShareMessage;
import org.hitotsu.forwarder.share.threads.ThreadMover;
import org.hitotsu.forwarder.wire.Payload;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The shared processes that this node knows: its own, those it hosts threads of, and those it has only heard of. Event
 * loop only.
 */
public final class ShareService implements DaemonModule {
    private static final Logger LOG = LoggerFactory.getLogger(ShareService.class);
    private static final int EXIT_FAILURE = 1;
    private static final int EXIT_RUN_FAILURE = 125;
    /** Ended programs that `ps --all` still lists. */
    private static final int REMEMBERED = 64;

    /** A program on another node, as announced. */
    private record Announced(int pid, String command) {}

    /** A move that a program's origin was asked for. */
    private record Migration(int origin, Promise<Void> done) {}

    private final Map<Long, OriginShare> own = new LinkedHashMap<>();
    private final Launchers launchers = new Launchers();
    private final Map<ShareKey, HostedShare> hosted = new HashMap<>();
    private final Map<ShareKey, Announced> announced = new HashMap<>();
    private final Set<Integer> attaching = new HashSet<>();
    private final Map<Long, Migration> migrations = new HashMap<>();
    private @Nullable DaemonContext context;
    private @Nullable Backend backend;
    private String chosen = Backends.STOCK;
    private @Nullable NativeFiles files;
    private ThreadObserver observer = ThreadObserver.NONE;
    private long nextShare = 1;
    private long nextRequest = 1;

    private DaemonContext daemon() {
        return Objects.requireNonNull(context, "started");
    }

    private Backend backend() {
        return Objects.requireNonNull(backend, "started");
    }

    static CacheOptions cacheOptions(DaemonContext daemon) {
        return HostedShare.optionsOf(daemon.config().holdTime().toNanos());
    }

    /** Chooses the back-end, and refuses one that can't be used: quietly using another would mislead. */
    @Override
    public Future<NodeProbe> probe(Vertx vertx, NodeConfig config) {
        return vertx.executeBlocking(() -> Backends.choose(config.backend())).map(usable -> {
            chosen = usable.isEmpty() ? Backends.STOCK : usable.get(0);
            return new NodeProbe(usable, 0);
        });
    }

    @Override
    public Future<Void> start(DaemonContext daemon) {
        context = daemon;
        NativeFiles executables = new NativeFiles();
        files = executables;
        return Backends.open(chosen, daemon.context(), executables).map(opened -> {
            LOG.info("back-end {}", opened.name());
            backend = opened;
            started(daemon);
            return null;
        });
    }

    private void started(DaemonContext daemon) {
        observer = ServiceLoader.load(ThreadObserver.class).findFirst().orElse(ThreadObserver.NONE);
        observer.start(daemon);
        daemon.network().onShareMessage(this::onMessage);
        daemon.network().onPeerUp(node -> own.values().forEach(share -> share.onPeerUp(node)));
        daemon.network().onPeerDown(this::onPeerDown);
        daemon.admin().register("run", this::run);
        daemon.admin().register("launch", this::launch);
        daemon.admin().register("share", (request, connection) -> share(request));
        daemon.admin().register("release", (request, connection) -> release(request));
        daemon.admin().register("ps", (request, connection) -> programs(false));
        daemon.admin().register("programs", (request, connection) -> programs(request.getBoolean("all", false)));
        daemon.admin().register("migrate", (request, connection) -> migrate(request));
        daemon.metrics().sharesFrom(() -> own.size() + hosted.size());
    }

    @Override
    public Future<Void> stop() {
        List<Future<Void>> stopped =
                own.values().stream().map(OriginShare::stop).toList();
        hosted.values().forEach(HostedShare::close);
        return Future.join(stopped).transform(done -> {
            Future<Void> closed = backend == null ? Future.succeededFuture() : backend.close();
            if (files != null) {
                files.close();
            }
            return closed.eventually(observer::stop);
        });
    }

    // The administration socket.

    /** First step of `hitotsu run`: what the launcher needs to know. */
    private Future<JsonObject> run(JsonObject request, AdminConnection connection) {
        JsonArray argv = request.getJsonArray("argv", new JsonArray());
        List<String> command = argv.stream().map(String::valueOf).toList();
        if (command.isEmpty()) {
            return Future.failedFuture(new AdminException(EXIT_RUN_FAILURE, "run: no program was named"));
        }
        Set<Integer> nodes = new HashSet<>();
        String unknown = readNodes(request, nodes);
        if (unknown != null) {
            return Future.failedFuture(new AdminException(EXIT_RUN_FAILURE, unknown));
        }
        boolean spread = !"none".equals(request.getString("place"));
        boolean clusterCpus = "all".equals(request.getString("cpus"));
        OriginShare share =
                newShare(new OriginShare.Request(connection.peerPid(), command, spread, nodes, false, clusterCpus));
        launchers.await(share.key().id(), connection.peerPid());
        return Future.succeededFuture(new JsonObject()
                .put("share", share.key().id())
                .put("filter", HexFormat.of().formatHex(backend().launchFilter(clusterCpus))));
    }

    /** Puts the nodes that a request names into {@code nodes}; what is wrong with them, or null. */
    private @Nullable String readNodes(JsonObject request, Set<Integer> nodes) {
        for (Object node : request.getJsonArray("nodes", new JsonArray())) {
            int id = Integer.parseInt(String.valueOf(node));
            if (daemon().network().computers().get(id) == null) {
                return "node " + id + ": is not in the computer table; look at `hitotsu nodes`";
            }
            nodes.add(id);
        }
        return null;
    }

    /** Of all but those whose launcher has ended before it was shared. */
    private Collection<OriginShare> own() {
        launchers.lost().forEach(own::remove);
        return own.values();
    }

    private OriginShare newShare(OriginShare.Request wanted) {
        forgetOldest();
        long id = nextShare++;
        OriginShare share =
                new OriginShare(daemon(), new ShareKey(daemon().network().selfId(), id, 1), wanted, observer, () -> {});
        own.put(id, share);
        return share;
    }

    /** Brings a process that runs already under sharing. */
    private Future<JsonObject> share(JsonObject request) {
        int pid = request.getInteger("pid", 0);
        Set<Integer> nodes = new HashSet<>();
        String unknown = readNodes(request, nodes);
        if (unknown != null) {
            return Future.failedFuture(new AdminException(EXIT_FAILURE, unknown));
        }
        if (running(pid) != null || !attaching.add(pid)) {
            return refused(pid, "is shared already; look at `hitotsu ps`");
        }
        boolean spread = "spread".equals(request.getString("place"));
        return daemon().vertx()
                .executeBlocking(() -> look(pid))
                .compose(keyed -> backend()
                        .attach(pid)
                        .onSuccess(adoption -> adoption.prepared().onSuccess(space -> {
                            if (keyed) {
                                space.stayHome(ThreadMover.KEYED);
                            }
                        })))
                .<JsonObject>compose(adoption -> {
                    OriginShare share =
                            newShare(new OriginShare.Request(pid, commandOf(pid), spread, nodes, true, false));
                    return share.start(adoption)
                            .map(started ->
                                    new JsonObject().put("share", share.key().id()));
                })
                .onComplete(done -> attaching.remove(pid))
                .recover(cause -> refused(pid, String.valueOf(cause.getMessage())));
    }

    /**
     * Before a process is frozen: whether it has memory with protection keys, since that look may take a while.
     *
     * @throws IOException with what is in the way of sharing it
     */
    private static boolean look(int pid) throws IOException {
        String obstacle = new AttachCheck(Linux.getpid()).obstacle(pid);
        if (obstacle != null) {
            throw new IOException(obstacle);
        }
        return ProtectionKeys.inUse(pid);
    }

    private static <T> Future<T> refused(int pid, String why) {
        return Future.failedFuture(new AdminException(EXIT_FAILURE, "process " + pid + ": " + why));
    }

    private @Nullable OriginShare running(int pid) {
        for (OriginShare share : own()) {
            if (share.pid() == pid && !share.ended()) {
                return share;
            }
        }
        return null;
    }

    /** Lets a shared program go, to run on natively. */
    private Future<JsonObject> release(JsonObject request) {
        int pid = request.getInteger("pid", 0);
        OriginShare share = running(pid);
        return (share == null
                        ? Future.<Void>failedFuture("is not shared by this node; look at `hitotsu ps`")
                        : share.release())
                .map(done -> new JsonObject())
                .recover(cause -> refused(pid, String.valueOf(cause.getMessage())));
    }

    private static List<String> commandOf(int pid) {
        try {
            String line = ProcFiles.text(Path.of("/proc/" + pid + "/cmdline"));
            return Stream.of(line.split("\0")).map(ProcFiles::shown).toList();
        } catch (IOException e) {
            return List.of("");
        }
    }

    private void forgetOldest() {
        if (own().size() >= REMEMBERED) {
            own.values().stream()
                    .filter(OriginShare::ended)
                    .findFirst()
                    .ifPresent(oldest -> own.remove(oldest.key().id()));
        }
    }

    /** Second step: the launcher has its filter and waits for the daemon's word to execute the program. */
    private Future<JsonObject> launch(JsonObject request, AdminConnection connection) {
        OriginShare share = own.get(request.getLong("share", 0L));
        int pid = connection.peerPid();
        if (share == null || share.pid() != pid) {
            return Future.failedFuture(
                    new AdminException(EXIT_RUN_FAILURE, "launch: process " + pid + " has not asked to be shared"));
        }
        launchers.came(share.key().id());
        return backend()
                .adopt(pid, request.getInteger("listener", -1), share.clusterCpus())
                .onSuccess(share::start)
                .map(adoption -> new JsonObject().put("ok", true))
                .recover(cause -> {
                    own.remove(share.key().id());
                    return Future.failedFuture(new AdminException(
                            EXIT_RUN_FAILURE,
                            "run: process " + pid + " can't be shared: " + cause.getMessage()
                                    + "; is it traced by strace or a debugger?"));
                });
    }

    private Future<JsonObject> programs(boolean all) {
        JsonArray programs = new JsonArray();
        for (OriginShare share : own()) {
            if (all || !share.ended()) {
                programs.add(share.toJson());
            }
        }
        announced.forEach((key, program) -> {
            HostedShare share = hosted.get(key);
            JsonObject row = new JsonObject()
                    .put("share", key.id())
                    .put("pid", program.pid())
                    .put("command", program.command())
                    .put("origin", key.origin())
                    .put("state", "remote")
                    .put("threadsHere", share == null ? 0 : share.runningThreads())
                    .put("threads", new JsonArray());
            JsonArray hot = share == null ? new JsonArray() : share.hot();
            programs.add(hot.isEmpty() ? row : row.put("hot", hot));
        });
        return Future.succeededFuture(new JsonObject().put("programs", programs));
    }

    private Future<JsonObject> migrate(JsonObject request) {
        int pid = request.getInteger("pid", 0);
        int tid = request.getInteger("tid", 0);
        int node = request.getInteger("node", 0);
        Future<Void> moved = null;
        for (OriginShare share : own.values()) {
            if (share.pid() == pid && !share.ended()) {
                moved = share.migrate(tid, node);
            }
        }
        for (Map.Entry<ShareKey, Announced> remote : announced.entrySet()) {
            if (moved == null && remote.getValue().pid() == pid) {
                moved = migrateRemotely(remote.getKey(), tid, node);
            }
        }
        if (moved == null) {
            return Future.failedFuture(
                    new AdminException(EXIT_FAILURE, "program " + pid + ": is not shared; look at `hitotsu ps`"));
        }
        return moved.map(done -> new JsonObject())
                .recover(cause ->
                        Future.failedFuture(new AdminException(EXIT_FAILURE, String.valueOf(cause.getMessage()))));
    }

    private Future<Void> migrateRemotely(ShareKey key, int tid, int node) {
        long request = nextRequest++;
        Promise<Void> promise = Promise.promise();
        migrations.put(request, new Migration(key.origin(), promise));
        daemon().network()
                .send(
                        key.origin(),
                        key.message()
                                .setMigrateRequest(MigrateRequest.newBuilder()
                                        .setRequest(request)
                                        .setThread(tid)
                                        .setNode(node))
                                .build(),
                        Payload.EMPTY);
        return promise.future();
    }

    // The network.

    private void onMessage(int from, ShareMessage message, byte[] frame, int offset, int length) {
        ShareKey key = ShareKey.of(message);
        try {
            dispatch(from, key, message, frame, offset, length);
        } catch (IllegalArgumentException e) {
            // Whatever is wrong with it, guessing what was meant could corrupt memory.
            LOG.error(
                    "share {} of node {}: node {} sent what it must not: {}",
                    key.id(),
                    key.origin(),
                    from,
                    e.getMessage());
            OriginShare share = own.get(key.id());
            if (key.origin() == daemon().network().selfId() && share != null) {
                share.fail("node " + from + " broke the protocol: " + e.getMessage());
                return;
            }
            HostedShare guest = hosted.get(key);
            if (guest != null) {
                // Its origin waits for the threads that are here.
                guest.fail("node " + from + " broke the protocol: " + e.getMessage());
            }
            drop(key);
        }
    }

    private void dispatch(int from, ShareKey key, ShareMessage message, byte[] frame, int offset, int length) {
        switch (message.getBodyCase()) {
            case PROGRAM_STARTED -> {
                requireOrigin(from, key);
                announced.put(
                        key,
                        new Announced(
                                message.getProgramStarted().getPid(),
                                String.join(" ", message.getProgramStarted().getCommandList())));
            }
            case PROGRAM_ENDED -> {
                requireOrigin(from, key);
                drop(key);
            }
            case CREATE_SHADOW -> {
                requireOrigin(from, key);
                if (!hosted.containsKey(key)) {
                    HostedShare share = new HostedShare(daemon(), key, observer);
                    hosted.put(key, share);
                    share.create(backend(), message.getCreateShadow());
                }
            }
            case MIGRATE_REQUEST -> answerMigration(from, key, message.getMigrateRequest());
            case MIGRATE_REPLY -> onMigrated(from, message.getMigrateReply());
            default -> toShare(from, key, message, frame, offset, length);
        }
    }

    private void onMigrated(int from, MigrateReply reply) {
        Migration asked = migrations.get(reply.getRequest());
        if (asked == null || asked.origin() != from) {
            return;
        }
        migrations.remove(reply.getRequest());
        if (reply.getError().isEmpty()) {
            asked.done().complete();
        } else {
            asked.done().fail(reply.getError());
        }
    }

    private void toShare(int from, ShareKey key, ShareMessage message, byte[] frame, int offset, int length) {
        if (key.origin() == daemon().network().selfId()) {
            OriginShare share = own.get(key.id());
            if (share != null && share.key().equals(key)) {
                share.onMessage(from, message, frame, offset, length);
            }
            return;
        }
        requireOrigin(from, key);
        HostedShare share = hosted.get(key);
        if (share != null) {
            share.onMessage(message, frame, offset, length);
        }
    }

    private static void requireOrigin(int from, ShareKey key) {
        if (from != key.origin()) {
            throw new IllegalArgumentException("node " + from + " speaks for a program of node " + key.origin());
        }
    }

    private void answerMigration(int from, ShareKey key, MigrateRequest request) {
        OriginShare share = own.get(key.id());
        Future<Void> moved = share == null || !share.key().equals(key)
                ? Future.failedFuture("program: has ended")
                : share.migrate(request.getThread(), request.getNode());
        moved.onComplete(done -> daemon().network()
                .send(
                        from,
                        key.message()
                                .setMigrateReply(MigrateReply.newBuilder()
                                        .setRequest(request.getRequest())
                                        .setError(
                                                done.failed()
                                                        ? String.valueOf(
                                                                done.cause().getMessage())
                                                        : ""))
                                .build(),
                        Payload.EMPTY));
    }

    private void drop(ShareKey key) {
        announced.remove(key);
        HostedShare share = hosted.remove(key);
        if (share != null) {
            share.close();
        }
    }

    private void onPeerDown(int node) {
        for (ShareKey key : new ArrayList<>(announced.keySet())) {
            if (key.origin() == node) {
                drop(key);
            }
        }
        for (ShareKey key : new ArrayList<>(hosted.keySet())) {
            if (key.origin() == node) {
                drop(key);
            }
        }
        for (OriginShare share : own.values()) {
            share.onPeerDown(node);
        }
        for (Map.Entry<Long, Migration> asked : List.copyOf(migrations.entrySet())) {
            if (asked.getValue().origin() == node) {
                migrations.remove(asked.getKey());
                asked.getValue().done().tryFail("node " + node + ", the program's origin, is down");
            }
        }
    }
}
