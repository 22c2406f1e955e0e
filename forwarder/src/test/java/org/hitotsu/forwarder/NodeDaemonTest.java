package org.hitotsu.forwarder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.hitotsu.forwarder.admin.AdminClient;
import org.hitotsu.forwarder.config.BackendChoice;
import org.hitotsu.forwarder.config.HostPort;
import org.hitotsu.forwarder.config.NodeConfig;
import org.hitotsu.forwarder.share.proto.ShareMessage;
import org.hitotsu.forwarder.wire.Payload;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class NodeDaemonTest {

    private static final HostPort ANY = new HostPort("127.0.0.1", 0);

    @TempDir
    private Path directory;

    private final List<NodeDaemon> daemons = new CopyOnWriteArrayList<>();

    @AfterEach
    void stop() throws Exception {
        for (NodeDaemon daemon : daemons) {
            await(daemon.stop());
        }
    }

    private static <T> T await(Future<T> future) throws Exception {
        return future.toCompletionStage().toCompletableFuture().get(20, TimeUnit.SECONDS);
    }

    private NodeDaemon daemon(String name, HostPort join, DaemonModule... modules) throws Exception {
        NodeConfig config = new NodeConfig(
                ANY,
                join,
                NodeConfig.DEFAULT_JOIN_TIMEOUT,
                name,
                2,
                ANY,
                directory.resolve(name + ".sock"),
                BackendChoice.AUTO,
                NodeConfig.DEFAULT_HOLD_TIME,
                NodeConfig.DEFAULT_PING_INTERVAL,
                NodeConfig.DEFAULT_LEASE,
                false);
        NodeDaemon daemon = NodeDaemon.create(config, List.of(modules));
        daemons.add(daemon);
        return daemon;
    }

    /** Greets each peer that comes up and notes what happens, in order. */
    private static final class Greeter implements DaemonModule {

        final List<String> events = new CopyOnWriteArrayList<>();

        @Override
        public Future<NodeProbe> probe(Vertx vertx, NodeConfig config) {
            events.add("probe");
            return Future.succeededFuture(new NodeProbe(List.of("stock"), 2696));
        }

        @Override
        public Future<Void> start(DaemonContext context) {
            events.add("start on node " + context.network().selfId() + " of "
                    + context.network().computers().size());
            context.network()
                    .onShareMessage((from, message, frame, offset, length) ->
                            events.add("from " + from + ": " + new String(frame, offset, length)));
            context.network()
                    .onPeerUp(id -> context.network()
                            .send(id, ShareMessage.getDefaultInstance(), Payload.of("hello".getBytes())));
            context.admin()
                    .register(
                            "greet",
                            (request, connection) ->
                                    Future.succeededFuture(new JsonObject().put("events", new JsonArray(events))));
            return Future.succeededFuture();
        }

        @Override
        public Future<Void> stop() {
            events.add("stop");
            return Future.succeededFuture();
        }
    }

    @Test
    void modulesLiveInTheDaemon() throws Exception {
        Greeter left = new Greeter();
        Greeter right = new Greeter();
        NodeDaemon.Ready first = await(daemon("left", null, left).start());
        NodeDaemon second = daemon("right", first.listen(), right);
        NodeDaemon.Ready ready = await(second.start());
        assertThat(ready.id()).isEqualTo(2);

        try (AdminClient client = AdminClient.connect(ready.socket())) {
            JsonObject nodes = client.call("nodes", new JsonObject());
            assertThat(nodes.getInteger("self")).isEqualTo(2);
            JsonObject peer = nodes.getJsonArray("nodes").getJsonObject(0);
            assertThat(peer.getString("name")).isEqualTo("left");
            assertThat(peer.getString("state")).isEqualTo("up");
            assertThat(peer.getJsonArray("backends")).containsExactly("stock");
            assertThat(peer.getBoolean("canHostFromHere")).isTrue();
            org.awaitility.Awaitility.await()
                    .atMost(20, TimeUnit.SECONDS)
                    .untilAsserted(() -> assertThat(
                                    client.call("greet", new JsonObject()).getJsonArray("events"))
                            .containsExactly("probe", "start on node 2 of 2", "from 1: hello"));
        }
        HttpResponse<String> page = HttpClient.newHttpClient()
                .send(
                        HttpRequest.newBuilder(URI.create("http://" + ready.metrics() + "/metrics"))
                                .build(),
                        HttpResponse.BodyHandlers.ofString());
        assertThat(page.body()).contains("hitotsu_peers_up 1.0");

        await(second.stop());
        assertThat(right.events).endsWith("stop");
        assertThat(ready.socket()).doesNotExist();
    }

    /** What was started is stopped again when a later part fails. */
    @Test
    void moduleThatFailsStopsTheDaemon() throws Exception {
        Greeter healthy = new Greeter();
        DaemonModule broken = new DaemonModule() {
            @Override
            public Future<Void> start(DaemonContext context) {
                return Future.failedFuture("kernel: can't; update it");
            }

            @Override
            public Future<Void> stop() {
                healthy.events.add("broken stopped");
                return Future.succeededFuture();
            }
        };
        NodeDaemon daemon = daemon("broken", null, healthy, broken);
        assertThatThrownBy(() -> await(daemon.start())).hasMessageContaining("kernel: can't; update it");
        assertThat(healthy.events).containsExactly("probe", "start on node 1 of 1", "broken stopped", "stop");
    }

    @Test
    void twoNodesDoNotShareASocket() throws Exception {
        await(daemon("same", null).start());
        assertThatThrownBy(() -> daemon("same", null)).hasMessageContaining("another node answers there");
    }
}
