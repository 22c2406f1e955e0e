package org.hitotsu.forwarder.membership;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.net.NetSocket;
import io.vertx.core.net.SocketAddress;
import java.lang.reflect.Proxy;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.hitotsu.forwarder.wire.FrameConnection;
import org.hitotsu.forwarder.wire.WireStats;
import org.hitotsu.forwarder.wire.proto.Hello;
import org.hitotsu.forwarder.wire.proto.HelloReply;
import org.hitotsu.forwarder.wire.proto.Refused;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class DiallerTest {
    private final Vertx vertx = Vertx.vertx();
    private final List<String> happened = new ArrayList<>();

    @AfterEach
    void close() throws Exception {
        TestNodes.await(vertx.close());
    }

    private final class Recorded implements Dialler.Outcome {
        @Override
        public void welcomed(FrameConnection connection, HelloReply reply) {
            happened.add("welcomed");
        }

        @Override
        public void refused(Refused refused) {
            happened.add("refused");
        }

        @Override
        public void unreachable(String cause) {
            happened.add("unreachable: " + cause);
        }
    }

    /** One that knows its ends, and what is done with it. */
    private NetSocket socket(SocketAddress local, SocketAddress remote) {
        return (NetSocket) Proxy.newProxyInstance(
                NetSocket.class.getClassLoader(), new Class<?>[] {NetSocket.class}, (proxy, method, arguments) -> {
                    switch (method.getName()) {
                        case "localAddress":
                            return local;
                        case "remoteAddress":
                            return remote;
                        default:
                            happened.add(method.getName());
                            return Future.succeededFuture();
                    }
                });
    }

    /** As the kernel makes one when it takes the port that nobody listens on for the end that connects. */
    @Test
    void connectionToItselfIsNone() throws Exception {
        Dialler dialler = new Dialler(vertx, Duration.ofSeconds(TestNodes.WAIT_SECONDS), new WireStats());
        InetAddress loopback = InetAddress.getByAddress("localhost", new byte[] {127, 0, 0, 1});
        try (Socket both = new Socket()) {
            both.bind(new InetSocketAddress("127.0.0.1", 0));
            both.connect(new InetSocketAddress(loopback, both.getLocalPort()));
            SocketAddress local = SocketAddress.inetSocketAddress((InetSocketAddress) both.getLocalSocketAddress());
            SocketAddress remote = SocketAddress.inetSocketAddress((InetSocketAddress) both.getRemoteSocketAddress());

            dialler.greet(socket(local, remote), Hello.getDefaultInstance(), new Recorded());
        }
        assertThat(happened).containsExactly("close", "unreachable: Connection refused");
    }
}
