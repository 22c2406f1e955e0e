package org.hitotsu.forwarder.cli;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.hitotsu.forwarder.admin.AdminClient;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code hitotsu share}. */
@Command(
        name = "share",
        description = "Brings a program that runs already on this computer under sharing, so that its threads can be"
                + " migrated. It goes on where it is, and stays its own parent's child.")
final class ShareCommand implements Callable<Integer> {

    @Mixin
    private SocketOption socket = new SocketOption();

    @Option(
            names = "--nodes",
            paramLabel = "LIST",
            split = ",",
            description = "nodes that may host new threads, ids or names separated by commas; default: all")
    private List<String> nodes = new ArrayList<>();

    @Option(
            names = "--place",
            paramLabel = "HOW",
            defaultValue = "none",
            description = "none: all threads stay until you migrate them; spread: new threads are moved over the nodes"
                    + " as they start; default: none")
    private RunCommand.Place place = RunCommand.Place.NONE;

    @Parameters(paramLabel = "PID", description = "the process")
    private int pid;

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Override
    public Integer call() throws IOException {
        try (AdminClient daemon = socket.connect()) {
            JsonArray ids = new JsonArray();
            for (String node : nodes) {
                ids.add(Integer.toString(Daemons.nodeId(daemon, node)));
            }
            daemon.call(
                    "share",
                    new JsonObject()
                            .put("pid", pid)
                            .put("nodes", ids)
                            .put("place", place.name().toLowerCase(Locale.ROOT)));
            spec.commandLine().getOut().println("process " + pid + ": is shared");
        }
        return ExitCodes.OK;
    }
}
