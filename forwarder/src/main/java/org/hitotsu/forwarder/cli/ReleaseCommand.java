package org.hitotsu.forwarder.cli;

import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.util.concurrent.Callable;
import org.hitotsu.forwarder.admin.AdminClient;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code hitotsu release}. */
@Command(
        name = "release",
        description = "Lets a shared program go: all its threads come home, and it runs on without hitotsu.")
final class ReleaseCommand implements Callable<Integer> {

    @Mixin
    private SocketOption socket = new SocketOption();

    @Parameters(paramLabel = "PID", description = "the program, as `hitotsu ps` lists it")
    private int pid;

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Override
    public Integer call() throws IOException {
        try (AdminClient daemon = socket.connect()) {
            daemon.call("release", new JsonObject().put("pid", pid));
            spec.commandLine().getOut().println("process " + pid + ": is released");
        }
        return ExitCodes.OK;
    }
}
