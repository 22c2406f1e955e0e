package org.hitotsu.forwarder.admin;

import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonObject;
import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.function.Consumer;

/** The command line's end of the administration socket: blocking, one request at a time. Not thread-safe. */
public final class AdminClient implements Closeable {

    private final SocketChannel channel;
    private final Path path;
    private final ByteBuffer input = ByteBuffer.allocate(64 << 10).flip();
    private long nextId = 1;

    private AdminClient(SocketChannel channel, Path path) {
        this.channel = channel;
        this.path = path;
    }

    /**
     * Connects to the daemon at {@code path}.
     *
     * @throws IOException if nobody listens there
     */
    public static AdminClient connect(Path path) throws IOException {
        SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
        try {
            channel.connect(UnixDomainSocketAddress.of(path));
        } catch (IOException | RuntimeException e) {
            channel.close();
            throw e;
        }
        return new AdminClient(channel, path);
    }

    /**
     * Sends a command and waits for its final reply; events before it are dropped.
     *
     * @param members the command's own members
     * @return the result
     * @throws AdminException if the daemon answers with an error
     * @throws IOException if the connection breaks
     */
    public JsonObject call(String command, JsonObject members) throws IOException {
        return call(command, members, event -> {});
    }

    /**
     * Sends a command and waits for its final reply.
     *
     * @param members the command's own members
     * @param events is given, on this thread, each object that comes before the final reply
     * @return the result
     * @throws AdminException if the daemon answers with an error
     * @throws IOException if the connection breaks
     */
    public JsonObject call(String command, JsonObject members, Consumer<JsonObject> events) throws IOException {
        long id = nextId++;
        JsonObject request = members.copy().put(AdminProtocol.COMMAND, command).put(AdminProtocol.ID, id);
        ByteBuffer line = ByteBuffer.wrap((request.encode() + "\n").getBytes(StandardCharsets.UTF_8));
        while (line.hasRemaining()) {
            channel.write(line);
        }
        while (true) {
            JsonObject object = read();
            if (!object.getBoolean(AdminProtocol.FINAL, false)) {
                events.accept(object);
                continue;
            }
            JsonObject error = object.getJsonObject(AdminProtocol.ERROR);
            if (error != null) {
                throw new AdminException(
                        error.getInteger(AdminProtocol.EXIT, AdminProtocol.EXIT_FAILURE),
                        error.getString(AdminProtocol.MESSAGE, "daemon: gave no reason; see its log"));
            }
            return object.getJsonObject(AdminProtocol.RESULT, new JsonObject());
        }
    }

    private JsonObject read() throws IOException {
        ByteArrayOutputStream line = new ByteArrayOutputStream(256);
        while (true) {
            while (input.hasRemaining()) {
                byte b = input.get();
                if (b == '\n') {
                    try {
                        return new JsonObject(line.toString(StandardCharsets.UTF_8));
                    } catch (DecodeException e) {
                        throw new IOException("socket " + path + ": what came is no JSON object", e);
                    }
                }
                line.write(b);
            }
            input.clear();
            int n = channel.read(input);
            input.flip();
            if (n < 0) {
                throw new IOException("socket " + path + ": the daemon has closed the connection");
            }
        }
    }

    /** The socket this is connected to. */
    public Path path() {
        return path;
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
