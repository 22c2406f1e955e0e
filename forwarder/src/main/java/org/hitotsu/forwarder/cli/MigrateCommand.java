package org.hitotsu.forwarder.cli;

import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.util.concurrent.Callable;
import org.hitotsu.forwarder.admin.AdminClient;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/** {@code hitotsu migrate}. */
@Command(name = "migrate", description = "Moves a thread of a shared program, or all of them, to a node.")
final class MigrateCommand implements Callable<Integer> {

    /**
     * What to move.
     *
     * @param pid the program
     * @param tid one of its threads, or 0 for all
     */
    record Target(int pid, int tid) {}

    /** Parses {@code PID} and {@code PID/TID}. */
    static final class TargetConverter implements ITypeConverter<Target> {

        @Override
        public Target convert(String text) {
            String[] parts = text.split("/", -1);
            try {
                int pid = Integer.parseInt(parts[0]);
                int tid = parts.length > 1 ? Integer.parseInt(parts[1]) : 0;
                if (parts.length <= 2 && pid > 0 && (parts.length == 1 || tid > 0)) {
                    return new Target(pid, tid);
                }
            } catch (NumberFormatException e) {
                throw new TypeConversionException("\"" + text + "\" is neither PID nor PID/TID");
            }
            throw new TypeConversionException("\"" + text + "\" is neither PID nor PID/TID");
        }
    }

    @Mixin
    private SocketOption socket = new SocketOption();

    @Parameters(
            index = "0",
            paramLabel = "PID[/TID]",
            converter = TargetConverter.class,
            description = "the program, or one of its threads, as `hitotsu ps` lists them")
    private Target target = new Target(0, 0);

    @Parameters(index = "1", paramLabel = "NODE", description = "id or name of the node, as `hitotsu nodes` lists them")
    private String node = "";

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Override
    public Integer call() throws IOException {
        try (AdminClient daemon = socket.connect()) {
            int id = Daemons.nodeId(daemon, node);
            JsonObject request = new JsonObject().put("pid", target.pid).put("node", id);
            if (target.tid > 0) {
                request.put("tid", target.tid);
            }
            JsonObject answer = daemon.call("migrate", request);
            String what = target.tid > 0
                    ? "thread " + target.tid + " of program " + target.pid
                    : "program " + target.pid + ": its threads";
            spec.commandLine().getOut().println(answer.getString("message", what + " moved to node " + id));
        }
        return ExitCodes.OK;
    }
}
