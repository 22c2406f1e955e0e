package org.hitotsu.forwarder.cli;

import java.util.concurrent.Callable;
import org.hitotsu.forwarder.wire.FrameFormat;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code hitotsu version}. */
@Command(name = "version", description = "Says which release this is, and which protocol it speaks.")
final class VersionCommand implements Callable<Integer> {

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Override
    public Integer call() {
        String release = Main.class.getPackage().getImplementationVersion();
        spec.commandLine()
                .getOut()
                .println("hitotsu " + (release != null ? release : "(not from a jar)") + ", protocol "
                        + FrameFormat.PROTOCOL_VERSION);
        return ExitCodes.OK;
    }
}
