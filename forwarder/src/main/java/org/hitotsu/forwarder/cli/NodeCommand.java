package org.hitotsu.forwarder.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.hitotsu.forwarder.NodeDaemon;
import org.hitotsu.forwarder.admin.AdminProtocol;
import org.hitotsu.forwarder.config.BackendChoice;
import org.hitotsu.forwarder.config.Durations;
import org.hitotsu.forwarder.config.HostPort;
import org.hitotsu.forwarder.config.NodeConfig;
import org.hitotsu.forwarder.membership.JoinException;
import org.hitotsu.forwarder.nativecall.Urgency;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/** {@code hitotsu node}. */
@Command(
        name = "node",
        description = "Makes this computer a node, until SIGTERM or Ctrl-C. Says one line on stdout when it is ready.",
        showDefaultValues = true)
final class NodeCommand implements Callable<Integer> {

    private static final long STOP_SECONDS = 20;

    @Option(
            names = "--listen",
            paramLabel = "ADDR:PORT",
            converter = HostPortConverter.class,
            defaultValue = "127.0.0.1:7070",
            description = "where other nodes connect to; port 0 takes a free one")
    private HostPort listen = NodeConfig.DEFAULT_LISTEN;

    @Option(
            names = "--join",
            paramLabel = "HOST:PORT",
            converter = HostPortConverter.class,
            description = "any node of the cluster to join; without it this node starts a new one")
    private @Nullable HostPort join;

    @Option(
            names = "--join-timeout",
            paramLabel = "TIME",
            converter = DurationConverter.class,
            defaultValue = "30s",
            description = "how long to try again where nobody answers at that address; 0s: not at all")
    private Duration joinTimeout = NodeConfig.DEFAULT_JOIN_TIMEOUT;

    @Option(
            names = "--name",
            paramLabel = "NAME",
            description = "name of this node and of its socket; default: node-PORT")
    private @Nullable String name;

    @Option(names = "--cpus", paramLabel = "N", description = "processors to offer; default: all")
    private @Nullable Integer cpus;

    @Option(
            names = "--metrics",
            paramLabel = "ADDR:PORT",
            converter = HostPortConverter.class,
            defaultValue = "127.0.0.1:0",
            description = "where /metrics is served; port 0 takes a free one")
    private HostPort metrics = new HostPort("127.0.0.1", 0);

    @Option(
            names = {"-s", "--socket"},
            paramLabel = "PATH",
            description = "administration socket; default: HITOTSU_SOCKET, else /run/hitotsu/NAME.sock")
    private @Nullable Path socket;

    @Option(
            names = "--backend",
            defaultValue = "auto",
            description = "kernel back-end: ${COMPLETION-CANDIDATES}",
            completionCandidates = BackendNames.class)
    private BackendChoice backend = BackendChoice.AUTO;

    @Option(
            names = "--hold-time",
            paramLabel = "TIME",
            converter = DurationConverter.class,
            defaultValue = "500us",
            description = "how long a node may use a page before it is taken away; ns, us, ms, s")
    private Duration holdTime = NodeConfig.DEFAULT_HOLD_TIME;

    @Option(
            names = "--ping-interval",
            paramLabel = "TIME",
            converter = DurationConverter.class,
            defaultValue = "1s",
            description = "time between pings to a silent node")
    private Duration pingInterval = NodeConfig.DEFAULT_PING_INTERVAL;

    @Option(
            names = "--lease",
            paramLabel = "TIME",
            converter = DurationConverter.class,
            defaultValue = "5s",
            description = "how long a silent node is believed")
    private Duration lease = NodeConfig.DEFAULT_LEASE;

    @Option(
            names = "--insecure",
            description = "allow addresses that are not loopback, though connections are neither encrypted nor"
                    + " authenticated: whoever reaches them controls this computer")
    private boolean insecure;

    @Option(
            names = "--exit-when-ready",
            description = "stop again as soon as the node is ready: a trial of these options")
    private boolean exitWhenReady;

