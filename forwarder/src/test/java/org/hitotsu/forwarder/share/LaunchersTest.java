package org.hitotsu.forwarder.share;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import org.junit.jupiter.api.Test;

class LaunchersTest {
    private final Launchers launchers = new Launchers();

    private static Process process() throws IOException {
        return new ProcessBuilder("sleep", "100").start();
    }

    @Test
    void oneThatEndsBeforeItComesIsToldOfOnce() throws Exception {
        Process first = process();
        Process second = process();
        try {
            launchers.await(7, (int) first.pid());
            launchers.await(8, (int) second.pid());
            assertThat(launchers.lost()).isEmpty();
            first.destroyForcibly().waitFor();
            assertThat(launchers.lost()).containsExactly(7L);
            assertThat(launchers.lost()).isEmpty();
        } finally {
            first.destroyForcibly().waitFor();
            second.destroyForcibly().waitFor();
        }
    }

    @Test
    void oneThatHasComeIsNotToldOf() throws Exception {
        Process process = process();
        launchers.await(7, (int) process.pid());
        launchers.came(7);
        process.destroyForcibly().waitFor();
        assertThat(launchers.lost()).isEmpty();
    }
}
