package org.hitotsu.forwarder.membership;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.vertx.core.Future;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.hitotsu.forwarder.config.HostPort;
import org.hitotsu.forwarder.membership.TestNodes.Node;
import org.hitotsu.forwarder.share.proto.ShareMessage;
import org.hitotsu.forwarder.wire.Payload;
import org.hitotsu.forwarder.wire.proto.Hello;
import org.hitotsu.forwarder.wire.proto.HelloReply;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class TcpPeerNetworkTest {

    private final TestNodes nodes = new TestNodes(Duration.ofSeconds(2));

    @AfterEach
    void close() throws Exception {
        nodes.close();
    }

    private static void eventually(CheckedCondition condition) {
        await().atMost(Duration.ofSeconds(TestNodes.WAIT_SECONDS))
                .pollInterval(Duration.ofMillis(5))
                .untilAsserted(condition::check);
    }

    private interface CheckedCondition {
        void check() throws Exception;
    }

    @Test
    void threeNodesKnowAndReachEachOther() throws Exception {
        Node first = nodes.member(null);
        Node second = nodes.member(first.address);
        Node third = nodes.member(second.address);

        assertThat(List.of(first.id(), second.id(), third.id())).containsExactly(1, 2, 3);
        for (Node node : List.of(first, second, third)) {
            eventually(() -> assertThat(node.tableIds()).containsExactly(1, 2, 3));
        }
        eventually(() -> assertThat(first.events).containsExactly("up 2", "up 3"));
        eventually(() -> assertThat(second.events).containsExactly("up 1", "up 3"));
        eventually(() -> assertThat(third.events).containsExactlyInAnyOrder("up 1", "up 2"));
        Computer row = TestNodes.await(
                third.on(() -> Future.succeededFuture(third.network.computers().get(2))));
        assertThat(row.hostPort()).isEqualTo(second.address.toString());
        assertThat(row.features()).isEqualTo(TestNodes.features(4096));
    }

    @Test
    void messagesArriveInOrderWithTheirPayload() throws Exception {
        Node first = nodes.member(null);
        int count = 5000;
        List<Long> ids = new ArrayList<>();
        List<Integer> sizes = new ArrayList<>();
        CountDownLatch all = new CountDownLatch(count);
        Node second = nodes.listening(first.address);
        second.network.onShareMessage((from, message, frame, offset, length) -> {
            assertThat(from).isEqualTo(1);
            ids.add(message.getShareId());
            sizes.add(length);
            for (int i = 0; i < length; i++) {
                assertThat(frame[offset + i]).isEqualTo((byte) message.getShareId());
            }
            all.countDown();
        });
        TestNodes.await(second.joinAndActivate());

        byte[] page = new byte[4096];
        TestNodes.await(first.on(() -> {
            for (int i = 0; i < count; i++) {
                Arrays.fill(page, (byte) i);
                Payload payload = i % 3 == 0 ? Payload.EMPTY : Payload.of(page, 0, i % 4097);
                // The same array is filled anew for the next message: send must have copied it.
                first.network.send(2, ShareMessage.newBuilder().setShareId(i).build(), payload);
            }
            return Future.succeededFuture();
        }));

        assertThat(all.await(20, TimeUnit.SECONDS)).isTrue();
        for (int i = 0; i < count; i++) {
            assertThat(ids.get(i)).isEqualTo(i);
            assertThat(sizes.get(i)).isEqualTo(i % 3 == 0 ? 0 : i % 4097);
        }
    }

    /** What a peer says before a node is active is told afterwards, and not before its modules have started. */
    @Test
    void nothingIsToldBeforeActivation() throws Exception {
        Node first = nodes.member(null);
        Node second = nodes.listening(first.address);
        CompletableFuture<Long> got = new CompletableFuture<>();
        second.network.onShareMessage((from, message, frame, offset, length) -> got.complete(message.getShareId()));
        TestNodes.await(second.on(second.network::join));
        eventually(() -> assertThat(first.events).containsExactly("up 2"));
        byte[] large = new byte[100_000];
        TestNodes.await(first.on(() -> {
            first.network.send(2, ShareMessage.newBuilder().setShareId(9).build(), Payload.of(large));
            return Future.succeededFuture();
        }));
        eventually(() -> assertThat(second.network.stats().bytesIn()).isGreaterThan(large.length));
        assertThat(second.events).isEmpty();
        assertThat(got).isNotDone();

        TestNodes.await(second.on(second.network::activate));

        assertThat(got.get(20, TimeUnit.SECONDS)).isEqualTo(9);
        assertThat(second.events).containsExactly("up 1");
    }

    @Test
    void nodesThatJoinAtOnceThroughDifferentMembersGetDifferentIds() throws Exception {
        // Twelve nodes of one busy computer: none is to be given up because it is slow.
        nodes.lease(Duration.ofSeconds(TestNodes.WAIT_SECONDS));
        Node first = nodes.member(null);
        Node second = nodes.member(first.address);
        Node third = nodes.member(second.address);
        List<HostPort> doors = List.of(first.address, second.address, third.address);
        List<Node> newcomers = new ArrayList<>();
        for (int i = 0; i < 9; i++) {
            newcomers.add(nodes.listening(doors.get(i % 3)));
        }

        List<Future<Void>> joins = new ArrayList<>();
        for (Node newcomer : newcomers) {
            joins.add(newcomer.joinAndActivate());
        }
        TestNodes.await(Future.all(joins));

        TreeSet<Integer> ids = new TreeSet<>();
        for (Node newcomer : newcomers) {
            ids.add(newcomer.id());
        }
        assertThat(ids).containsExactly(4, 5, 6, 7, 8, 9, 10, 11, 12);
        List<Node> all = new ArrayList<>(List.of(first, second, third));
        all.addAll(newcomers);
        for (Node node : all) {
            eventually(() -> assertThat(node.tableIds()).hasSize(12));
            eventually(() -> assertThat(node.network.peersUp()).isEqualTo(11));
        }
    }

    @Test
    void lostNodeLeavesTheTableAndItsIdIsNotGivenAgain() throws Exception {
        Node first = nodes.member(null);
        Node second = nodes.member(first.address);
        Node third = nodes.member(first.address);
        eventually(() -> assertThat(second.events).contains("up 3"));

        third.crash();

        for (Node node : List.of(first, second)) {
            eventually(() -> assertThat(node.tableIds()).containsExactly(1, 2));
            eventually(() -> assertThat(node.events).endsWith("down 3"));
        }
        assertThat(nodes.member(second.address).id()).isEqualTo(4);
    }

    @Test
    void lostCoordinatorIsSucceededByTheLowestId() throws Exception {
        Node first = nodes.member(null);
        Node second = nodes.member(first.address);
        Node third = nodes.member(first.address);
        eventually(() -> assertThat(second.events).contains("up 3"));

        first.crash();

        for (Node node : List.of(second, third)) {
            eventually(() -> assertThat(node.tableIds()).containsExactly(2, 3));
        }
        Node fourth = nodes.member(third.address);
        assertThat(fourth.id()).isEqualTo(4);
        eventually(() -> assertThat(second.tableIds()).containsExactly(2, 3, 4));
    }

    @Test
    void nodeThatLeavesIsGoneAtOnce() throws Exception {
        Node first = nodes.member(null);
        Node second = nodes.member(first.address);
        Node third = nodes.member(first.address);
        eventually(() -> assertThat(second.events).contains("up 3"));

        second.dead = true;
        TestNodes.await(second.on(second.network::leave));
        TestNodes.await(second.vertx.close());

        for (Node node : List.of(first, third)) {
            eventually(() -> assertThat(node.tableIds()).containsExactly(1, 3));
            assertThat(node.removed).isEmpty();
        }
    }

    /** A loop that hangs keeps its sockets open; only its silence tells. */
    @Test
    void silentNodeIsRemovedAfterItsLease() throws Exception {
        Node first = nodes.member(null);
        Node second = nodes.member(first.address);
        CountDownLatch hang = new CountDownLatch(1);
        second.context.runOnContext(v -> {
            try {
                hang.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        try {
            long start = System.nanoTime();
            eventually(() -> assertThat(first.events).endsWith("down 2"));
            assertThat(System.nanoTime() - start).isGreaterThan(TimeUnit.MILLISECONDS.toNanos(1500));
            eventually(() -> assertThat(first.tableIds()).containsExactly(1));
        } finally {
            hang.countDown();
        }
        eventually(() -> assertThat(second.removed).hasSize(1));
    }

    @Test
    void sendingToANodeThatIsDownIsNoError() throws Exception {
        Node first = nodes.member(null);
        Node second = nodes.member(first.address);
        second.crash();
        eventually(() -> assertThat(first.events).endsWith("down 2"));
        TestNodes.await(first.on(() -> {
            first.network.send(2, ShareMessage.getDefaultInstance(), Payload.EMPTY);
            assertThat(first.network.isUp(2)).isFalse();
            assertThatThrownBy(() -> first.network.send(1, ShareMessage.getDefaultInstance(), Payload.EMPTY))
                    .isInstanceOf(IllegalArgumentException.class);
            return Future.succeededFuture();
        }));
    }

    private static Hello helloOf(Node node) {
        return WireMapping.hello(TableKeeper.withId(node.network.self(), 0));
    }

    @Test
    void joiningItselfIsRefused() throws Exception {
        Node first = nodes.member(null);
        assertThatThrownBy(() -> TestNodes.await(TestNodes.greet(first, first.address, helloOf(first))))
                .hasMessageContaining("SELF_JOIN: that is this node itself");
    }

    @Test
    void otherProtocolVersionIsRefused() throws Exception {
        Node first = nodes.member(null);
        Hello hello = helloOf(nodes.listening(null)).toBuilder()
                .setProtocolVersion(99)
                .build();
        assertThatThrownBy(() -> TestNodes.await(TestNodes.greet(first, first.address, hello)))
                .hasMessageContaining("PROTOCOL_VERSION: it speaks protocol version 1, this node 99");
        assertThat(first.tableIds()).containsExactly(1);
    }

    @Test
    void strangerWithAnIdIsRefused() throws Exception {
        Node first = nodes.member(null);
        Hello hello = helloOf(nodes.listening(null)).toBuilder().setNodeId(7).build();
        assertThatThrownBy(() -> TestNodes.await(TestNodes.greet(first, first.address, hello)))
                .hasMessageContaining("NOT_A_MEMBER: node 7 is not in its computer table");
    }

    @Test
    void secondConnectionOfAPairIsRefused() throws Exception {
        Node first = nodes.member(null);
        Node second = nodes.member(first.address);
        Hello again = WireMapping.hello(second.network.self());
        assertThatThrownBy(() -> TestNodes.await(TestNodes.greet(second, first.address, again)))
                .hasMessageContaining("DUPLICATE_CONNECTION");
        assertThat(first.events).containsExactly("up 2");
    }

    /** It was let in, and closes its connection before it has said anything: its row must not stay. */
    @Test
    void newcomerThatDiesInBetweenLeavesNoRow() throws Exception {
        Node first = nodes.member(null);
        Node second = nodes.member(first.address);
        HelloReply reply = TestNodes.await(TestNodes.greet(first, second.address, helloOf(nodes.listening(null))));
        assertThat(reply.getNodeId()).isEqualTo(3);
        eventually(() -> assertThat(first.tableIds()).containsExactly(1, 2));
        eventually(() -> assertThat(second.tableIds()).containsExactly(1, 2));
    }

    @Test
    void rubbishAtTheDoorClosesTheConnectionAndNothingElse() throws Exception {
        Node first = nodes.member(null);
        try (Socket socket = new Socket(first.address.host(), first.address.port())) {
            socket.setSoTimeout(20_000);
            socket.getOutputStream()
                    .write("GET / HTTP/1.0\r\n\r\n".getBytes(java.nio.charset.StandardCharsets.US_ASCII));
            assertThat(socket.getInputStream().read()).isEqualTo(-1);
        }
        assertThat(nodes.member(first.address).id()).isEqualTo(2);
    }

    /** On a loopback address anybody may knock. */
    @Test
    void crowdAtTheDoorIsTurnedAway() throws Exception {
        Node first = nodes.member(null);
        List<Socket> crowd = new ArrayList<>();
        try {
            for (int i = 0; i < 64; i++) {
                crowd.add(new Socket(first.address.host(), first.address.port()));
            }
            try (Socket late = new Socket(first.address.host(), first.address.port())) {
                assertThat(late.getInputStream().read()).isEqualTo(-1);
            }
        } finally {
            for (Socket socket : crowd) {
                socket.close();
            }
        }
        // When it has seen that they are gone, who knocks is waited for.
        eventually(() -> {
            try (Socket visitor = new Socket(first.address.host(), first.address.port())) {
                visitor.setSoTimeout(50);
                assertThatThrownBy(() -> visitor.getInputStream().read()).isInstanceOf(SocketTimeoutException.class);
            }
        });
        assertThat(nodes.member(first.address).id()).isEqualTo(2);
    }

    @Test
    void otherPageSizeIsRefused() throws Exception {
        Node first = nodes.member(null);
        Node huge = nodes.listening(first.address, TestNodes.features(65536));
        assertThatThrownBy(() -> TestNodes.await(huge.joinAndActivate()))
                .hasCauseInstanceOf(JoinException.class)
                .hasMessageContaining("node at " + first.address)
                .hasMessageContaining("its pages have 4096 bytes, this node's 65536");
        huge.dead = true;
        huge.vertx.close();
        assertThat(first.tableIds()).containsExactly(1);
    }

    @Test
    void nobodyAtTheJoinAddressIsAClearError() throws Exception {
        HostPort nobody = new HostPort("127.0.0.1", 1);
        Node node = nodes.listening(nobody);
        assertThatThrownBy(() -> TestNodes.await(node.joinAndActivate()))
                .hasCauseInstanceOf(JoinException.class)
                .hasMessageContaining("node at 127.0.0.1:1: can't be joined: Connection refused; check the address");
        node.dead = true;
        node.vertx.close();
    }

    @Test
    void memberThatComesUpLaterIsJoined() throws Exception {
        // Nobody who asks for any port is given one that is bound, and it refuses connections. A listener that asks for
        // this very one gets it, since both allow that (SO_REUSEADDR).
        try (Socket reserved = new Socket()) {
            reserved.setReuseAddress(true);
            reserved.bind(new InetSocketAddress("127.0.0.1", 0));
            joinMemberThatComesUpLater(new HostPort("127.0.0.1", reserved.getLocalPort()));
        }
    }

    private void joinMemberThatComesUpLater(HostPort address) throws Exception {
        nodes.joinTimeout(Duration.ofSeconds(TestNodes.WAIT_SECONDS));
        Node early = nodes.listening(address);
        Future<Void> joined = early.joinAndActivate();
        // Behind the first attempt: with a connection refused on loopback it is over.
        assertThatThrownBy(() -> TestNodes.await(TestNodes.greet(early, address, Hello.getDefaultInstance())))
                .hasMessageContaining("Connection refused");
        assertThat(joined.isComplete()).isFalse();
        Node late = nodes.listening(address, null, TestNodes.features(4096));
        TestNodes.await(late.joinAndActivate());
        TestNodes.await(joined);
        assertThat(early.id()).isEqualTo(2);
        eventually(() -> assertThat(late.tableIds()).containsExactly(1, 2));
    }

    @Test
    void addressInUseIsAClearError() throws Exception {
        Node first = nodes.member(null);
        assertThatThrownBy(() -> nodes.listening(first.address, null, TestNodes.features(4096)))
                .hasCauseInstanceOf(JoinException.class)
                .hasMessageContaining("address " + first.address + ": can't listen there: Address already in use");
    }
}
