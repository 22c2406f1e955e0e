package org.hitotsu.forwarder.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class AdminSocketTest {

    @TempDir
    private Path directory;

    private final Vertx vertx =
            Vertx.vertx(new VertxOptions().setEventLoopPoolSize(1).setPreferNativeTransport(true));
    private Path socket;
    private AdminServer server;

    @BeforeEach
    void start() throws Exception {
        socket = directory.resolve("made").resolve("node.sock");
        AdminServer.prepare(socket);
        server = new AdminServer(vertx, socket);
        await(server.start());
    }

    @AfterEach
    void stop() throws Exception {
        await(server.stop());
        await(vertx.close());
    }

    private static <T> T await(Future<T> future) throws Exception {
        return future.toCompletionStage().toCompletableFuture().get(20, TimeUnit.SECONDS);
    }

    @Test
    void onlyItsUserMayReachIt() throws IOException {
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(socket)))
                .isEqualTo("rw-------");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(socket.getParent())))
                .isEqualTo("rwx------");
    }

    @Test
    void commandIsAnswered() throws IOException {
        server.register(
                "add",
                (request, connection) -> Future.succeededFuture(
                        new JsonObject().put("sum", request.getInteger("a") + request.getInteger("b"))));
        try (AdminClient client = AdminClient.connect(socket)) {
            for (int i = 0; i < 100; i++) {
                JsonObject answer =
                        client.call("add", new JsonObject().put("a", i).put("b", 1000));
                assertThat(answer).isEqualTo(new JsonObject().put("sum", 1000 + i));
            }
        }
    }

    @Test
    void eventsComeBeforeTheFinalReply() throws IOException {
        server.register("count", (request, connection) -> {
            Promise<JsonObject> done = Promise.promise();
            connection.send(new JsonObject().put("n", 1));
            vertx.runOnContext(v -> {
                connection.send(new JsonObject().put("n", 2).put("text", "über\nzwei Zeilen"));
                done.complete(new JsonObject().put("total", 2));
            });
            return done.future();
        });
        List<JsonObject> events = new ArrayList<>();
        try (AdminClient client = AdminClient.connect(socket)) {
            assertThat(client.call("count", new JsonObject(), events::add).getInteger("total"))
                    .isEqualTo(2);
        }
        assertThat(events).extracting(e -> e.getInteger("n")).containsExactly(1, 2);
        assertThat(events.get(1).getString("text")).isEqualTo("über\nzwei Zeilen");
    }

    @Test
    void failureHasItsTextAndExitCode() throws IOException {
        server.register("refuse", (request, connection) -> Future.failedFuture(new AdminException(4, "a: b; c")));
        server.register("crash", (request, connection) -> {
            throw new IllegalStateException("broken");
        });
        try (AdminClient client = AdminClient.connect(socket)) {
            assertThatThrownBy(() -> client.call("refuse", new JsonObject()))
                    .isInstanceOfSatisfying(
                            AdminException.class, e -> assertThat(e.exitCode()).isEqualTo(4))
                    .hasMessage("a: b; c");
            assertThatThrownBy(() -> client.call("unknown", new JsonObject()))
                    .isInstanceOf(AdminException.class)
                    .hasMessageContaining("command unknown");
        }
    }

    @Test
    void peerIsTheOneTheKernelSays() throws Exception {
        CompletableFuture<List<Integer>> peer = new CompletableFuture<>();
        server.register("who", (request, connection) -> {
            peer.complete(List.of(connection.peerPid(), connection.peerUid()));
            return Future.succeededFuture();
        });
        try (AdminClient client = AdminClient.connect(socket)) {
            client.call("who", new JsonObject());
        }
        int uid = (Integer) Files.getAttribute(Path.of("/proc/self"), "unix:uid");
        assertThat(peer.get(20, TimeUnit.SECONDS))
                .containsExactly((int) ProcessHandle.current().pid(), uid);
    }

    @Test
    void endOfAConnectionIsTold() throws Exception {
        CompletableFuture<Void> gone = new CompletableFuture<>();
        server.register("watch", (request, connection) -> {
            connection.onClose(() -> gone.complete(null));
            return Future.succeededFuture();
        });
        try (AdminClient client = AdminClient.connect(socket)) {
            client.call("watch", new JsonObject());
            assertThat(gone).isNotDone();
        }
        gone.get(20, TimeUnit.SECONDS);
    }

    @Test
    void rubbishGetsAnErrorAndTheConnectionGoesOn() throws IOException {
        server.register("ok", (request, connection) -> Future.succeededFuture());
        try (SocketChannel raw = SocketChannel.open(UnixDomainSocketAddress.of(socket))) {
            raw.write(ByteBuffer.wrap("nonsense\n{\"command\":\"ok\",\"id\":5}\n".getBytes(StandardCharsets.UTF_8)));
            ByteBuffer answer = ByteBuffer.allocate(4096);
            String text = "";
            while (text.chars().filter(c -> c == '\n').count() < 2 && raw.read(answer) > 0) {
                text = new String(answer.array(), 0, answer.position(), StandardCharsets.UTF_8);
            }
            String[] lines = text.split("\n");
            assertThat(new JsonObject(lines[0]).getJsonObject("error").getString("message"))
                    .contains("no JSON object");
            assertThat(new JsonObject(lines[1]).getInteger("id")).isEqualTo(5);
            assertThat(new JsonObject(lines[1]).getJsonObject("result")).isNotNull();
        }
    }

    @Test
    void commandsAreRegisteredOnce() {
        server.register("x", (request, connection) -> Future.succeededFuture());
        assertThatThrownBy(() -> server.register("x", (request, connection) -> Future.succeededFuture()))
                .isInstanceOf(IllegalStateException.class);
    }

    @Test
    void placeOfARunningNodeIsNotTaken() {
        assertThatThrownBy(() -> AdminServer.prepare(socket))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("another node answers there");
        assertThat(socket).exists();
    }

    @Test
    void staleSocketIsRemoved() throws IOException {
        Path stale = directory.resolve("stale.sock");
        ServerSocketChannel.open(StandardProtocolFamily.UNIX)
                .bind(UnixDomainSocketAddress.of(stale))
                .close();
        assertThat(stale).exists();
        AdminServer.prepare(stale);
        assertThat(stale).doesNotExist();
    }

    @Test
    void fileThatIsNoSocketStays() throws IOException {
        Path precious = Files.writeString(directory.resolve("precious"), "data");
        assertThatThrownBy(() -> AdminServer.prepare(precious))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("is no socket");
        assertThat(precious).hasContent("data");
    }

    @Test
    void tooLongPathIsRefused() {
        assertThatThrownBy(() -> AdminServer.prepare(directory.resolve("x".repeat(120))))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("longer than 107 bytes");
    }

    @Test
    void stopRemovesTheSocket() throws Exception {
        await(server.stop());
        assertThat(socket).doesNotExist();
    }
}