    @Option(names = "--foreground", description = "stay in the foreground, which is what it does anyway", hidden = true)
    @SuppressWarnings("unused") // there is no background, so there is nothing to decide
    private boolean foreground;

    @Spec
    private CommandSpec spec = CommandSpec.create();

    /** Lower-case names of the back-ends, for the help text. */
    static final class BackendNames extends ArrayList<String> {

        private static final long serialVersionUID = 1L;

        BackendNames() {
            super(List.of("auto", "stock", "patched"));
        }
    }

    /** Parses {@code ADDR:PORT}. */
    static final class HostPortConverter implements ITypeConverter<HostPort> {

        @Override
        public HostPort convert(String text) {
            try {
                return HostPort.parse(text);
            } catch (IllegalArgumentException e) {
                throw new TypeConversionException(e.getMessage());
            }
        }
    }

    /** Parses {@code 500us}. */
    static final class DurationConverter implements ITypeConverter<Duration> {

        @Override
        public Duration convert(String text) {
            try {
                return Durations.parse(text);
            } catch (IllegalArgumentException e) {
                throw new TypeConversionException(e.getMessage());
            }
        }
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        NodeConfig config = config(System.getenv());
        // Before the node's threads are started, for they take it over.
        if (!Urgency.raise()) {
            LoggerFactory.getLogger(NodeCommand.class)
                    .info(
                            "node: can't run before the programs' threads (CAP_SYS_NICE): slower where processors are busy");
        }
        NodeDaemon daemon = NodeDaemon.create(config);
        NodeDaemon.Ready ready;
        try {
            ready = daemon.start().toCompletionStage().toCompletableFuture().get();
        } catch (ExecutionException e) {
            Throwable cause = e.getCause();
            throw new CliException(
                    cause instanceof JoinException ? ExitCodes.UNREACHABLE : ExitCodes.FAILURE,
                    cause == null || cause.getMessage() == null ? String.valueOf(cause) : cause.getMessage());
        }
        Thread atSignal = new Thread(() -> stopAndHalt(daemon), "stop");
        Runtime.getRuntime().addShutdownHook(atSignal);
        PrintWriter out = spec.commandLine().getOut();
        out.println("hitotsu node " + ready.id() + " ready on " + ready.listen() + ", admin " + ready.socket()
                + ", metrics http://" + ready.metrics() + "/metrics");
        out.flush();
        if (exitWhenReady) {
            return ExitCodes.OK;
        }
        ServiceNotifier.send("READY=1", System.getenv());
        CliException end;
        try {
            end = new CliException(
                    ExitCodes.UNREACHABLE,
                    daemon.ended().toCompletionStage().toCompletableFuture().get());
        } catch (ExecutionException e) {
            end = new CliException(ExitCodes.FAILURE, String.valueOf(e.getCause()));
        }
        stop(daemon);
        leaveStatus(atSignal);
        throw end;
    }

    /** Has the hook not run at an exit that is none by signal: it would say that all was in order. */
    private static void leaveStatus(Thread atSignal) {
        try {
            Runtime.getRuntime().removeShutdownHook(atSignal);
        } catch (IllegalStateException running) {
            // A signal has come as well, and that is answered.
            LoggerFactory.getLogger(NodeCommand.class).debug("node: stopped by a signal, too");
        }
    }

    /** In a shutdown hook: the JVM would exit with 128 + SIGTERM, but an orderly stop is a success. */
    private static void stopAndHalt(NodeDaemon daemon) {
        ServiceNotifier.send("STOPPING=1", System.getenv());
        Runtime.getRuntime().halt(stop(daemon) ? ExitCodes.OK : ExitCodes.FAILURE);
    }

