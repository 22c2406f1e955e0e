package org.hitotsu.forwarder.membership;

import io.vertx.core.Vertx;
import io.vertx.core.net.NetSocket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.hitotsu.forwarder.wire.FrameConnection;
import org.hitotsu.forwarder.wire.FrameFormat;
import org.hitotsu.forwarder.wire.MalformedFrameException;
import org.hitotsu.forwarder.wire.Payload;
import org.hitotsu.forwarder.wire.WireStats;
import org.hitotsu.forwarder.wire.proto.Hello;
import org.hitotsu.forwarder.wire.proto.HelloReply;
import org.hitotsu.forwarder.wire.proto.Refused;
import org.hitotsu.forwarder.wire.proto.WireHeader;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Receives whoever connects, and lets in those who may come. Accessed from the event loop only.
 *
 * <p>A greeting with id 0 is a newcomer's: it gets an id from the coordinator. One with an id is a member's which opens
 * its connection to this node; it must be in the table. The coordinator's table and the new member's greeting come on
 * different connections, so the greeting may be first: it is held until the row is there, and refused if it does not
 * come in time.
 */
final class Doorkeeper {

    private static final Logger log = LoggerFactory.getLogger(Doorkeeper.class);

    /**
     * On a loopback address each user of the computer may knock, and has room for a greeting before it is known who it is. A member
     * that is turned away dials again.
     */
    private static final int MAX_NEAR_VISITORS = 64;

    /** What the doorkeeper needs of the node it stands at. */
    interface House {

        /** This node's row, with id 0 before it has one. */
        Computer self();

        /** Whether members may be let in already. */
        boolean isOpen();

        /** Whether this incarnation is in the table. */
        boolean isMember(int id, long epoch);

        /** Whether there is a connection to this node already. */
        boolean isConnected(int id);

        /** The table to send along with a welcome. */
        ComputerTable table();

        /** Asks the coordinator for an id; the answer comes on the event loop, perhaps before this returns. */
        void assign(Hello hello, AssignOutcome outcome);

        /** Takes over a connection: its handlers are to be set before this returns. */
        void welcome(int id, long epoch, FrameConnection connection);

        /** A newcomer was given {@code id} but has gone before it could be told. */
        void abandoned(int id, long epoch);
    }

    /** The coordinator's answer; one of the two is called, once. */
    interface AssignOutcome {
        void assigned(int id);

        void refused(Refused refused);
    }

    private final Vertx vertx;
    private final House house;
    private final Duration patience;
    private final WireStats stats;
    private final List<Visitor> waiting = new ArrayList<>();
    /** Who have connected within this computer and are not let in, refused or gone. */
    private int nearVisitors;

    private boolean crowded;

    /**
     * @param patience how long a visitor may take to greet, and how long a greeting is held
     * @param stats what to count into
     */
    Doorkeeper(Vertx vertx, House house, Duration patience, WireStats stats) {
        this.stats = stats;
        this.vertx = vertx;
        this.house = house;
        this.patience = patience;
    }

    /** Someone has connected. */
    void knock(NetSocket socket) {
        boolean near = LocalPeer.isNear(socket.localAddress(), socket.remoteAddress());
        if (near && nearVisitors >= MAX_NEAR_VISITORS) {
            if (!crowded) {
                log.warn("visitors from this computer are turned away: {} wait to be let in", nearVisitors);
            }
            crowded = true;
            socket.close();
            return;
        }
        new Visitor(new FrameConnection(socket, FrameFormat.MAX_GREETING_BYTES, stats), near);
    }

    /** The house has opened or the table has changed: looks again at the greetings that are held. */
    void reconsider() {
        for (Visitor visitor : new ArrayList<>(waiting)) {
            visitor.consider();
        }
    }

    private static Refused refusal(Refused.Reason reason, String cause, String remedy) {
        return Refused.newBuilder()
                .setReason(reason)
                .setCause(cause)
                .setRemedy(remedy)
                .build();
    }

    private final class Visitor {

        private final FrameConnection connection;
        private final boolean near;
        private final long timer;
        private Hello hello = Hello.getDefaultInstance();
        private boolean greeted;
        private boolean done;

        Visitor(FrameConnection connection, boolean near) {
            this.connection = connection;
            this.near = near;
            nearVisitors += near ? 1 : 0;
            this.timer = vertx.setTimer(patience.toMillis(), t -> timedOut());
            connection.onFrames(this::onFrame);
            connection.onClose(reason -> {
                if (finish()) {
                    log.info("visitor {}: gone before it was let in: {}", connection.remoteAddress(), reason);
                }
            });
        }

