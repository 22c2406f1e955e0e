package org.hitotsu.forwarder.admin;

import io.netty.channel.Channel;
import io.netty.channel.epoll.EpollDomainSocketChannel;
import io.netty.channel.unix.PeerCredentials;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.internal.net.NetSocketInternal;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonObject;
import io.vertx.core.net.NetServer;
import io.vertx.core.net.NetSocket;
import io.vertx.core.net.SocketAddress;
import io.vertx.core.parsetools.RecordParser;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The daemon's end of the administration socket.
 *
 * <p>Only root and the daemon's own user are served, whatever the permissions of the socket's directory. All state is
 * accessed from the event loop only.
 */
public final class AdminServer implements AdminService {

    private static final Logger log = LoggerFactory.getLogger(AdminServer.class);

    private final Vertx vertx;
    private final Path path;
    private final int ownUid;
    private final Map<String, AdminHandler> handlers = new HashMap<>();
    private final List<Client> clients = new ArrayList<>();
    private @Nullable NetServer server;

    /** @param path where the socket is to be */
    public AdminServer(Vertx vertx, Path path) throws IOException {
        this.vertx = vertx;
        this.path = path;
        this.ownUid = (Integer) Files.getAttribute(Path.of("/proc/self"), "unix:uid");
    }

    @Override
    public void register(String command, AdminHandler handler) {
        if (handlers.putIfAbsent(command, handler) != null) {
            throw new IllegalStateException("the command \"" + command + "\" has a handler already");
        }
    }

    /**
     * Makes room for the socket: its directory, and no stale socket of a daemon that is gone. Does file work; not for the
     * event loop.
     *
     * @throws IOException with a message for the user, {@code THING: CAUSE; REMEDY}
     */
    public static void prepare(Path path) throws IOException {
        if (path.toString().getBytes(java.nio.charset.StandardCharsets.UTF_8).length > AdminProtocol.MAX_PATH_BYTES) {
            throw new IOException("socket " + path + ": path is longer than " + AdminProtocol.MAX_PATH_BYTES
                    + " bytes; give a shorter one with --socket");
        }
        Path directory = path.toAbsolutePath().getParent();
        try {
            if (directory != null && !Files.isDirectory(directory)) {
                Files.createDirectories(
                        directory, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
            }
        } catch (IOException e) {
            throw new IOException(
                    "directory " + directory + ": can't be made: " + reason(e)
                            + "; run as root, or choose another place with --socket",
                    e);
        }
        if (Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
            if (!Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS)
                    .isOther()) {
                throw new IOException("socket " + path + ": is no socket; choose another place with --socket");
            }
            try (SocketChannel probe = SocketChannel.open(StandardProtocolFamily.UNIX)) {
                probe.connect(UnixDomainSocketAddress.of(path));
                throw new AlreadyServed(path);
            } catch (AlreadyServed e) {
                throw e;
            } catch (IOException refused) {
                // Nobody listens: left behind by a daemon that was killed.
                Files.delete(path);
            }
        }
    }

    private static final class AlreadyServed extends IOException {

        private static final long serialVersionUID = 1L;

        AlreadyServed(Path path) {
            super("socket " + path + ": another node answers there; stop it, or give this one another --name");
        }
    }

    private static String reason(IOException e) {
        if (e instanceof java.nio.file.AccessDeniedException) {
            return "permission denied";
        }
        String message = e.getMessage();
        return message != null ? message : e.toString();
    }

    /** Opens the socket. */
    public Future<Void> start() {
        NetServer listening = vertx.createNetServer().connectHandler(this::accept);
        server = listening;
        return listening
                .listen(SocketAddress.domainSocketAddress(path.toString()))
                .compose(s -> vertx.fileSystem().chmod(path.toString(), "rw-------"))
                .recover(e -> Future.failedFuture(new IOException(
                        "socket " + path + ": can't be opened: " + e.getMessage() + "; choose another with --socket",
                        e)));
    }

    /** Closes the socket and its connections, and removes its file. */
    public Future<Void> stop() {
        NetServer listening = server;
        if (listening == null) {
            return Future.succeededFuture();
        }
        // Closing the server would cut the connections at once; a client that asked for the stop is to get its answer.
        List<Future<Void>> flushed = new ArrayList<>();
        for (Client client : List.copyOf(clients)) {
            flushed.add(client.socket.end());
        }
        return Future.join(flushed)
                .otherwiseEmpty()
                .compose(v -> listening.close())
                .compose(v -> vertx.fileSystem().delete(path.toString()).otherwiseEmpty());
    }

