package org.hitotsu.forwarder.backend.common;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import org.junit.jupiter.api.Test;

class CoreDumpTest {
    private static final int SIGHUP = 1;
    private static final int SIGQUIT = 3;
    private static final int SIGABRT = 6;
    private static final int SIGKILL = 9;
    private static final int SIGSEGV = 11;
    private static final int SIGCHLD = 17;
    private static final int SIGSYS = 31;

    /** What a test asks about a process that waits. */
    private interface Questions {
        void about(int pid);
    }

    /** @param before commands of a shell that becomes the process */
    private static void ask(String before, Questions questions) throws IOException {
        Process process = new ProcessBuilder("sh", "-c", before + "; echo; exec sleep 60").start();
        try {
            assumeThat(process.getInputStream().read()).as(before).isEqualTo('\n');
            questions.about((int) process.pid());
        } finally {
            process.destroyForcibly();
        }
    }

    @Test
    void wherePeopleWantNoneNoneFollows() throws IOException {
        ask("ulimit -c 0", pid -> {
            assertThat(CoreDump.isWanted(pid)).isFalse();
            assertThat(CoreDump.follows(pid, pid, SIGSEGV)).isFalse();
        });
    }

    @Test
    void oneFollowsOnSignalsWhoseDefaultActionItIs() throws IOException {
        ask("ulimit -c 8 || exit", pid -> {
            assertThat(CoreDump.isWanted(pid)).isTrue();
            for (int signal : new int[] {SIGQUIT, SIGABRT, SIGSEGV, SIGSYS}) {
                assertThat(CoreDump.follows(pid, pid, signal))
                        .as("signal %d", signal)
                        .isTrue();
            }
            for (int signal : new int[] {SIGHUP, SIGKILL, SIGCHLD, 32, 64}) {
                assertThat(CoreDump.follows(pid, pid, signal))
                        .as("signal %d", signal)
                        .isFalse();
            }
            assertThat(CoreDump.isUnderWay(pid)).isFalse();
        });
    }

    @Test
    void noneFollowsOnWhatIsIgnored() throws IOException {
        ask("ulimit -c 8 || exit; trap '' QUIT", pid -> {
            assertThat(CoreDump.follows(pid, pid, SIGQUIT)).isFalse();
            assertThat(CoreDump.follows(pid, pid, SIGABRT)).isTrue();
        });
    }

    @Test
    void noneFollowsInAProcessThatIsNot() {
        int nobody = Integer.MAX_VALUE;
        assertThat(CoreDump.isWanted(nobody)).isFalse();
        assertThat(CoreDump.follows(nobody, nobody, SIGSEGV)).isFalse();
        assertThat(CoreDump.isUnderWay(nobody)).isFalse();
    }
}
