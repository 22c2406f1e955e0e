package org.hitotsu.forwarder.backend.stock;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class MoreDescriptorsTest {

    private final Process process;

    MoreDescriptorsTest() throws Exception {
        process = new ProcessBuilder("/bin/sh", "-c", "ulimit -S -n 20; echo; exec cat").start();
        assertThat(process.getInputStream().read()).isEqualTo('\n');
    }

    @AfterEach
    void end() {
        process.destroyForcibly();
    }

    /** Soft and hard. */
    private List<String> limits() throws Exception {
        for (String line : Files.readAllLines(Path.of("/proc/" + process.pid() + "/limits"))) {
            if (line.startsWith("Max open files")) {
                return List.of(line.substring("Max open files".length()).strip().split("\\s+"))
                        .subList(0, 2);
            }
        }
        throw new AssertionError("no limit of open files");
    }

    @Test
    void raisesTheLimitUntilItIsClosed() throws Exception {
        List<String> before = limits();
        try (MoreDescriptors more = new MoreDescriptors((int) process.pid())) {
            assertThat(Long.parseLong(limits().get(0)))
                    .isGreaterThan(20)
                    .isGreaterThanOrEqualTo(Long.parseLong(before.get(1)));
        }
        assertThat(limits()).isEqualTo(before);
    }

    @Test
    void raisesItForGood() throws Exception {
        MoreDescriptors.forGood((int) process.pid());
        assertThat(Long.parseLong(limits().get(0))).isGreaterThan(20);
    }
}
