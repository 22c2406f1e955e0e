package org.hitotsu.forwarder.membership;

import io.vertx.core.net.SocketAddress;
import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Locale;
import org.hitotsu.forwarder.nativecall.ProcFiles;
import org.jspecify.annotations.Nullable;

/**
 * Who is at the other end of a connection within this computer. Loopback addresses are open to all its users, and a member of
 * the cluster has the rights of a node: so one of another user is none. By /proc/net/tcp (proc(5)), which names the user of each
 * socket. Any thread; reads a file that grows with the computer's connections.
 */
final class LocalPeer {
    private static final String ESTABLISHED = "01";
    private static final int WORD = 4;
    /** Columns of a line of /proc/net/tcp, separated by spaces. */
    private static final int LOCAL = 1;

    private static final int REMOTE = 2;
    private static final int STATE = 3;
    private static final int UID = 7;

    private LocalPeer() {}

    /**
     * What is wrong with the other end; null if nothing is, or if neither end is at a loopback address.
     *
     * <p>To be called when it has sent something: before it has accepted a connection the kernel names no user, and one that is
     * closed already has none any more, which is refused.
     */
    static @Nullable String distrust(SocketAddress local, SocketAddress remote) {
        try {
            if (!isNear(local, remote)) {
                return null;
            }
            InetAddress there = InetAddress.getByName(remote.hostAddress());
            InetAddress here = InetAddress.getByName(local.hostAddress());
            String uid = userOf(there.getAddress(), remote.port(), here.getAddress(), local.port());
            if (uid == null) {
                // The kernel lists its sockets piece by piece, and may pass over one while others close.
                uid = userOf(there.getAddress(), remote.port(), here.getAddress(), local.port());
            }
            String own = String.valueOf(Files.getAttribute(Path.of("/proc/self"), "unix:uid"));
            if (uid == null) {
                return "it has closed the connection";
            }
            return uid.equals(own) ? null : "it is a process of user " + uid + ", this node is one of user " + own;
        } catch (IOException e) {
            return "its user can't be found: " + e.getMessage();
        }
    }

    /** Whether an end of a connection is at a loopback address, which is reached from this computer alone. */
    static boolean isNear(SocketAddress local, SocketAddress remote) {
        // One is enough: who connects to a loopback address may do so from another address of the same computer.
        return isLoopback(local) || isLoopback(remote);
    }

    private static boolean isLoopback(SocketAddress end) {
        try {
            // Addresses, never names: nothing is looked up.
            return InetAddress.getByName(end.hostAddress()).isLoopbackAddress();
        } catch (UnknownHostException e) {
            return false;
        }
    }

    private static @Nullable String userOf(byte[] local, int localPort, byte[] remote, int remotePort)
            throws IOException {
        String user = userIn("tcp", endpoint(local, localPort), endpoint(remote, remotePort));
        return user != null || !Files.exists(Path.of("/proc/net/tcp6"))
                ? user
                : userIn("tcp6", endpoint(mapped(local), localPort), endpoint(mapped(remote), remotePort));
    }

    private static @Nullable String userIn(String table, String local, String remote) throws IOException {
        for (String line : ProcFiles.lines(Path.of("/proc/net/" + table))) {
            String[] words = line.strip().split("\\s+");
            if (words.length > UID
                    && words[LOCAL].equals(local)
                    && words[REMOTE].equals(remote)
                    && words[STATE].equals(ESTABLISHED)) {
                return words[UID];
            }
        }
        return null;
    }

    /** RFC 4291, 2.5.5.2: what a socket of both versions shows of an address of version 4. */
    private static byte[] mapped(byte[] address) {
        if (address.length != WORD) {
            return address;
        }
        byte[] whole = new byte[16];
        Arrays.fill(whole, 10, 12, (byte) 0xff);
        System.arraycopy(address, 0, whole, 12, WORD);
        return whole;
    }

    /** As the kernel writes it: words of the address as numbers of the computer's own byte order. */
    private static String endpoint(byte[] address, int port) {
        ByteBuffer bytes = ByteBuffer.wrap(address);
        StringBuilder text = new StringBuilder();
        while (bytes.hasRemaining()) {
            text.append(HexFormat.of()
                    .withUpperCase()
                    .toHexDigits(bytes.order(ByteOrder.nativeOrder()).getInt()));
        }
        return text.append(String.format(Locale.ROOT, ":%04X", port)).toString();
    }
}
