package org.hitotsu.forwarder.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.hitotsu.forwarder.admin.AdminClient;
import org.hitotsu.forwarder.admin.AdminException;
import org.hitotsu.forwarder.admin.AdminServer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class CommandLineTest {

    @TempDir
    private Path directory;

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();
    private Vertx vertx;

    @AfterEach
    void close() throws Exception {
        if (vertx != null) {
            await(vertx.close());
        }
    }

    private static <T> T await(Future<T> future) throws Exception {
        return future.toCompletionStage().toCompletableFuture().get(20, TimeUnit.SECONDS);
    }

    private int run(String... args) {
        return Main.run(new PrintWriter(out, true), new PrintWriter(err, true), args);
    }

    private AdminServer daemon(Path socket) throws Exception {
        if (vertx == null) {
            vertx = Vertx.vertx(new VertxOptions().setEventLoopPoolSize(1).setPreferNativeTransport(true));
        }
        AdminServer server = new AdminServer(vertx, socket);
        await(server.start());
        server.register(
                "nodes",
                (request, connection) -> Future.succeededFuture(new JsonObject()
                        .put("self", 1)
                        .put(
                                "nodes",
                                new JsonArray().add(node(1, "left", "self")).add(node(2, "right", "up")))));
        return server;
    }

    private static JsonObject node(int id, String name, String state) {
        return new JsonObject()
                .put("id", id)
                .put("name", name)
                .put("address", "127.0.0.1:700" + id)
                .put("state", state)
                .put("cpus", 2)
                .put("backends", new JsonArray().add("stock"))
                .put("kernel", "6.1.0")
                .put("roundTripNanos", id == 1 ? null : 87_400L)
                .put("canHostFromHere", id == 1)
                .put("obstacle", id == 1 ? null : "its processor lacks avx2");
    }

    /** One line: THING: CAUSE; REMEDY. */
    private void failed(int actual, int expected, String message) {
        assertThat(actual).isEqualTo(expected);
        assertThat(err.toString().lines()).hasSize(1);
        assertThat(err.toString()).startsWith("hitotsu: ").contains(message).contains("; ");
        assertThat(out.toString()).isEmpty();
    }

    @Test
    void misuseIsTwo() {
        failed(run("frobnicate"), 2, "unmatched argument at index 0: 'frobnicate'; see `hitotsu help`");
    }

    @Test
    void missingArgumentsAreMisuse() {
        failed(run("migrate", "12"), 2, "migrate: missing required parameter: 'NODE'; see `hitotsu help migrate`");
    }

    @Test
    void targetOfMigrateIsChecked() {
        failed(run("migrate", "12/x", "2"), 2, "\"12/x\" is neither PID nor PID/TID");
    }

    @Test
    void noCommandShowsTheUsage() {
        assertThat(run()).isEqualTo(2);
        assertThat(err.toString()).contains("Usage: hitotsu COMMAND", "migrate", "demo");
    }

    @Test
    void helpAndVersionAreAnswered() {
        assertThat(run("help", "node")).isZero();
        assertThat(run("version")).isZero();
        assertThat(out.toString()).contains("--join=HOST:PORT", "protocol 1");
    }

    @Test
    void noDaemonAtTheSocketIsThree() {
        failed(run("ps", "-s", directory + "/none.sock"), 3, "no node answers there");
    }

    @Test
    void nodesAreListed() throws Exception {
        Path socket = directory.resolve("a.sock");
        daemon(socket);
        assertThat(run("nodes", "--socket", socket.toString())).isZero();
        assertThat(out.toString().lines())
                .containsExactly(
                        "NODE  NAME   ADDRESS         STATE  CPUS  RTT µs  BACK-ENDS  KERNEL  NOTE",
                        "   1  left   127.0.0.1:7001  self      2       -  stock      6.1.0",
                        "   2  right  127.0.0.1:7002  up        2      87  stock      6.1.0"
                                + "   can't host programs from here: its processor lacks avx2");
    }

    @Test
    void programsAreListedWithTheirThreads() throws Exception {
        Path socket = directory.resolve("a.sock");
        JsonObject thread = new JsonObject()
                .put("tid", 101)
                .put("name", "pigz")
                .put("node", 2)
                .put("state", "remote")
                .put("faults", 30)
                .put("syscalls", 12);
        JsonObject answer = new JsonObject()
                .put(
                        "programs",
                        new JsonArray()
                                .add(new JsonObject()
                                        .put("pid", 100)
                                        .put(
                                                "command",
                                                new JsonArray().add("pigz").add("-9"))
                                        .put("origin", 1)
                                        .put("state", "running")
                                        .put("elapsedMs", 1540)
                                        .put("syscallsForwarded", 12)
                                        .put("threads", new JsonArray().add(thread))));
        daemon(socket).register("ps", (request, connection) -> Future.succeededFuture(answer));

        assertThat(run("ps", "-s", socket.toString())).isZero();
        assertThat(out.toString().lines())
                .containsExactly(
                        "PID  TID  NODE  STATE    FAULTS  SYSCALLS   TIME  COMMAND",
                        "100          1  running      30        12  1.5 s  pigz -9",
                        "     101     2  remote       30        12           pigz");

        out.getBuffer().setLength(0);
        assertThat(run("ps", "--json", "-s", socket.toString())).isZero();
        assertThat(new JsonObject(out.toString())).isEqualTo(answer);
    }

    @Test
    void migrateNamesTheNode() throws Exception {
        Path socket = directory.resolve("a.sock");
        AtomicReference<JsonObject> asked = new AtomicReference<>();
        daemon(socket).register("migrate", (request, connection) -> {
            asked.set(request);
            return Future.succeededFuture(new JsonObject());
        });
        assertThat(run("migrate", "-s", socket.toString(), "100/101", "right")).isZero();
        assertThat(asked.get().getInteger("pid")).isEqualTo(100);
        assertThat(asked.get().getInteger("tid")).isEqualTo(101);
        assertThat(asked.get().getInteger("node")).isEqualTo(2);
        assertThat(out.toString()).isEqualTo("thread 101 of program 100 moved to node 2\n");
    }

    @Test
    void shareNamesTheProcessAndWhereItMayRun() throws Exception {
        Path socket = directory.resolve("a.sock");
        AtomicReference<JsonObject> asked = new AtomicReference<>();
        daemon(socket).register("share", (request, connection) -> {
            asked.set(request);
            return Future.succeededFuture(new JsonObject());
        });
        assertThat(run("share", "-s", socket.toString(), "100")).isZero();
        assertThat(asked.get().getInteger("pid")).isEqualTo(100);
        assertThat(asked.get().getString("place")).isEqualTo("none");
        assertThat(asked.get().getJsonArray("nodes")).isEmpty();
        assertThat(run("share", "-s", socket.toString(), "--place", "spread", "--nodes", "right", "100"))
                .isZero();
        assertThat(asked.get().getString("place")).isEqualTo("spread");
        assertThat(asked.get().getJsonArray("nodes")).isEqualTo(new JsonArray().add("2"));
        assertThat(out.toString()).isEqualTo("process 100: is shared\nprocess 100: is shared\n");
    }

    @Test
    void releaseSaysWhatTheNodeRefuses() throws Exception {
        Path socket = directory.resolve("a.sock");
        daemon(socket)
                .register(
                        "release",
                        (request, connection) -> request.getInteger("pid") == 100
                                ? Future.succeededFuture(new JsonObject())
                                : Future.failedFuture(new AdminException(1, "process 7: is not shared; look")));
        assertThat(run("release", "-s", socket.toString(), "100")).isZero();
        assertThat(out.toString()).isEqualTo("process 100: is released\n");
        out.getBuffer().setLength(0);
        failed(run("release", "-s", socket.toString(), "7"), 1, "process 7: is not shared; look");
    }

    @Test
    void releaseAsksForAProcess() {
        failed(run("release", "x"), 2, "see `hitotsu help release`");
    }

    @Test
    void unknownNodeIsAFailureThatNamesTheOthers() throws Exception {
        Path socket = directory.resolve("a.sock");
        daemon(socket);
        failed(
                run("migrate", "-s", socket.toString(), "100", "middle"),
                1,
                "node middle: is not in the computer table; there are 1 (left), 2 (right)");
    }

    @Test
    void daemonsExitCodeIsPassedOn() throws Exception {
        Path socket = directory.resolve("a.sock");
        daemon(socket)
                .register(
                        "ps",
                        (request, connection) ->
                                Future.failedFuture(new AdminException(4, "node 2: is gone; start it again")));
        failed(run("ps", "-s", socket.toString()), 4, "hitotsu: node 2: is gone; start it again");
    }

    @Test
    void soleDaemonIsFoundAndSeveralAreNot() throws Exception {
        assertThatThrownBy(() -> Daemons.connect(null, Map.of(), directory))
                .isInstanceOfSatisfying(
                        CliException.class, e -> assertThat(e.exitCode()).isEqualTo(3));
        daemon(directory.resolve("a.sock"));
        Files.createFile(directory.resolve("stale.sock"));
        try (AdminClient client = Daemons.connect(null, Map.of(), directory)) {
            assertThat(client.path()).isEqualTo(directory.resolve("a.sock"));
        }
        daemon(directory.resolve("b.sock"));
        assertThatThrownBy(() -> Daemons.connect(null, Map.of(), directory))
                .isInstanceOfSatisfying(
                        CliException.class, e -> assertThat(e.exitCode()).isEqualTo(2))
                .hasMessageContaining(directory + "/a.sock, " + directory + "/b.sock");
        Map<String, String> environment =
                Map.of("HITOTSU_SOCKET", directory.resolve("b.sock").toString());
        try (AdminClient client = Daemons.connect(null, environment, directory)) {
            assertThat(client.path()).isEqualTo(directory.resolve("b.sock"));
        }
    }

    @Test
    void programIsLookedForBeforeTheDaemon() {
        failed(run("run", "-s", directory + "/none.sock", "no-such-program", "--help"), 127, "no such program in PATH");
    }

    @Test
    void runWithoutADaemonIsThree() {
        failed(run("run", "-s", directory + "/none.sock", "--", "ls", "-s", "--nodes"), 3, "no node answers there");
    }

    @Test
    void processorsOfAllNodesCanBeAskedFor() {
        failed(run("run", "--cpus=all", "-s", directory + "/none.sock", "ls"), 3, "no node answers there");
    }

    @Test
    void otherChoicesOfProcessorsAreRefused() {
        failed(run("run", "--cpus=some", "-s", directory + "/none.sock", "ls"), 2, "'--cpus'");
    }

    @Test
    void addressesOtherNodesCannotUseAreRefused() {
        failed(run("node", "--listen", "0.0.0.0:7070", "--insecure"), 2, "stands for every address");
    }

    @Test
    void addressesThatAreNotLoopbackNeedInsecure() {
        failed(run("node", "--listen", "192.0.2.1:7070"), 2, "is not a loopback address");
    }

    @Test
    void metricsAreForLoopbackToo() {
        failed(run("node", "--metrics", "192.0.2.1:9090"), 2, "--metrics 192.0.2.1:9090: is not a loopback address");
    }

    @Test
    void loopbackCannotJoinAnotherComputer() {
        failed(run("node", "--join", "192.0.2.1:7070"), 2, "can't connect back to");
    }

    @Test
    void valuesOfOptionsAreChecked() {
        failed(run("node", "--hold-time", "5"), 2, "\"5\" is no time");
    }

    @Test
    void nobodyToJoinIsFour() {
        failed(
                run(
                        "node",
                        "--listen",
                        "127.0.0.1:0",
                        "--join",
                        "127.0.0.1:1",
                        "--join-timeout",
                        "0s",
                        "-s",
                        directory + "/n.sock"),
                4,
                "node at 127.0.0.1:1: can't be joined: Connection refused");
        assertThat(directory.resolve("n.sock")).doesNotExist();
    }
}
