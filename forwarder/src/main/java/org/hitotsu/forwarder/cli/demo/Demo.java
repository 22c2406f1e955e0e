package org.hitotsu.forwarder.cli.demo;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.File;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.hitotsu.forwarder.admin.AdminClient;
import org.hitotsu.forwarder.cli.CliException;
import org.hitotsu.forwarder.cli.ExitCodes;
import org.jspecify.annotations.Nullable;

/**
 * Runs a program natively and on two nodes of this computer, and compares what it wrote.
 *
 * <p>Everything is done with the commands a user would type, and they are printed. Not thread-safe, except for {@link
 * #cleanUp}, which a shutdown hook may call.
 */
public final class Demo {

    private static final int THREADS = 4;
    private static final long POLL_MILLIS = 250;

    /**
     * How it went.
     *
     * @param program name of the program
     * @param identical whether both outputs are the same, byte for byte
     * @param outputBytes length of the native output
     * @param nativeNanos duration of the native run
     * @param sharedNanos duration of the run on two nodes
     * @param facts the origin's row of the program, or null if it knows none
     */
    public record Result(
            String program,
            boolean identical,
            long outputBytes,
            long nativeNanos,
            long sharedNanos,
            @Nullable JsonObject facts) {

        /** Whether a thread of it has run away from its origin: without that, identical outputs prove nothing. */
        public boolean moved() {
            return facts != null && facts.getLong("transplants", 0L) > 0;
        }
    }

    private final DemoProgram program;
    private final long bytes;
    private final boolean keep;
    private final long timeoutSeconds;
    private final ProgressLine progress;
    private final Launcher launcher = Launcher.ofThisProcess();
    private final Path directory;
    private final List<DemoNode> nodes = new ArrayList<>();
    private @Nullable Process running;
    private long lastPid;
    private boolean closed;

    /**
     * @param bytes size of the input
     * @param keep whether files are to stay
     * @param timeoutSeconds after which either run is given up
     * @param progress where to say what is done
     * @param terminal whether {@code progress} is a terminal, where one line can be written over
     * @throws IOException if there is no room for files
     */
    public Demo(
            DemoProgram program, long bytes, boolean keep, long timeoutSeconds, PrintWriter progress, boolean terminal)
            throws IOException {
        this.program = program;
        this.bytes = bytes;
        this.keep = keep;
        this.timeoutSeconds = timeoutSeconds;
        this.progress = new ProgressLine(progress, terminal);
        this.directory = Files.createTempDirectory("hitotsu-demo-");
    }

    /**
     * Does it.
     *
     * @throws IOException if a node or the program can't be started or watched
     * @throws CliException if the program fails
     */
    public Result run() throws IOException, InterruptedException {
        Path input = directory.resolve("input");
        program.makeInput(input, bytes);
        progress.say("input: " + (Files.size(input) >> 10) + " KiB in " + input);
        List<String> command = program.command(input, THREADS);

        Path nativeOutput = directory.resolve("output-native");
        progress.say("$ " + String.join(" ", command) + " > " + nativeOutput);
        long nativeNanos = timed(command, nativeOutput, null);

        DemoNode origin = startNode("demo-1", null);
        startNode("demo-2", origin.address());

        Path sharedOutput = directory.resolve("output-shared");
        List<String> arguments =
                new ArrayList<>(List.of("run", "--socket", socket("demo-1").toString(), "--"));
        arguments.addAll(command);
        progress.say("$ hitotsu " + String.join(" ", arguments) + " > " + sharedOutput);
        long sharedNanos;
        JsonObject facts;
        try (AdminClient daemon = AdminClient.connect(socket("demo-1"))) {
            sharedNanos = timed(launcher.command(arguments), sharedOutput, daemon);
            facts = facts(daemon, lastPid);
        }
        boolean identical = Files.mismatch(nativeOutput, sharedOutput) < 0;
        return new Result(command.get(0), identical, Files.size(nativeOutput), nativeNanos, sharedNanos, facts);
    }

    private Path socket(String name) {
        return directory.resolve(name + ".sock");
    }

