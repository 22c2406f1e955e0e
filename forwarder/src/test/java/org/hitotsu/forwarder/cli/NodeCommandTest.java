package org.hitotsu.forwarder.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.hitotsu.forwarder.nativecall.Linux;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What a node's process ends with, of which a service manager decides whether to start it again. */
@Timeout(120)
class NodeCommandTest {
    private static final Pattern READY = Pattern.compile("ready on ([^,]+),");

    @TempDir
    private Path directory;

    private final List<Process> nodes = new ArrayList<>();

    @AfterEach
    void kill() throws Exception {
        for (Process node : nodes) {
            node.destroyForcibly().waitFor();
        }
    }

    private Process node(String name, String... more) throws IOException {
        List<String> words = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                Main.class.getName(),
                "node",
                "--name",
                name,
                "--listen",
                "127.0.0.1:0",
                "--socket",
                directory.resolve(name).toString(),
                "--ping-interval",
                "500ms",
                "--lease",
                "2s"));
        words.addAll(List.of(more));
        Process node = new ProcessBuilder(words)
                .redirectOutput(output(name).toFile())
                .redirectError(errors(name).toFile())
                .start();
        nodes.add(node);
        return node;
    }

    private Path output(String name) {
        return directory.resolve(name + ".out");
    }

    private Path errors(String name) {
        return directory.resolve(name + ".err");
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private String address(String name) {
        await().atMost(60, TimeUnit.SECONDS)
                .untilAsserted(() -> assertThat(read(output(name))).containsPattern(READY));
        Matcher ready = READY.matcher(read(output(name)));
        assertThat(ready.find()).isTrue();
        return ready.group(1);
    }

    @Test
    void removedNodeFailsAndStoppedNodeDoesNot() throws Exception {
        Process first = node("first");
        Process second = node("second", "--join", address("first"));
        address("second");
        Linux.kill((int) second.pid(), Linux.SIGSTOP);
        await().atMost(30, TimeUnit.SECONDS)
                .untilAsserted(() -> assertThat(read(errors("first"))).contains("silent for longer than its lease"));
        Linux.kill((int) second.pid(), Linux.SIGCONT);
        assertThat(second.waitFor()).as(() -> read(errors("second"))).isEqualTo(ExitCodes.UNREACHABLE);
        assertThat(read(errors("second"))).contains("start it again to rejoin");
        first.destroy();
        assertThat(first.waitFor()).as(() -> read(errors("first"))).isEqualTo(ExitCodes.OK);
    }
}
