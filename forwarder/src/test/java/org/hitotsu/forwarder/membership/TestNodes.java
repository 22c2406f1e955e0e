package org.hitotsu.forwarder.membership;

import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.hitotsu.forwarder.config.BackendChoice;
import org.hitotsu.forwarder.config.HostPort;
import org.hitotsu.forwarder.config.NodeConfig;
import org.hitotsu.forwarder.wire.FrameConnection;
import org.hitotsu.forwarder.wire.WireStats;
import org.hitotsu.forwarder.wire.proto.Hello;
import org.hitotsu.forwarder.wire.proto.HelloReply;
import org.hitotsu.forwarder.wire.proto.Refused;
import org.jspecify.annotations.Nullable;

/** Real nodes on loopback, each with an event loop of its own as in a daemon. */
final class TestNodes implements AutoCloseable {

    static final long WAIT_SECONDS = 20;

    private final List<Node> nodes = new ArrayList<>();
    private Duration lease;
    private Duration joinTimeout = Duration.ZERO;

    TestNodes(Duration lease) {
        this.lease = lease;
    }

    static NodeFeatures features(int pageBytes) {
        return new NodeFeatures(new TreeSet<>(List.of("sse2", "avx2")), 2696, "6.1.0", pageBytes, List.of("stock"), 2);
    }

    /** After which silence nodes that are made from now on take another for lost. */
    void lease(Duration limit) {
        lease = limit;
    }

    /** How long nodes that are made from now on try to join. */
    void joinTimeout(Duration limit) {
        joinTimeout = limit;
    }

    /** A node that listens but has not joined. */
    Node listening(@Nullable HostPort join) throws Exception {
        return listening(join, features(4096));
    }

    Node listening(@Nullable HostPort join, NodeFeatures features) throws Exception {
        return listening(new HostPort("127.0.0.1", 0), join, features);
    }

    Node listening(HostPort listen, @Nullable HostPort join, NodeFeatures features) throws Exception {
        Node node = new Node(listen, join, joinTimeout, features, lease);
        nodes.add(node);
        node.address = await(node.on(node.network::listen));
        return node;
    }

    /** Says {@code hello} to the node at {@code address}; fails with the refusal's cause. */
    static Future<HelloReply> greet(Node from, HostPort address, Hello hello) {
        Promise<HelloReply> answer = Promise.promise();
        from.context.runOnContext(v -> new Dialler(from.vertx, Duration.ofSeconds(WAIT_SECONDS), new WireStats())
                .dial(address, hello, new Dialler.Outcome() {
                    @Override
                    public void welcomed(FrameConnection connection, HelloReply reply) {
                        connection.close();
                        answer.complete(reply);
                    }

                    @Override
                    public void refused(Refused refused) {
                        answer.fail(refused.getReason() + ": " + refused.getCause());
                    }

                    @Override
                    public void unreachable(String cause) {
                        answer.fail(cause);
                    }
                }));
        return answer.future();
    }

    /** A member. */
    Node member(@Nullable HostPort join) throws Exception {
        Node node = listening(join);
        await(node.joinAndActivate());
        return node;
    }

    static <T> T await(Future<T> future) throws Exception {
        return future.toCompletionStage().toCompletableFuture().get(WAIT_SECONDS, TimeUnit.SECONDS);
    }

    @Override
    public void close() throws Exception {
        for (Node node : nodes) {
            if (!node.dead) {
                await(node.on(node.network::leave));
                await(node.vertx.close());
            }
        }
    }

    static final class Node {

        final Vertx vertx = Vertx.vertx(new VertxOptions()
                .setEventLoopPoolSize(1)
                .setWorkerPoolSize(1)
                .setInternalBlockingPoolSize(1)
                .setPreferNativeTransport(true));
        final Context context = vertx.getOrCreateContext();
        final TcpPeerNetwork network;
        final List<String> events = new CopyOnWriteArrayList<>();
        final List<String> removed = new CopyOnWriteArrayList<>();
        final List<ComputerTable> tables = new CopyOnWriteArrayList<>();
        HostPort address;
        boolean dead;

        Node(HostPort listen, @Nullable HostPort join, Duration joinTimeout, NodeFeatures features, Duration lease) {
            address = listen;
            NodeConfig config = new NodeConfig(
                    address,
                    join,
                    joinTimeout,
                    "test",
                    2,
                    address,
                    Path.of("/nonexistent"),
                    BackendChoice.AUTO,
                    NodeConfig.DEFAULT_HOLD_TIME,
                    lease.dividedBy(5),
                    lease,
                    false);
            Computer self = new Computer(0, "", 0, "test", "boot", new java.util.Random().nextLong(), features);
            network = new TcpPeerNetwork(vertx, config, self);
            network.onPeerUp(id -> events.add("up " + id));
            network.onPeerDown(id -> events.add("down " + id));
            network.onComputersChanged(tables::add);
            network.onRemoved(removed::add);
        }

        /** Runs on the node's event loop. */
        <T> Future<T> on(Callable<Future<T>> action) {
            Promise<T> done = Promise.promise();
            context.runOnContext(v -> {
                try {
                    action.call().onComplete(done);
                } catch (Exception e) {
                    done.fail(e);
                }
            });
            return done.future();
        }

        Future<Void> joinAndActivate() {
            return on(() -> network.join().compose(v -> network.activate()));
        }

        int id() throws Exception {
            return await(on(() -> Future.succeededFuture(network.selfId())));
        }

        List<Integer> tableIds() throws Exception {
            return await(on(() -> Future.succeededFuture(
                    network.computers().computers().stream().map(Computer::id).toList())));
        }

        /** Dies without a word: all its sockets are closed at once, and it does nothing about it. */
        void crash() throws Exception {
            dead = true;
            await(on(network::close));
            await(vertx.close());
        }
    }
}
