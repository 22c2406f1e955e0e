package org.hitotsu.forwarder.cli.demo;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A node the demo has started, as a process of its own. */
final class DemoNode implements AutoCloseable {

    private static final Pattern READY = Pattern.compile("hitotsu node (\\d+) ready on (\\S+), admin .*");
    private static final long STOP_SECONDS = 25;

    private final Process process;
    private final Path log;
    private final int id;
    private final String address;

    private DemoNode(Process process, Path log, int id, String address) {
        this.process = process;
        this.log = log;
        this.id = id;
        this.address = address;
    }

    /**
     * Starts {@code command} and waits until it says that it is ready.
     *
     * @param log file for what it says on stderr
     * @throws IOException if it ends instead; the message has its last words
     */
    static DemoNode start(List<String> command, Path log) throws IOException {
        Process process =
                new ProcessBuilder(command).redirectError(log.toFile()).start();
        process.getOutputStream().close();
        BufferedReader lines =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            Matcher ready = READY.matcher(line);
            if (ready.matches()) {
                return new DemoNode(process, log, Integer.parseInt(ready.group(1)), ready.group(2));
            }
        }
        process.destroyForcibly();
        throw new IOException("node: did not start: " + lastWords(log) + "; run `hitotsu check`");
    }

    private static String lastWords(Path log) throws IOException {
        List<String> said = Files.readAllLines(log);
        for (int i = said.size() - 1; i >= 0; i--) {
            if (said.get(i).startsWith("hitotsu: ")) {
                return said.get(i).substring("hitotsu: ".length());
            }
        }
        return said.isEmpty() ? "it said nothing" : said.get(said.size() - 1);
    }

    int id() {
        return id;
    }

    /** Where other nodes connect to. */
    String address() {
        return address;
    }

    /** What the node has said on stderr. */
    Path log() {
        return log;
    }

    boolean isAlive() {
        return process.isAlive();
    }

    /** Stops the node in order, or by force if that takes too long. */
    @Override
    public void close() {
        process.destroy();
        try {
            if (!process.waitFor(STOP_SECONDS, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }
}