    private DemoNode startNode(String name, @Nullable String join) throws IOException {
        List<String> arguments = new ArrayList<>(List.of(
                "node",
                "--listen",
                "127.0.0.1:0",
                "--name",
                name,
                "--socket",
                socket(name).toString()));
        if (join != null) {
            arguments.add("--join");
            arguments.add(join);
        }
        progress.say("$ hitotsu " + String.join(" ", arguments) + " &");
        DemoNode node = DemoNode.start(launcher.command(arguments), directory.resolve(name + ".log"));
        synchronized (this) {
            nodes.add(node);
            if (closed) {
                node.close();
            }
        }
        progress.say("node " + node.id() + " is ready on " + node.address());
        return node;
    }

    /** Runs a command to its end and returns how long it took, in ns. */
    private long timed(List<String> command, Path output, @Nullable AdminClient daemon)
            throws IOException, InterruptedException {
        Path errors = directory.resolve(output.getFileName() + ".stderr");
        long start = System.nanoTime();
        Process process = new ProcessBuilder(command)
                .redirectInput(new File("/dev/null"))
                .redirectOutput(output.toFile())
                .redirectError(errors.toFile())
                .start();
        synchronized (this) {
            running = process;
        }
        lastPid = process.pid();
        try {
            while (!process.waitFor(POLL_MILLIS, TimeUnit.MILLISECONDS)) {
                long seconds = (System.nanoTime() - start) / 1_000_000_000L;
                if (seconds > timeoutSeconds) {
                    throw new CliException(
                            ExitCodes.FAILURE,
                            program.executable() + ": has not ended after " + timeoutSeconds
                                    + " s; give it longer with --timeout, less to do with --size, or look at what the"
                                    + " nodes said with --keep");
                }
                if (daemon != null) {
                    watch(daemon, start, output);
                }
            }
        } finally {
            process.destroyForcibly();
            synchronized (this) {
                running = null;
            }
        }
        long nanos = System.nanoTime() - start;
        progress.end();
        if (process.exitValue() != 0) {
            List<String> said = Files.readAllLines(errors);
            throw new CliException(
                    ExitCodes.FAILURE,
                    program.executable() + ": exited with " + process.exitValue() + ": "
                            + (said.isEmpty() ? "it said nothing" : said.get(said.size() - 1))
                            + "; what the nodes said is in " + directory + " with --keep");
        }
        return nanos;
    }

    private void watch(AdminClient daemon, long start, Path output) throws IOException {
        JsonObject facts = facts(daemon, lastPid);
        if (facts == null) {
            return;
        }
        JsonArray threads = facts.getJsonArray("threads", new JsonArray());
        int away = 0;
        for (int i = 0; i < threads.size(); i++) {
            if (!facts.getInteger("origin").equals(threads.getJsonObject(i).getInteger("node"))) {
                away++;
            }
        }
        long pages = facts.getLong("pagesIn", 0L) + facts.getLong("pagesOut", 0L);
        progress.update(String.format(
                Locale.ROOT,
                "%5.1f s: %d of %d threads on node 2, %d syscalls forwarded, %d pages moved, %d KiB written",
                (System.nanoTime() - start) / 1e9,
                away,
                threads.size(),
                facts.getLong("syscallsForwarded", 0L),
                pages,
                Files.size(output) >> 10));
    }

    private static @Nullable JsonObject facts(AdminClient daemon, long pid) throws IOException {
        JsonArray programs =
                daemon.call("programs", new JsonObject().put("all", true)).getJsonArray("programs", new JsonArray());
        for (int i = 0; i < programs.size(); i++) {
            JsonObject facts = programs.getJsonObject(i);
            if (facts.getLong("pid") == pid) {
                return facts;
            }
        }
        return null;
    }

    /** Stops what the demo has started and removes its files, unless they are to stay. */
    public synchronized void cleanUp() throws IOException {
        if (closed) {
            return;
        }
        closed = true;
        Process process = running;
        if (process != null) {
            process.destroyForcibly();
        }
        // The newest first: a node that joined leaves before the one it joined.
        for (int i = nodes.size() - 1; i >= 0; i--) {
            nodes.get(i).close();
        }
        if (keep) {
            progress.say("files are in " + directory);
            return;
        }
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        }
    }
}
