package org.hitotsu.forwarder.membership;

import com.google.protobuf.MessageLite;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.net.NetServer;
import io.vertx.core.net.NetServerOptions;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.IntConsumer;
import org.hitotsu.forwarder.config.HostPort;
import org.hitotsu.forwarder.config.NodeConfig;
import org.hitotsu.forwarder.share.proto.ShareMessage;
import org.hitotsu.forwarder.wire.FrameConnection;
import org.hitotsu.forwarder.wire.MalformedFrameException;
import org.hitotsu.forwarder.wire.Payload;
import org.hitotsu.forwarder.wire.WireStats;
import org.hitotsu.forwarder.wire.proto.Goodbye;
import org.hitotsu.forwarder.wire.proto.Hello;
import org.hitotsu.forwarder.wire.proto.HelloReply;
import org.hitotsu.forwarder.wire.proto.Ping;
import org.hitotsu.forwarder.wire.proto.Pong;
import org.hitotsu.forwarder.wire.proto.Refused;
import org.hitotsu.forwarder.wire.proto.WireHeader;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Membership and messages over one TCP connection for each pair of nodes.
 *
 * <p>The connection of a pair is opened by the one with the higher id, which is the one that came later, so there is
 * never a second one. A node is believed for one lease after its last byte; a ping is sent to who has been silent for an
 * interval. When a connection is lost, that peer is down at once here; whether it stays in the table is up to the
 * coordinator, see {@link Roster}.
 *
 * <p>Phases: {@link #listen}, {@link #join}, {@link #activate}, {@link #leave}. What peers say between join and activate
 * is kept and told in order at activation, so that a module that starts in between misses nothing.
 *
 * <p>All state is accessed from the event loop only, {@link #peersUp} excepted.
 */
public final class TcpPeerNetwork implements PeerNetwork {

    private static final Logger log = LoggerFactory.getLogger(TcpPeerNetwork.class);

    private final Vertx vertx;
    private final NodeConfig config;
    private final long leaseNanos;
    private final WireStats stats = new WireStats();
    private final Dialler dialler;
    private final Doorkeeper doorkeeper;
    private final Map<Integer, PeerLink> links = new HashMap<>();
    private final PeerEvents events = new PeerEvents();
    private final Map<Integer, Promise<Void>> dialling = new HashMap<>();

    private Computer self;
    private @Nullable Roster roster;
    private @Nullable NetServer server;
    private @Nullable JoinAttempts joining;
    private boolean open;
    private boolean left;
    private long tickTimer = -1;
    private long lastTickNanos;
    /** When the event loop last went on after it had missed ticks; the start, if it has missed none. */
    private long stoodStillUntil;

    // Written by the event loop, read by scrapes.
    private volatile int peersUp;

    /**
     * A network that is not yet listening.
     *
     * @param self this node's row; id and address are filled in later
     */
    public TcpPeerNetwork(Vertx vertx, NodeConfig config, Computer self) {
        this.vertx = vertx;
        this.config = config;
        this.self = TableKeeper.withId(self, 0);
        this.leaseNanos = config.lease().toNanos();
        this.dialler = new Dialler(vertx, config.lease(), stats);
        this.doorkeeper = new Doorkeeper(vertx, new Threshold(), config.lease(), stats);
    }

    /** Opens the listening socket. The future's value is where peers connect, with the port the kernel chose. */
    public Future<HostPort> listen() {
        NetServer listening = vertx.createNetServer(
                        new NetServerOptions().setTcpNoDelay(true).setAcceptBacklog(1024))
                .connectHandler(doorkeeper::knock);
        server = listening;
        HostPort address = config.listen();
        return listening
                .listen(address.port(), address.host())
                .recover(e -> Future.failedFuture(new JoinException("address " + address
                        + ": can't listen there: " + Causes.shortCause(e)
                        + "; give --listen an address of this machine and a free port")))
                .map(s -> {
                    HostPort bound = new HostPort(address.host(), s.actualPort());
                    self = new Computer(
                            0, bound.host(), bound.port(), self.name(), self.bootId(), self.epoch(), self.features());
                    return bound;
                });
    }

    /**
     * Founds a cluster, or joins the one that the member at {@code config.join()} belongs to. When the future has
     * succeeded, {@link #selfId} and {@link #computers} are known.
     *
     * @return fails with a {@link JoinException} if the member refuses, or can't be reached within {@code
     *     config.joinTimeout()}
     */
    public Future<Void> join() {
        HostPort member = config.join();
        if (member == null) {
            startRoster(TableKeeper.found(self));
            log.info("node {}: has started a new cluster", selfId());
            return Future.succeededFuture();
        }
        JoinAttempts attempts = new JoinAttempts(
                vertx, dialler, member, config.joinTimeout(), WireMapping.hello(self), (connection, reply) -> {
                    startRoster(TableKeeper.joined(WireMapping.fromWire(reply.getComputers()), reply.getNodeId()));
                    log.info("node {}: has joined the cluster of {}", selfId(), member);
                    connect(reply.getMemberId(), reply.getMemberEpoch(), connection);
                });
        joining = attempts;
        return attempts.begin();
    }

    private static String reason(Refused refused) {
        return refused.getCause() + "; " + refused.getRemedy();
    }

    private void startRoster(TableKeeper keeper) {
        self = TableKeeper.withId(self, keeper.selfId());
        roster = new Roster(keeper, new RosterLinks(), leaseNanos);
        lastTickNanos = System.nanoTime();
        stoodStillUntil = lastTickNanos;
        tickTimer = vertx.setPeriodic(config.pingInterval().toMillis(), t -> tick());
    }

    /**
     * Tells the listeners what has been kept for them, lets others in, and connects to all members. The future succeeds
     * when every one of them is connected, and fails with a {@link JoinException} if one that the others still have in
     * their table can't be.
     */
    public Future<Void> activate() {
        events.open();
        open = true;
        doorkeeper.reconsider();
        long deadline = System.nanoTime() + 2 * leaseNanos;
        List<Future<Void>> all = new ArrayList<>();
        for (Computer member : computers()) {
            if (member.id() < selfId() && !links.containsKey(member.id())) {
                Promise<Void> connected = Promise.promise();
                dialling.put(member.id(), connected);
                all.add(connected.future());
                dialMember(member, connected, deadline);
            }
        }
        return Future.all(all).mapEmpty();
    }

    private void dialMember(Computer member, Promise<Void> connected, long deadline) {
        HostPort address = new HostPort(member.ipAddr(), member.port());
        dialler.dial(address, WireMapping.hello(self), new Dialler.Outcome() {
            @Override
            public void welcomed(FrameConnection connection, HelloReply reply) {
                if (left || reply.getMemberId() != member.id() || reply.getMemberEpoch() != member.epoch()) {
                    connection.close();
                    unreachable("another node answers there");
                    return;
                }
                roster().tableReceived(WireMapping.fromWire(reply.getComputers()), member.id());
                if (!roster().keeper().contains(member.id(), member.epoch())) {
                    connection.close();
                    return;
                }
                connect(member.id(), member.epoch(), connection);
            }

            @Override
            public void refused(Refused refused) {
                unreachable(reason(refused));
            }

            @Override
            public void unreachable(String cause) {
                if (connected.future().isComplete()) {
                    return;
                }
                if (System.nanoTime() < deadline) {
                    // It may be about to leave the table; if so, tableChanged completes the promise.
                    vertx.setTimer(config.pingInterval().toMillis(), t -> {
                        if (!connected.future().isComplete()) {
                            dialMember(member, connected, deadline);
                        }
                    });
                    return;
                }
                connected.tryFail(new JoinException("node " + member.id() + " at " + address
                        + ": is a member but can't be reached from here: " + cause
                        + "; every node must be able to reach every other"));
            }
        });
    }

    /** Says goodbye to all peers, and closes everything. Nothing is called back afterwards. */
    public Future<Void> leave() {
        Goodbye goodbye = Goodbye.newBuilder().setReason("shut down").build();
        for (PeerLink link : links.values()) {
            link.connection.send(WireHeader.GOODBYE_FIELD_NUMBER, goodbye, Payload.EMPTY);
        }
        return close();
    }

    /** Closes everything without a word to the peers, to whom it looks like a crash. */
    Future<Void> close() {
        left = true;
        if (joining != null) {
            joining.stop();
        }
        events.silence();
        vertx.cancelTimer(tickTimer);
        links.values().forEach(link -> link.connection.close());
        links.clear();
        peersUp = 0;
        dialler.close();
        NetServer listening = server;
        return listening == null ? Future.succeededFuture() : listening.close();
    }

    @Override
    public int selfId() {
        return roster().keeper().selfId();
    }

    /** This node's row. */
    public Computer self() {
        return self;
    }

    @Override
    public boolean isUp(int nodeId) {
        return links.containsKey(nodeId);
    }

    @Override
    public void send(int nodeId, ShareMessage message, Payload payload) {
        PeerLink link = links.get(nodeId);
        if (link != null) {
            link.connection.send(WireHeader.SHARE_FIELD_NUMBER, message, payload);
        } else if (nodeId == self.id()) {
            throw new IllegalArgumentException("node " + nodeId + " does not send to itself");
        }
    }

    @Override
    public void onShareMessage(ShareMessageHandler handler) {
        events.onShareMessage(handler);
    }

    @Override
    public void onPeerUp(IntConsumer listener) {
        events.onPeerUp(listener);
        if (events.isOpen()) {
            links.keySet().stream().sorted().forEach(listener::accept);
        }
    }

    @Override
    public void onPeerDown(IntConsumer listener) {
        events.onPeerDown(listener);
    }

    @Override
    public ComputerTable computers() {
        return roster().keeper().table();
    }

    @Override
    public void onComputersChanged(Consumer<ComputerTable> listener) {
        events.onComputersChanged(listener);
    }

    /** Sets who is told, with the reason, that the others have removed this node from the table: it must end. */
    public void onRemoved(Consumer<String> listener) {
        events.onRemoved(listener);
    }

    /** Last measured round trip to a node, in ns; -1 if it is not up or was not measured yet. */
    public long roundTripNanos(int nodeId) {
        PeerLink link = links.get(nodeId);
        return link == null ? -1 : link.roundTripNanos;
    }

    /** Number of connected peers. Any thread may call this. */
    public int peersUp() {
        return peersUp;
    }

    /** What has gone over all connections. Any thread may call this. */
    public WireStats stats() {
        return stats;
    }

    private Roster roster() {
        Roster r = roster;
        if (r == null) {
            throw new IllegalStateException("not joined yet");
        }
        return r;
    }

    private void connect(int id, long epoch, FrameConnection connection) {
        PeerLink link = new PeerLink(id, epoch, connection);
        links.put(id, link);
        peersUp = links.size();
        connection.onFrames((header, frame, offset, length) -> onFrame(link, header, frame, offset, length));
        connection.onClose(reason -> disconnect(link, reason));
        log.info("{}: up", link);
        Promise<Void> dialled = dialling.remove(id);
        events.up(id);
        if (dialled != null) {
            dialled.tryComplete();
        }
    }

    /** Forgets a link, whoever has closed it. */
    private void disconnect(PeerLink link, String reason) {
        if (!links.remove(link.id, link)) {
            return;
        }
        peersUp = links.size();
        link.connection.close();
        if (link.leaving) {
            log.info("{}: has left: {}", link, reason);
        } else if (isMember(link)) {
            log.warn("{}: down: {}", link, reason);
        } else {
            // The coordinator has said why, or the peer is about to.
            log.info("{}: down: {}", link, reason);
        }
        events.down(link.id);
        roster().connectionLost(link.id, link.epoch, reason, link.leaving);
    }

    private boolean isMember(PeerLink link) {
        return roster().keeper().contains(link.id, link.epoch);
    }

    private void expel(PeerLink link, String reason) {
        Goodbye goodbye =
                Goodbye.newBuilder().setReason(reason).setRemoved(true).build();
        link.connection.send(WireHeader.GOODBYE_FIELD_NUMBER, goodbye, Payload.EMPTY);
        disconnect(link, reason);
    }

    private void onFrame(PeerLink link, WireHeader header, byte[] frame, int payloadOffset, int payloadLength)
            throws MalformedFrameException {
        switch (header.getBodyCase()) {
            case SHARE -> events.share(link.id, header.getShare(), frame, payloadOffset, payloadLength);
            case PING ->
                link.connection.send(
                        WireHeader.PONG_FIELD_NUMBER,
                        Pong.newBuilder().setNanos(header.getPing().getNanos()).build(),
                        Payload.EMPTY);
            case PONG -> {
                long pinged = header.getPong().getNanos();
                link.roundTripNanos = System.nanoTime() - pinged;
                roster().alive(link.id, pinged);
            }
            case COMPUTER_TABLE -> roster().tableReceived(WireMapping.fromWire(header.getComputerTable()), link.id);
            case ASSIGN_REQUEST -> roster().assignRequested(link.id, header.getAssignRequest());
            case ASSIGN_REPLY -> roster().assignReplied(header.getAssignReply());
            case UNREACHABLE -> roster().unreachableReported(link.id, header.getUnreachable());
            case GOODBYE -> onGoodbye(link, header.getGoodbye());
            default -> throw new MalformedFrameException(header.getBodyCase() + " between connected nodes");
        }
    }

    private void onGoodbye(PeerLink link, Goodbye goodbye) {
        link.leaving = true;
        disconnect(link, goodbye.getReason());
        if (goodbye.getRemoved()) {
            events.removed(goodbye.getReason());
        }
    }

    private void tick() {
        long now = System.nanoTime();
        long interval = config.pingInterval().toNanos();
        // A loop that stood still (SIGSTOP, a suspended machine) finds its timer due before what came meanwhile.
        // What stopped it may have stopped its peers, too, and not only once: none of that time counts for silence.
        if (now - lastTickNanos > 2 * interval) {
            stoodStillUntil = now;
        }
        lastTickNanos = now;
        for (PeerLink link : new ArrayList<>(links.values())) {
            long silent = now - link.connection.lastReceivedNanos();
            if (Math.min(silent, now - stoodStillUntil) > leaseNanos) {
                // Others may take its place from now on. Should it wake up, it must not carry on as if it were a
                // member.
                expel(link, "silent for longer than its lease of " + leaseNanos / 1_000_000 + " ms");
            } else if (silent >= interval / 2) {
                ping(link.id);
            }
        }
        roster().tick(now);
    }

    private void ping(int id) {
        PeerLink link = links.get(id);
        if (link != null) {
            Ping ping = Ping.newBuilder().setNanos(System.nanoTime()).build();
            link.connection.send(WireHeader.PING_FIELD_NUMBER, ping, Payload.EMPTY);
        }
    }

    /** What the roster does with connections. */
    private final class RosterLinks implements Roster.Links {

        @Override
        public boolean isConnected(int id) {
            return links.containsKey(id);
        }

        @Override
        public void send(int id, int bodyField, MessageLite body) {
            PeerLink link = links.get(id);
            if (link != null) {
                link.connection.send(bodyField, body, Payload.EMPTY);
            }
        }

        @Override
        public void sendToAll(int bodyField, MessageLite body) {
            for (PeerLink link : links.values()) {
                link.connection.send(bodyField, body, Payload.EMPTY);
            }
        }

        @Override
        public void ping(int id) {
            TcpPeerNetwork.this.ping(id);
        }

        @Override
        public void tableChanged(ComputerTable table) {
            for (PeerLink link : new ArrayList<>(links.values())) {
                Computer row = table.get(link.id);
                if (row == null || row.epoch() != link.epoch) {
                    expel(link, "removed from the computer table");
                }
            }
            for (int id : List.copyOf(dialling.keySet())) {
                if (table.get(id) == null) {
                    Promise<Void> gone = dialling.remove(id);
                    if (gone != null) {
                        gone.tryComplete();
                    }
                }
            }
            events.table(table);
            doorkeeper.reconsider();
        }

        @Override
        public void removed(String reason) {
            events.removed(reason);
        }
    }

    /** What the doorkeeper sees of this node. */
    private final class Threshold implements Doorkeeper.House {

        @Override
        public Computer self() {
            return self;
        }

        @Override
        public boolean isOpen() {
            return open && !left;
        }

        @Override
        public boolean isMember(int id, long epoch) {
            Computer row = computers().get(id);
            return row != null && row.epoch() == epoch;
        }

        @Override
        public boolean isConnected(int id) {
            return links.containsKey(id);
        }

        @Override
        public ComputerTable table() {
            return computers();
        }

        @Override
        public void assign(Hello hello, Doorkeeper.AssignOutcome outcome) {
            roster().assign(hello, outcome);
        }

        @Override
        public void welcome(int id, long epoch, FrameConnection connection) {
            connect(id, epoch, connection);
        }

        @Override
        public void abandoned(int id, long epoch) {
            roster().connectionLost(id, epoch, "gone before it was let in", false);
        }
    }
}