        private void onFrame(WireHeader header, byte[] frame, int payloadOffset, int payloadLength)
                throws MalformedFrameException {
            if (greeted || header.getBodyCase() != WireHeader.BodyCase.HELLO) {
                throw new MalformedFrameException(header.getBodyCase() + " where a greeting was due");
            }
            greeted = true;
            hello = header.getHello();
            // One visitor at a time, beside the loop: the more connections a computer has, the longer it takes.
            vertx.executeBlocking(() -> Optional.ofNullable(
                            LocalPeer.distrust(connection.localAddress(), connection.remoteAddress())))
                    .map(distrust -> distrust.map(Visitor::foreign).orElseGet(this::judge))
                    .onComplete(judged -> {
                        if (done) {
                            return;
                        }
                        if (judged.failed()) {
                            refuse(foreign(String.valueOf(judged.cause().getMessage())));
                        } else if (judged.result() != null) {
                            refuse(judged.result());
                        } else {
                            waiting.add(this);
                            consider();
                        }
                    });
        }

        private static Refused foreign(String distrust) {
            return refusal(
                    Refused.Reason.FOREIGN_USER,
                    "who connects is not trusted: " + distrust,
                    "start nodes of one computer as the same user");
        }

        private @Nullable Refused judge() {
            Computer self = house.self();
            // First, for the other fields may mean something else in another version.
            if (hello.getProtocolVersion() != FrameFormat.PROTOCOL_VERSION) {
                return refusal(
                        Refused.Reason.PROTOCOL_VERSION,
                        "it speaks protocol version " + FrameFormat.PROTOCOL_VERSION + ", this node "
                                + hello.getProtocolVersion(),
                        "install the same release of hitotsu on both");
            }
            if (hello.getEpoch() == self.epoch()) {
                return refusal(
                        Refused.Reason.SELF_JOIN,
                        "that is this node itself",
                        "give --join the address of another node, or leave it out to start a new cluster");
            }
            if (hello.getFeatures().getPageBytes() != self.features().pageBytes()) {
                return refusal(
                        Refused.Reason.PAGE_SIZE,
                        "its pages have " + self.features().pageBytes() + " bytes, this node's "
                                + hello.getFeatures().getPageBytes(),
                        "run nodes on kernels with the same page size");
            }
            if (hello.getIpAddr().isEmpty() || hello.getPort() < 1 || hello.getPort() > 65535) {
                return refusal(
                        Refused.Reason.MALFORMED,
                        "the greeting names no address to connect back to",
                        "give --listen an address that other nodes can reach");
            }
            return null;
        }

        /** Lets the visitor in if its time has come. */
        void consider() {
            if (done || !house.isOpen()) {
                return;
            }
            int id = hello.getNodeId();
            if (id == 0) {
                waiting.remove(this);
                house.assign(hello, new AssignOutcome() {
                    @Override
                    public void assigned(int newId) {
                        if (done) {
                            house.abandoned(newId, hello.getEpoch());
                        } else {
                            admit(newId);
                        }
                    }

                    @Override
                    public void refused(Refused refused) {
                        refuse(refused);
                    }
                });
            } else if (house.isMember(id, hello.getEpoch())) {
                if (house.isConnected(id)) {
                    refuse(refusal(
                            Refused.Reason.DUPLICATE_CONNECTION,
                            "there is a connection to node " + id + " already",
                            "wait until it is given up"));
                } else {
                    admit(id);
                }
            }
        }

        private void admit(int id) {
            finish();
            HelloReply reply = HelloReply.newBuilder()
                    .setProtocolVersion(FrameFormat.PROTOCOL_VERSION)
                    .setNodeId(id)
                    .setMemberId(house.self().id())
                    .setMemberEpoch(house.self().epoch())
                    .setComputers(WireMapping.toWire(house.table()))
                    .build();
            connection.send(WireHeader.HELLO_REPLY_FIELD_NUMBER, reply, Payload.EMPTY);
            connection.maxTotalBytes(FrameFormat.MAX_TOTAL_BYTES);
            house.welcome(id, hello.getEpoch(), connection);
        }

        private void refuse(Refused refused) {
            if (finish()) {
                log.warn("visitor {}: refused: {}", connection.remoteAddress(), refused.getCause());
                connection.send(WireHeader.REFUSED_FIELD_NUMBER, refused, Payload.EMPTY);
                connection.close();
            }
        }

        private void timedOut() {
            if (done) {
                return;
            }
            if (!greeted) {
                finish();
                log.info("visitor {}: no greeting within {} ms", connection.remoteAddress(), patience.toMillis());
                connection.close();
            } else if (hello.getNodeId() == 0) {
                refuse(refusal(
                        Refused.Reason.NO_COORDINATOR,
                        "the cluster's coordinator gave no id within " + patience.toMillis() + " ms",
                        "try again"));
            } else {
                refuse(refusal(
                        Refused.Reason.NOT_A_MEMBER,
                        "node " + hello.getNodeId() + " is not in its computer table",
                        "join again"));
            }
        }

        /** Whether this was not done before. */
        private boolean finish() {
            if (done) {
                return false;
            }
            done = true;
            nearVisitors -= near ? 1 : 0;
            crowded &= nearVisitors > 0;
            waiting.remove(this);
            vertx.cancelTimer(timer);
            return true;
        }
    }
}
