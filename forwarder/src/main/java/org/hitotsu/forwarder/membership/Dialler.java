package org.hitotsu.forwarder.membership;

import io.vertx.core.Vertx;
import io.vertx.core.net.NetClient;
import io.vertx.core.net.NetClientOptions;
import io.vertx.core.net.NetSocket;
import io.vertx.core.net.SocketAddress;
import java.time.Duration;
import java.util.Objects;
import org.hitotsu.forwarder.config.HostPort;
import org.hitotsu.forwarder.wire.FrameConnection;
import org.hitotsu.forwarder.wire.FrameFormat;
import org.hitotsu.forwarder.wire.MalformedFrameException;
import org.hitotsu.forwarder.wire.Payload;
import org.hitotsu.forwarder.wire.WireStats;
import org.hitotsu.forwarder.wire.proto.Hello;
import org.hitotsu.forwarder.wire.proto.HelloReply;
import org.hitotsu.forwarder.wire.proto.Refused;
import org.hitotsu.forwarder.wire.proto.WireHeader;

/** Opens connections to members and greets them. Accessed from the event loop only. */
final class Dialler {

    /** How one attempt ended; exactly one method is called, once, on the event loop. */
    interface Outcome {

        /**
         * The member has let this node in. To set the connection's handlers before it returns: the member's next frames
         * may be behind the reply in the same read.
         */
        void welcomed(FrameConnection connection, HelloReply reply);

        /** The member has answered and said no. */
        void refused(Refused refused);

        /** There was no usable answer. */
        void unreachable(String cause);
    }

    private final Vertx vertx;
    private final NetClient client;
    private final Duration timeout;
    private final WireStats stats;

    /**
     * @param timeout for connecting, and again for the answer
     * @param stats what to count into
     */
    Dialler(Vertx vertx, Duration timeout, WireStats stats) {
        this.stats = stats;
        this.vertx = vertx;
        this.timeout = timeout;
        this.client = vertx.createNetClient(new NetClientOptions()
                .setTcpNoDelay(true)
                .setConnectTimeout(Math.toIntExact(timeout.toMillis()))
                .setReconnectAttempts(0));
    }

    /** Connects to {@code address} and says {@code hello}. */
    void dial(HostPort address, Hello hello, Outcome outcome) {
        client.connect(address.port(), address.host()).onComplete(connected -> {
            if (connected.failed()) {
                outcome.unreachable(Causes.shortCause(connected.cause()));
            } else {
                greet(connected.result(), hello, outcome);
            }
        });
    }

    /** Says {@code hello} on a connection that has come about. */
    void greet(NetSocket socket, Hello hello, Outcome outcome) {
        if (isToItself(socket)) {
            socket.close();
            outcome.unreachable("Connection refused");
            return;
        }
        new Attempt(new FrameConnection(socket, FrameFormat.MAX_TOTAL_BYTES, stats), outcome).greet(hello);
    }

    /**
     * Whether both ends are one. Where nobody listens on a port of this machine, the kernel may take that very port for the
     * end that connects, and the connection is opened from both sides at once (RFC 9293, 3.5).
     */
    private static boolean isToItself(NetSocket socket) {
        SocketAddress local = socket.localAddress();
        SocketAddress remote = socket.remoteAddress();
        // Not equals(): one of them may have a name.
        return local.port() == remote.port() && Objects.equals(local.hostAddress(), remote.hostAddress());
    }

    void close() {
        client.close();
    }

    /** Waits for the answer on one connection. */
    private final class Attempt {

        private final FrameConnection connection;
        private final Outcome outcome;
        private final long timer;
        private boolean answered;

        Attempt(FrameConnection connection, Outcome outcome) {
            this.connection = connection;
            this.outcome = outcome;
            this.timer = vertx.setTimer(timeout.toMillis(), t -> {
                if (!answered) {
                    connection.close();
                    failed("connected, but no answer within " + timeout.toMillis() + " ms");
                }
            });
        }

        void greet(Hello hello) {
            connection.onFrames(this::onFrame);
            connection.onClose(this::failed);
            connection.send(WireHeader.HELLO_FIELD_NUMBER, hello, Payload.EMPTY);
        }

        private void failed(String cause) {
            if (!answered) {
                answered = true;
                vertx.cancelTimer(timer);
                outcome.unreachable(cause);
            }
        }

        private void onFrame(WireHeader header, byte[] frame, int payloadOffset, int payloadLength)
                throws MalformedFrameException {
            switch (header.getBodyCase()) {
                case HELLO_REPLY -> {
                    String distrust = LocalPeer.distrust(connection.localAddress(), connection.remoteAddress());
                    if (distrust != null) {
                        connection.close();
                        failed("who listens there is not trusted: " + distrust);
                        return;
                    }
                    answer();
                    outcome.welcomed(connection, header.getHelloReply());
                }
                case REFUSED -> {
                    answer();
                    connection.close();
                    outcome.refused(header.getRefused());
                }
                default -> throw new MalformedFrameException(header.getBodyCase() + " in answer to a greeting");
            }
        }

        private void answer() {
            answered = true;
            vertx.cancelTimer(timer);
        }
    }
}
