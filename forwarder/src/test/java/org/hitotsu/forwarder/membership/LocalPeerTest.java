package org.hitotsu.forwarder.membership;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.vertx.core.net.SocketAddress;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LocalPeerTest {

    private static @Nullable String distrust(Socket socket) {
        return LocalPeer.distrust(
                SocketAddress.inetSocketAddress((InetSocketAddress) socket.getLocalSocketAddress()),
                SocketAddress.inetSocketAddress((InetSocketAddress) socket.getRemoteSocketAddress()));
    }

    @ParameterizedTest
    @ValueSource(strings = {"127.0.0.1", "127.8.9.1", "::1"})
    void processOfTheSameUserIsTrustedAtBothEnds(String address) throws IOException {
        assumeThat(address.equals("::1") && !Files.exists(Path.of("/proc/net/tcp6")))
                .isFalse();
        try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getByName(address));
                Socket there = new Socket(server.getInetAddress(), server.getLocalPort());
                Socket here = server.accept()) {
            assertThat(distrust(here)).isNull();
            assertThat(distrust(there)).isNull();
        }
    }

    @Test
    void connectionThatIsClosedIsNotTrusted() throws IOException {
        try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"));
                Socket there = new Socket(server.getInetAddress(), server.getLocalPort());
                Socket here = server.accept()) {
            there.shutdownOutput();
            assertThat(distrust(here)).isEqualTo("it has closed the connection");
        }
    }

    @Test
    void processOfAnotherUserIsNotTrusted() throws Exception {
        assumeThat(Files.getAttribute(Path.of("/proc/self"), "unix:uid")).isEqualTo(0);
        try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
            Process other = new ProcessBuilder(
                            "setpriv",
                            "--reuid=65534",
                            "--regid=65534",
                            "--clear-groups",
                            "bash",
                            "-c",
                            "exec 3<>/dev/tcp/127.0.0.1/" + server.getLocalPort() + "; read -u 3")
                    .start();
            try (Socket here = server.accept()) {
                assertThat(distrust(here)).startsWith("it is a process of user 65534, this node is one of user 0");
            } finally {
                other.destroyForcibly().waitFor();
            }
        }
    }

    /** Whoever it is: no such connection is in the kernel's table. */
    @Test
    void connectionToLoopbackFromAnotherAddressIsLookedUp() {
        assertThat(LocalPeer.distrust(
                        SocketAddress.inetSocketAddress(7070, "127.0.0.1"),
                        SocketAddress.inetSocketAddress(7071, "192.0.2.2")))
                .isEqualTo("it has closed the connection");
    }

    @Test
    void otherComputersAreNotLookedUp() {
        assertThat(LocalPeer.distrust(
                        SocketAddress.inetSocketAddress(7070, "192.0.2.1"),
                        SocketAddress.inetSocketAddress(7070, "192.0.2.2")))
                .isNull();
    }
}
