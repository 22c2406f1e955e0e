package org.hitotsu.forwarder;

import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.file.FileSystemOptions;
import java.io.IOException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.ServiceLoader;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicBoolean;
import org.hitotsu.forwarder.admin.AdminServer;
import org.hitotsu.forwarder.config.HostPort;
import org.hitotsu.forwarder.config.NodeConfig;
import org.hitotsu.forwarder.membership.Computer;
import org.hitotsu.forwarder.membership.FeatureProbe;
import org.hitotsu.forwarder.membership.TcpPeerNetwork;
import org.hitotsu.forwarder.metrics.Metrics;
import org.hitotsu.forwarder.metrics.MetricsServer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One node: everything of it runs on one event loop.
 *
 * <p>The event loop is the only thread that waits for sockets, and the modules put their own descriptors on it, so that a
 * syscall goes from the kernel to the peer's socket without changing threads.
 */
public final class NodeDaemon {

    private static final Logger log = LoggerFactory.getLogger(NodeDaemon.class);

    /**
     * Where a node can be found once it is ready.
     *
     * @param id its id in the cluster
     * @param listen where peers connect
     * @param socket its administration socket
     * @param metrics where /metrics is
     */
    public record Ready(int id, HostPort listen, Path socket, HostPort metrics) {}

    /**
     * Most threads for what may wait: for a program's file or page, as long as a disk or a server takes. Those that wait for one
     * that hangs are lost, and all programs have these in common.
     */
    private static final int WORKERS = 32;

    private final NodeConfig config;
    private final Vertx vertx;
    private final Context context;
    private final List<DaemonModule> modules;
    private final PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    private final Metrics metrics = new Metrics(registry);
    private final AdminServer admin;
    private final MetricsServer metricsServer;
    private final Promise<String> ended = Promise.promise();
    private final Promise<Void> stopped = Promise.promise();

    private final AtomicBoolean stopping = new AtomicBoolean();

    // Accessed from the event loop only: what is to be undone, the last first.
    private final List<Step> undo = new ArrayList<>();

    private record Step(String what, Callable<Future<Void>> action) {}

    /** What is being stopped. */
    private volatile String stage = "nothing";

    private NodeDaemon(NodeConfig config, List<DaemonModule> modules) throws IOException {
        AdminServer.prepare(config.socket());
        this.config = config;
        this.modules = modules;
        this.vertx = Vertx.vertx(new VertxOptions()
                .setEventLoopPoolSize(1)
                .setWorkerPoolSize(WORKERS)
                .setInternalBlockingPoolSize(1)
                .setPreferNativeTransport(true)
                .setFileSystemOptions(
                        new FileSystemOptions().setFileCachingEnabled(false).setClassPathResolvingEnabled(false)));
        this.context = vertx.getOrCreateContext();
        this.admin = new AdminServer(vertx, config.socket());
        this.metricsServer = new MetricsServer(vertx, registry);
        MetricsServer.bindProcessMeters(registry);
    }

    /**
     * A node with the modules that {@link ServiceLoader} finds, not started yet.
     *
     * @throws IOException if its administration socket can't be there; the message is {@code THING: CAUSE; REMEDY}
     */
    public static NodeDaemon create(NodeConfig config) throws IOException {
        List<DaemonModule> modules = new ArrayList<>();
        ServiceLoader.load(DaemonModule.class).forEach(modules::add);
        return create(config, modules);
    }

    /** A node with these modules, not started yet. */
    public static NodeDaemon create(NodeConfig config, List<DaemonModule> modules) throws IOException {
        return new NodeDaemon(config, List.copyOf(modules));
    }

    /** Starts the node; to be called once, by any thread. If it fails, everything has been stopped again. */
    public Future<Ready> start() {
        Promise<Ready> started = Promise.promise();
        context.runOnContext(v -> probe().compose(this::startAll).onComplete(done -> {
            if (done.succeeded()) {
                started.complete(done.result());
            } else {
                stop().onComplete(s -> started.fail(done.cause()));
            }
        }));
        return started.future();
    }

    /** Completes with the reason when the node can't go on by itself; it is then to be stopped. */
    public Future<String> ended() {
        return ended.future();
    }

    /** Stops the node in order: modules, network, sockets. Any thread may call this, more than once. */
    public Future<Void> stop() {
        if (stopping.compareAndSet(false, true)) {
            context.runOnContext(v -> undoNext().onComplete(u -> vertx.close().onComplete(c -> stopped.complete())));
        }
        return stopped.future();
    }

    /** What {@link #stop} is at, for a message. Any thread. */
    public String stoppingStage() {
        return stage;
    }

    private Future<Void> undoNext() {
        if (undo.isEmpty()) {
            stage = "its threads";
            return Future.succeededFuture();
        }
        Step step = undo.remove(undo.size() - 1);
        stage = step.what;
        Future<Void> undone;
        try {
            undone = step.action.call();
        } catch (Exception e) {
            undone = Future.failedFuture(e);
        }
        return undone.recover(e -> {
                    // The rest is to be stopped all the same.
                    log.error("node: stopping {} failed", step.what, e);
                    return Future.succeededFuture();
                })
                .compose(v -> undoNext());
    }

    private Future<NodeProbe> probe() {
        Set<String> backends = new LinkedHashSet<>();
        int[] xstateBytes = {0};
        Future<Void> all = Future.succeededFuture();
        for (DaemonModule module : modules) {
            all = all.compose(v -> module.probe(vertx, config)).map(found -> {
                backends.addAll(found.backends());
                xstateBytes[0] = Math.max(xstateBytes[0], found.xstateBytes());
                return null;
            });
        }
        return all.map(v -> new NodeProbe(new ArrayList<>(backends), xstateBytes[0]));
    }

    private Future<Ready> startAll(NodeProbe probe) {
        return vertx.executeBlocking(() -> new Computer(
                        0,
                        config.listen().host(),
                        config.listen().port(),
                        config.name(),
                        FeatureProbe.bootId(),
                        new SecureRandom().nextLong(),
                        FeatureProbe.features(probe.backends(), probe.xstateBytes(), config.cpus())))
                .compose(self -> {
                    TcpPeerNetwork network = new TcpPeerNetwork(vertx, config, self);
                    network.onRemoved(reason -> ended.tryComplete("node " + network.selfId()
                            + ": was removed from its cluster: " + reason + "; start it again to rejoin"));
                    metrics.peersFrom(network::peersUp);
                    metrics.trafficFrom(network.stats());
                    undo.add(new Step("metrics", metricsServer::stop));
                    return metricsServer.start(config.metrics()).compose(at -> startNetwork(network, at));
                });
    }

    private Future<Ready> startNetwork(TcpPeerNetwork network, HostPort metricsAddress) {
        undo.add(new Step("network", network::leave));
        DaemonContext daemon = new DaemonContext(vertx, context, network, admin, metrics, config);
        return network.listen()
                .compose(listen -> network.join()
                        .compose(v -> {
                            new NodeCommands(network).registerWith(admin);
                            undo.add(new Step("administration socket", admin::stop));
                            return startModules(daemon);
                        })
                        .compose(v -> network.activate())
                        .compose(v -> admin.start())
                        .map(v -> new Ready(network.selfId(), listen, config.socket(), metricsAddress)));
    }

    private Future<Void> startModules(DaemonContext daemon) {
        Future<Void> all = Future.succeededFuture();
        for (DaemonModule module : modules) {
            all = all.compose(v -> {
                undo.add(new Step(module.getClass().getName(), module::stop));
                return module.start(daemon);
            });
        }
        return all;
    }
}