    private static boolean stop(NodeDaemon daemon) {
        Logger log = LoggerFactory.getLogger(NodeCommand.class);
        log.info("node: stopping");
        try {
            daemon.stop().toCompletionStage().toCompletableFuture().get(STOP_SECONDS, TimeUnit.SECONDS);
            log.info("node: stopped");
            return true;
        } catch (TimeoutException e) {
            log.error("node: did not stop within {} s, stopping {}", STOP_SECONDS, daemon.stoppingStage());
        } catch (ExecutionException e) {
            log.error("node: did not stop in order", e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return false;
    }

    NodeConfig config(Map<String, String> environment) {
        HostPort listenAt = resolve("--listen", listen);
        requireLoopback("--listen", listenAt);
        HostPort metricsAt = resolve("--metrics", metrics);
        requireLoopback("--metrics", metricsAt);
        HostPort member = join == null ? null : resolve("--join", join);
        if (member != null && isLoopback(listenAt) && !isLoopback(member)) {
            throw new CliException(
                    ExitCodes.USAGE,
                    "--listen " + listenAt + ": is loopback, which the node at " + member
                            + " can't connect back to; give an address that it reaches");
        }
        String called = name != null
                ? name
                : "node-"
                        + (listenAt.port() != 0
                                ? listenAt.port()
                                : ProcessHandle.current().pid());
        if (!called.matches("[A-Za-z0-9._-]{1,63}") || called.startsWith(".")) {
            throw new CliException(
                    ExitCodes.USAGE,
                    "--name " + called + ": is no name; use 1 to 63 letters, digits, '.', '_' or '-', not '.' first");
        }
        int offered = cpus != null ? cpus : Runtime.getRuntime().availableProcessors();
        if (offered < 1) {
            throw new CliException(ExitCodes.USAGE, "--cpus " + offered + ": offers nothing; give 1 or more");
        }
        if (pingInterval.isZero() || lease.compareTo(pingInterval.multipliedBy(2)) < 0) {
            throw new CliException(
                    ExitCodes.USAGE,
                    "--lease " + lease.toMillis() + "ms: is shorter than two ping intervals of "
                            + pingInterval.toMillis() + "ms; give a longer one");
        }
        Path socketAt = socket;
        String variable = environment.get(AdminProtocol.ENVIRONMENT);
        if (socketAt == null) {
            socketAt = variable != null && !variable.isEmpty() ? Path.of(variable) : AdminProtocol.socketOf(called);
        }
        return new NodeConfig(
                listenAt,
                member,
                joinTimeout,
                called,
                offered,
                metricsAt,
                socketAt.toAbsolutePath(),
                backend,
                holdTime,
                pingInterval,
                lease,
                insecure);
    }

    private static HostPort resolve(String option, HostPort address) {
        try {
            return new HostPort(InetAddress.getByName(address.host()).getHostAddress(), address.port());
        } catch (UnknownHostException e) {
            throw new CliException(
                    ExitCodes.UNREACHABLE,
                    option + " " + address + ": the name " + address.host()
                            + " has no address; give one that resolves");
        }
    }

    private static InetAddress literal(HostPort address) {
        try {
            return InetAddress.getByName(address.host());
        } catch (UnknownHostException e) {
            throw new IllegalStateException("a literal address needs no look-up", e);
        }
    }

    private static boolean isLoopback(HostPort address) {
        return literal(address).isLoopbackAddress();
    }

    private void requireLoopback(String option, HostPort address) {
        if (option.equals("--listen") && literal(address).isAnyLocalAddress()) {
            throw new CliException(
                    ExitCodes.USAGE,
                    "--listen " + address + ": stands for every address, but other nodes are told one to connect to;"
                            + " give the one they reach this computer at");
        }
        if (!insecure && !isLoopback(address)) {
            throw new CliException(
                    ExitCodes.USAGE,
                    option + " " + address + ": is not a loopback address, and connections are neither encrypted nor"
                            + " authenticated; use 127.0.0.1, or add --insecure if everyone who reaches that address"
                            + " may control this computer");
        }
    }
}