    private void accept(NetSocket socket) {
        int pid = -1;
        int uid = -1;
        Channel channel = ((NetSocketInternal) socket).channelHandlerContext().channel();
        if (channel instanceof EpollDomainSocketChannel unix) {
            try {
                PeerCredentials peer = unix.peerCredentials();
                pid = peer.pid();
                uid = peer.uid();
            } catch (IOException e) {
                log.warn("admin client: no peer credentials", e);
            }
        }
        if (uid != 0 && uid != ownUid) {
            log.warn("admin client with pid {}: uid {} is neither root nor this daemon's {}", pid, uid, ownUid);
            socket.close();
            return;
        }
        clients.add(new Client(socket, pid, uid));
    }

    private final class Client implements AdminConnection {

        private final NetSocket socket;
        private final int pid;
        private final int uid;
        private final List<Runnable> closeListeners = new ArrayList<>();
        private boolean closed;

        Client(NetSocket socket, int pid, int uid) {
            this.socket = socket;
            this.pid = pid;
            this.uid = uid;
            RecordParser lines =
                    RecordParser.newDelimited("\n", this::onLine).maxRecordSize(AdminProtocol.MAX_LINE_BYTES);
            lines.exceptionHandler(e -> {
                log.warn("admin client with pid {}: {}", pid, e.getMessage());
                socket.close();
            });
            socket.handler(lines);
            socket.exceptionHandler(e -> log.debug("admin client with pid {}: {}", pid, e.toString()));
            socket.closeHandler(v -> onClosed());
        }

        private void onLine(Buffer line) {
            if (line.length() == 0) {
                return;
            }
            JsonObject request;
            try {
                request = new JsonObject(line);
            } catch (DecodeException e) {
                fail(
                        null,
                        new AdminException(AdminProtocol.EXIT_FAILURE, "request: is no JSON object; send one a line"));
                return;
            }
            Object id = request.getValue(AdminProtocol.ID);
            Object command = request.getValue(AdminProtocol.COMMAND);
            AdminHandler handler = command instanceof String name ? handlers.get(name) : null;
            if (handler == null) {
                fail(
                        id,
                        new AdminException(
                                AdminProtocol.EXIT_FAILURE,
                                "command " + command
                                        + ": this node does not know it; use the same release on both sides"));
                return;
            }
            Future<JsonObject> result;
            try {
                result = handler.handle(request, this);
            } catch (RuntimeException e) {
                result = Future.failedFuture(e);
            }
            result.onComplete(done -> {
                if (done.succeeded()) {
                    JsonObject body = done.result();
                    reply(id, new JsonObject().put(AdminProtocol.RESULT, body != null ? body : new JsonObject()));
                } else {
                    if (!(done.cause() instanceof AdminException)) {
                        log.error("command {}: failed", command, done.cause());
                    }
                    fail(id, done.cause());
                }
            });
        }

        private void fail(@Nullable Object id, Throwable cause) {
            int exit = cause instanceof AdminException e ? e.exitCode() : AdminProtocol.EXIT_FAILURE;
            String message = cause.getMessage() != null ? cause.getMessage() : cause.toString();
            reply(
                    id,
                    new JsonObject()
                            .put(
                                    AdminProtocol.ERROR,
                                    new JsonObject()
                                            .put(AdminProtocol.MESSAGE, message)
                                            .put(AdminProtocol.EXIT, exit)));
        }

        private void reply(@Nullable Object id, JsonObject outcome) {
            send(outcome.put(AdminProtocol.ID, id).put(AdminProtocol.FINAL, true));
        }

        @Override
        public void send(JsonObject object) {
            if (!closed) {
                socket.write(object.toBuffer().appendByte((byte) '\n'));
            }
        }

        @Override
        public void onClose(Runnable listener) {
            if (closed) {
                listener.run();
            } else {
                closeListeners.add(listener);
            }
        }

        @Override
        public void close() {
            socket.end();
        }

        @Override
        public int peerPid() {
            return pid;
        }

        @Override
        public int peerUid() {
            return uid;
        }

        private void onClosed() {
            closed = true;
            clients.remove(this);
            closeListeners.forEach(Runnable::run);
            closeListeners.clear();
        }
    }
}
