package org.hitotsu.forwarder.cli;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.hitotsu.forwarder.admin.AdminClient;
import org.hitotsu.forwarder.admin.AdminProtocol;
import org.jspecify.annotations.Nullable;

/** Finds the daemon a command is for, and connects to it. */
final class Daemons {

    private Daemons() {}

    /**
     * Connects to the daemon the user means: the one named by {@code --socket}, else by HITOTSU_SOCKET, else the only one
     * that runs on this machine.
     *
     * @throws CliException if there is none or the choice is not clear
     */
    static AdminClient connect(@Nullable Path socketOption, Map<String, String> environment) {
        return connect(socketOption, environment, AdminProtocol.DIRECTORY);
    }

    static AdminClient connect(@Nullable Path socketOption, Map<String, String> environment, Path directory) {
        Path named = socketOption;
        String variable = environment.get(AdminProtocol.ENVIRONMENT);
        if (named == null && variable != null && !variable.isEmpty()) {
            named = Path.of(variable);
        }
        if (named != null) {
            try {
                return AdminClient.connect(named);
            } catch (IOException | UnsupportedOperationException e) {
                throw new CliException(
                        ExitCodes.NO_DAEMON,
                        "socket " + named + ": no node answers there: " + e.getMessage()
                                + "; start one with `hitotsu node --socket " + named + "`, or name another socket");
            }
        }
        return sole(directory);
    }

    private static AdminClient sole(Path directory) {
        List<AdminClient> running = new ArrayList<>();
        String denied = "";
        if (Files.isDirectory(directory)) {
            try (DirectoryStream<Path> sockets = Files.newDirectoryStream(directory, "*" + AdminProtocol.SUFFIX)) {
                for (Path socket : sockets) {
                    AdminClient client = connectIfServed(socket);
                    if (client != null) {
                        running.add(client);
                    }
                }
            } catch (IOException e) {
                denied = " (" + directory + " can't be read: run as root)";
            }
        }
        if (running.isEmpty()) {
            throw new CliException(
                    ExitCodes.NO_DAEMON,
                    "daemon: no node runs on this machine" + denied + "; start one with `hitotsu node`");
        }
        if (running.size() > 1) {
            List<String> names = new ArrayList<>();
            for (AdminClient client : running) {
                names.add(client.path().toString());
                close(client);
            }
            names.sort(null);
            throw new CliException(
                    ExitCodes.USAGE,
                    "daemon: several nodes run on this machine; choose one with --socket: " + String.join(", ", names));
        }
        return running.get(0);
    }

    private static @Nullable AdminClient connectIfServed(Path socket) {
        try {
            return AdminClient.connect(socket);
        } catch (IOException e) {
            // Left behind by a daemon that was killed.
            return null;
        }
    }

    private static void close(AdminClient client) {
        try {
            client.close();
        } catch (IOException e) {
            // Nothing was written: nothing can be lost.
            return;
        }
    }

    /**
     * The id of the node that {@code text}, an id or a name, stands for.
     *
     * @throws CliException if there is none, or several of that name
     */
    static int nodeId(AdminClient daemon, String text) throws IOException {
        JsonArray nodes = daemon.call("nodes", new JsonObject()).getJsonArray("nodes", new JsonArray());
        List<Integer> named = new ArrayList<>();
        List<String> known = new ArrayList<>();
        for (int i = 0; i < nodes.size(); i++) {
            JsonObject node = nodes.getJsonObject(i);
            int id = node.getInteger("id");
            String name = node.getString("name");
            if (text.equals(Integer.toString(id))) {
                return id;
            }
            if (text.equals(name)) {
                named.add(id);
            }
            known.add(id + " (" + name + ")");
        }
        if (named.size() == 1) {
            return named.get(0);
        }
        throw new CliException(
                ExitCodes.FAILURE,
                "node " + text + ": "
                        + (named.isEmpty()
                                ? "is not in the computer table; there are " + String.join(", ", known)
                                : "is the name of several; give an id of " + named));
    }
}
