package org.hitotsu.forwarder.membership;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vertx.core.Context;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import org.hitotsu.forwarder.config.HostPort;
import org.hitotsu.forwarder.wire.FrameConnection;
import org.hitotsu.forwarder.wire.FrameFormat;
import org.hitotsu.forwarder.wire.Payload;
import org.hitotsu.forwarder.wire.WireStats;
import org.hitotsu.forwarder.wire.proto.Hello;
import org.hitotsu.forwarder.wire.proto.HelloReply;
import org.hitotsu.forwarder.wire.proto.WireHeader;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class JoinAttemptsTest {
    private static final Duration LONG = Duration.ofSeconds(TestNodes.WAIT_SECONDS);

    private final Vertx vertx = Vertx.vertx();
    private final Context loop = vertx.getOrCreateContext();

    @AfterEach
    void close() throws Exception {
        TestNodes.await(vertx.close());
    }

    /** The member has let it in, and learns by the end of the connection that nobody comes. */
    @Test
    void oneThatIsStoppedWhileItIsGreetedDoesNotJoin() throws Exception {
        Promise<FrameConnection> greeted = Promise.promise();
        Promise<String> closed = Promise.promise();
        AtomicBoolean welcomed = new AtomicBoolean();
        Promise<JoinAttempts> attempts = Promise.promise();
        Promise<Void> joined = Promise.promise();
        loop.runOnContext(v -> vertx.createNetServer()
                .connectHandler(socket -> {
                    FrameConnection visitor =
                            new FrameConnection(socket, FrameFormat.MAX_GREETING_BYTES, new WireStats());
                    visitor.onFrames((header, frame, offset, length) -> greeted.complete(visitor));
                    visitor.onClose(closed::complete);
                })
                .listen(0, "127.0.0.1")
                .onSuccess(server -> {
                    JoinAttempts joining = new JoinAttempts(
                            vertx,
                            new Dialler(vertx, LONG, new WireStats()),
                            new HostPort("127.0.0.1", server.actualPort()),
                            LONG,
                            Hello.getDefaultInstance(),
                            (connection, reply) -> welcomed.set(true));
                    joining.begin().onComplete(joined);
                    attempts.complete(joining);
                }));
        FrameConnection visitor = TestNodes.await(greeted.future());
        JoinAttempts joining = TestNodes.await(attempts.future());

        loop.runOnContext(v -> {
            joining.stop();
            visitor.send(WireHeader.HELLO_REPLY_FIELD_NUMBER, HelloReply.getDefaultInstance(), Payload.EMPTY);
        });

        assertThatThrownBy(() -> TestNodes.await(joined.future()))
                .hasCauseInstanceOf(JoinException.class)
                .hasMessageContaining("not joined, as this node stops");
        assertThat(TestNodes.await(closed.future())).isEqualTo("connection closed by the other end");
        assertThat(welcomed).isFalse();
    }
}
