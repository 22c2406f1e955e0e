package org.hitotsu.forwarder.cli;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.hitotsu.forwarder.admin.AdminClient;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code hitotsu ps}. */
@Command(
        name = "ps",
        description = "Lists the shared programs and where each of their threads runs. NODE in a program's line is its"
                + " origin.")
final class PsCommand implements Callable<Integer> {

    @Mixin
    private SocketOption socket = new SocketOption();

    @Option(
            names = {"-a", "--all"},
            description = "also programs that have ended lately")
    private boolean all;

    @Option(names = "--json", description = "print what the node says, as JSON")
    private boolean json;

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Override
    public Integer call() throws IOException {
        try (AdminClient daemon = socket.connect()) {
            JsonObject answer = all
                    ? daemon.call("programs", new JsonObject().put("all", true))
                    : daemon.call("ps", new JsonObject());
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
        TextTable table = new TextTable("PID", "TID>", "NODE>", "STATE", "FAULTS>", "SYSCALLS>", "TIME>", "COMMAND");
        JsonArray programs = answer.getJsonArray("programs", new JsonArray());
        for (int i = 0; i < programs.size(); i++) {
            JsonObject program = programs.getJsonObject(i);
            Integer exit = program.getInteger("exit");
            List<JsonObject> threads = threads(program);
            long faults = 0;
            for (JsonObject thread : threads) {
                faults += thread.getLong("faults", 0L);
            }
            table.row(
                    program.getInteger("pid"),
                    "",
                    program.getInteger("origin"),
                    program.getString("state") + (exit == null ? "" : " " + exit),
                    faults,
                    program.getLong("syscallsForwarded", 0L),
                    String.format(Locale.ROOT, "%.1f s", program.getLong("elapsedMs", 0L) / 1000.0),
                    command(program));
            for (JsonObject thread : threads) {
                table.row(
                        "",
                        thread.getInteger("tid"),
                        thread.getInteger("node"),
                        thread.getString("state"),
                        thread.getLong("faults", 0L),
                        thread.getLong("syscalls", 0L),
                        "",
                        "  " + thread.getString("name", ""));
            }
        }
        table.print(out);
    }

    /** A program's threads, the oldest first as far as their ids tell. */
    static List<JsonObject> threads(JsonObject program) {
        JsonArray rows = program.getJsonArray("threads", new JsonArray());
        List<JsonObject> threads = new ArrayList<>();
        for (int i = 0; i < rows.size(); i++) {
            threads.add(rows.getJsonObject(i));
        }
        threads.sort(Comparator.comparingInt(thread -> thread.getInteger("tid", 0)));
        return threads;
    }

    /** A program's command line, whether it comes as a string or as its words. */
    static String command(JsonObject program) {
        Object command = program.getValue("command");
        if (command instanceof JsonArray words) {
            StringBuilder text = new StringBuilder();
            for (int i = 0; i < words.size(); i++) {
                text.append(i == 0 ? "" : " ").append(words.getString(i));
            }
            return text.toString();
        }
        return String.valueOf(command);
    }
}
