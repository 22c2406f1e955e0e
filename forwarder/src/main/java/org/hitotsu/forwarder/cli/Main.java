package org.hitotsu.forwarder.cli;

import java.io.OutputStreamWriter;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import org.hitotsu.forwarder.admin.AdminException;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IExecutionExceptionHandler;
import picocli.CommandLine.IParameterExceptionHandler;

/** The {@code hitotsu} command. */
@Command(
        name = "hitotsu",
        description = "Runs one unmodified multithreaded program on several computers.",
        synopsisSubcommandLabel = "COMMAND",
        subcommands = {
            NodeCommand.class,
            RunCommand.class,
            PsCommand.class,
            NodesCommand.class,
            MigrateCommand.class,
            ShareCommand.class,
            ReleaseCommand.class,
            CheckCommand.class,
            DemoCommand.class,
            VersionCommand.class,
            CommandLine.HelpCommand.class
        })
public final class Main {

    private Main() {}

    /** Runs the command and exits with its code. */
    public static void main(String[] args) {
        // Addresses are resolved before Vert.x sees them; its own resolver would open a UDP socket on every interface.
        System.setProperty("vertx.disableDnsResolver", "true");
        System.setProperty("vertx.logger-delegate-factory-class-name", "io.vertx.core.logging.SLF4JLogDelegateFactory");
        if (args.length == 0 || !args[0].equals("node")) {
            // The log is the daemon's. Other commands say what they have to say themselves.
            System.setProperty("hitotsu.log", "error");
        }
        PrintWriter out = new PrintWriter(new OutputStreamWriter(System.out, StandardCharsets.UTF_8), true);
        PrintWriter err = new PrintWriter(new OutputStreamWriter(System.err, StandardCharsets.UTF_8), true);
        System.exit(run(out, err, args));
    }

    /** Runs the command; {@code run} returns only if it fails. */
    static int run(PrintWriter out, PrintWriter err, String... args) {
        CommandLine commandLine = new CommandLine(new Main())
                .setOut(out)
                .setErr(err)
                .setExpandAtFiles(false)
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setExecutionExceptionHandler(FAILURE)
                .setParameterExceptionHandler(MISUSE);
        CommandLine run = commandLine.getSubcommands().get("run");
        if (run != null) {
            // What follows the program's name is the program's.
            run.setStopAtPositional(true);
        }
        if (args.length == 0) {
            commandLine.usage(err);
            return ExitCodes.USAGE;
        }
        return commandLine.execute(args);
    }

    private static final IExecutionExceptionHandler FAILURE = (e, commandLine, parsed) -> {
        String text = e.getMessage() != null ? e.getMessage() : e.toString();
        commandLine.getErr().println("hitotsu: " + text);
        if (e instanceof CliException failure) {
            return failure.exitCode();
        }
        boolean running = commandLine.getCommandName().equals("run");
        if (e instanceof AdminException refused) {
            return refused.exitCode();
        }
        if (e instanceof RuntimeException && System.getenv("HITOTSU_LOG") != null) {
            e.printStackTrace(commandLine.getErr());
        }
        return running ? ExitCodes.RUN_FAILURE : ExitCodes.FAILURE;
    };

    private static final IParameterExceptionHandler MISUSE = (e, args) -> {
        CommandLine commandLine = e.getCommandLine();
        String name = commandLine.getCommandName();
        boolean top = name.equals("hitotsu");
        String message = String.valueOf(e.getMessage());
        String text = message.substring(0, 1).toLowerCase(Locale.ROOT) + message.substring(1);
        commandLine
                .getErr()
                .println("hitotsu: " + (top ? "" : name + ": ") + text.replace('\n', ' ') + "; see `hitotsu help"
                        + (top ? "" : " " + name) + "`");
        return ExitCodes.USAGE;
    };
}
