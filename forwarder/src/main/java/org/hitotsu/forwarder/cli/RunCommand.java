package org.hitotsu.forwarder.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.ServiceLoader;
import java.util.concurrent.Callable;
import org.hitotsu.forwarder.ProgramStarter;
import org.hitotsu.forwarder.admin.AdminClient;
import org.hitotsu.forwarder.share.launch.LaunchOptions;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code hitotsu run}. */
@Command(
        name = "run",
        description = "Runs a program whose threads may be on any node. This process becomes the program: its pid,"
                + " descriptors, terminal and exit status are the program's.")
final class RunCommand implements Callable<Integer> {

    /** How threads are spread over the nodes. */
    enum Place {
        SPREAD,
        NONE
    }

    /** Which processors a program is told of. */
    enum Cpus {
        ORIGIN,
        ALL
    }

    @Mixin
    private SocketOption socket = new SocketOption();

    @Option(
            names = "--nodes",
            paramLabel = "LIST",
            split = ",",
            description = "nodes that may host threads, ids or names separated by commas; default: all")
    private List<String> nodes = new ArrayList<>();

    @Option(
            names = "--place",
            paramLabel = "HOW",
            defaultValue = "spread",
            description =
                    "spread: threads are moved over the nodes as they start; none: all stay until you migrate them")
    private Place place = Place.SPREAD;

    @Option(
            names = "--cpus",
            paramLabel = "WHICH",
            defaultValue = "origin",
            description = "how many processors the program is told of, for programs that start one thread for each."
                    + " origin: those of this computer; all: those of all nodes that may host threads, as they are"
                    + " now; default: origin")
    private Cpus cpus = Cpus.ORIGIN;

    @Parameters(paramLabel = "CMD ARGS", arity = "1..*", description = "the program and its arguments")
    private List<String> command = new ArrayList<>();

    @Override
    public Integer call() throws IOException {
        Path program = ProgramFile.find(command.get(0), System.getenv("PATH"));
        Path daemonSocket;
        List<String> ids = new ArrayList<>();
        try (AdminClient daemon = socket.connect()) {
            daemonSocket = daemon.path();
            for (String node : nodes) {
                ids.add(Integer.toString(Daemons.nodeId(daemon, node)));
            }
        }
        ProgramStarter starter = ServiceLoader.load(ProgramStarter.class)
                .findFirst()
                .orElseThrow(() -> new CliException(
                        ExitCodes.RUN_FAILURE, "run: this build can't share programs; install a complete one"));
        starter.exec(new LaunchOptions(
                daemonSocket,
                ids,
                place.name().toLowerCase(Locale.ROOT),
                cpus.name().toLowerCase(Locale.ROOT),
                program,
                command));
        throw new CliException(ExitCodes.RUN_FAILURE, program + ": was not started; see the daemon's log");
    }
}
