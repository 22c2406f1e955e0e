package org.hitotsu.forwarder.cli;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.hitotsu.forwarder.cli.demo.Demo;
import org.hitotsu.forwarder.cli.demo.DemoProgram;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code hitotsu demo}. */
@Command(
        name = "demo",
        description = "Starts two nodes on this computer, runs a program natively and on both of them, and compares the"
                + " results. Exits with 0 only if they are identical and threads have run on both nodes.",
        showDefaultValues = true)
final class DemoCommand implements Callable<Integer> {

    @Option(
            names = "--program",
            paramLabel = "NAME",
            defaultValue = "pigz",
            description = "pigz, primesieve, xz, zstd or povray")
    private DemoProgram program = DemoProgram.PIGZ;

    @Option(names = "--size", paramLabel = "MiB", defaultValue = "64", description = "size of the compressors' input")
    private int size = 64;

    @Option(names = "--timeout", paramLabel = "S", defaultValue = "900", description = "seconds either run may take")
    private int timeout = 900;

    @Option(names = "--keep", description = "leave input, outputs and logs behind")
    private boolean keep;

    @Option(names = "--json", description = "print the result as JSON; what is done goes to stderr")
    private boolean json;

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Override
    public Integer call() throws IOException, InterruptedException {
        if (size < 1 || size > 4096) {
            throw new CliException(
                    ExitCodes.USAGE, "--size " + size + ": is not between 1 and 4096 MiB; give one that is");
        }
        ProgramFile.find(program.executable(), System.getenv("PATH"));
        PrintWriter err = spec.commandLine().getErr();
        Demo demo = new Demo(program, (long) size << 20, keep, timeout, err, stderrIsTerminal());
        // For Ctrl-C; a second clean-up does nothing.
        Runtime.getRuntime().addShutdownHook(new Thread(() -> cleanUp(demo, err), "demo-clean-up"));
        Demo.Result result;
        try {
            result = demo.run();
        } finally {
            demo.cleanUp();
        }
        PrintWriter out = spec.commandLine().getOut();
        if (json) {
            out.println(json(result).encodePrettily());
        } else {
            print(out, result);
        }
        return result.identical() && result.moved() ? ExitCodes.OK : ExitCodes.FAILURE;
    }

    private static void cleanUp(Demo demo, PrintWriter err) {
        try {
            demo.cleanUp();
        } catch (IOException e) {
            err.println("hitotsu: demo: files could not be removed: " + e.getMessage());
        }
    }

    private static boolean stderrIsTerminal() throws IOException {
        // Not the file it leads to: for a pipe there is none.
        String target = Files.readSymbolicLink(Path.of("/proc/self/fd/2")).toString();
        return target.startsWith("/dev/pts/") || target.startsWith("/dev/tty");
    }

    static JsonObject json(Demo.Result result) {
        return new JsonObject()
                .put("program", result.program())
                .put("identical", result.identical())
                .put("moved", result.moved())
                .put("outputBytes", result.outputBytes())
                .put("nativeMs", result.nativeNanos() / 1_000_000)
                .put("sharedMs", result.sharedNanos() / 1_000_000)
                .put("facts", result.facts());
    }

    static void print(PrintWriter out, Demo.Result result) {
        JsonObject facts = result.facts();
        out.println();
        if (facts == null) {
            out.println("the origin knows nothing of this program: its threads were not moved");
        } else {
            TextTable threads = new TextTable("THREAD", "NAME", "RAN ON NODES", "FAULTS>", "SYSCALLS>");
            for (JsonObject row : PsCommand.threads(facts)) {
                threads.row(
                        row.getInteger("tid"),
                        row.getString("name", ""),
                        visited(row),
                        row.getLong("faults", 0L),
                        row.getLong("syscalls", 0L));
            }
            threads.print(out);
            out.println();
            out.println("syscalls forwarded  " + facts.getLong("syscallsForwarded", 0L));
            out.println("pages moved         " + facts.getLong("pagesOut", 0L) + " out, " + facts.getLong("pagesIn", 0L)
                    + " in");
            out.println("threads moved       " + facts.getLong("transplants", 0L) + ", home again by reason: "
                    + facts.getJsonObject("homecomings", new JsonObject()).encode());
        }
        out.println("time natively       " + seconds(result.nativeNanos()));
        out.println("time on two nodes   " + seconds(result.sharedNanos()));
        out.println("result              "
                + (result.identical()
                        ? "identical, " + result.outputBytes() + " bytes"
                                + (result.moved() ? "" : "; but NO THREAD HAS LEFT its origin, which proves nothing")
                        : "DIFFERENT: the outputs are not the same"));
    }

    private static String visited(JsonObject thread) {
        JsonArray ids = thread.getJsonArray("nodesVisited");
        if (ids == null || ids.isEmpty()) {
            return String.valueOf(thread.getInteger("node"));
        }
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < ids.size(); i++) {
            text.append(i == 0 ? "" : ",").append(ids.getInteger(i));
        }
        return text.toString();
    }

    private static String seconds(long nanos) {
        return String.format(Locale.ROOT, "%.2f s", nanos / 1e9);
    }
}
