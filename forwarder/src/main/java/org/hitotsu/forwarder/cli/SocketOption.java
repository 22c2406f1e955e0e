package org.hitotsu.forwarder.cli;

import java.nio.file.Path;
import org.hitotsu.forwarder.admin.AdminClient;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The option of every command that asks a daemon. */
final class SocketOption {

    @Option(
            names = {"-s", "--socket"},
            paramLabel = "PATH",
            description = "administration socket of the node to ask; default: HITOTSU_SOCKET, else the only node that"
                    + " runs on this machine")
    private @Nullable Path socket;

    /** Connects to the daemon that is meant. */
    AdminClient connect() {
        return Daemons.connect(socket, System.getenv());
    }
}
