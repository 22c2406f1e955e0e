package org.hitotsu.forwarder.cli;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.hitotsu.forwarder.admin.AdminClient;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code hitotsu nodes}. */
@Command(name = "nodes", description = "Lists the nodes of the cluster.")
final class NodesCommand implements Callable<Integer> {

    @Mixin
    private SocketOption socket = new SocketOption();

    @Option(names = "--json", description = "print what the node says, as JSON")
    private boolean json;

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Override
    public Integer call() throws IOException {
        try (AdminClient daemon = socket.connect()) {
            JsonObject answer = daemon.call("nodes", new JsonObject());
            PrintWriter out = spec.commandLine().getOut();
            if (json) {
                out.println(answer.encodePrettily());
            } else {
                print(answer, out);
            }
        }
        return ExitCodes.OK;
    }

    static void print(JsonObject answer, PrintWriter out) {
        TextTable table =
                new TextTable("NODE>", "NAME", "ADDRESS", "STATE", "CPUS>", "RTT µs>", "BACK-ENDS", "KERNEL", "NOTE");
        JsonArray nodes = answer.getJsonArray("nodes", new JsonArray());
        for (int i = 0; i < nodes.size(); i++) {
            JsonObject node = nodes.getJsonObject(i);
            Long roundTrip = node.getLong("roundTripNanos");
            String obstacle = node.getString("obstacle");
            table.row(
                    node.getInteger("id"),
                    node.getString("name"),
                    node.getString("address"),
                    node.getString("state"),
                    node.getInteger("cpus"),
                    roundTrip == null ? "-" : String.format(Locale.ROOT, "%.0f", roundTrip / 1000.0),
                    joined(node.getJsonArray("backends", new JsonArray())),
                    node.getString("kernel"),
                    obstacle == null ? "" : "can't host programs from here: " + obstacle);
        }
        table.print(out);
    }

    static String joined(JsonArray words) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < words.size(); i++) {
            text.append(i == 0 ? "" : ",").append(words.getString(i));
        }
        return text.isEmpty() ? "-" : text.toString();
    }
}
