package org.hitotsu.forwarder.backend.common;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;
import static org.awaitility.Awaitility.await;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

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
            assertThat(CoreDump.isUnderWay(pid, pid)).isFalse();
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
    void whetherTheyGoToAnotherProgramIsSaidByThePattern() throws IOException {
        assertThat(CoreDump.arePiped("|/usr/share/apport/apport -p%p -s%s\n")).isTrue();
        assertThat(CoreDump.arePiped("/var/crash/|core\n")).isFalse();
        assertThat(CoreDump.arePiped("core\n")).isFalse();
        assertThat(CoreDump.arePiped("\n")).isFalse();
        assertThat(CoreDump.arePiped())
                .isEqualTo(CoreDump.arePiped(Files.readString(Path.of("/proc/sys/kernel/core_pattern"))));
    }

    @Test
    void noneFollowsInAProcessThatIsNot() {
        int nobody = Integer.MAX_VALUE;
        assertThat(CoreDump.isWanted(nobody)).isFalse();
        assertThat(CoreDump.follows(nobody, nobody, SIGSEGV)).isFalse();
        assertThat(CoreDump.isUnderWay(nobody, nobody)).isFalse();
    }

    /** Its memory is large and empty, so that it takes the kernel seconds to look for pages, and the file no room. */
    private static final String DIES_BEHIND_MAIN = """
            #include <pthread.h>
            #include <stdio.h>
            #include <stdlib.h>
            #include <sys/mman.h>
            #include <unistd.h>
            static void *dies(void *memory)
            {
                *(volatile char *)memory = 1;
                printf("%d\\n", gettid());
                fflush(stdout);
                getchar();
                abort();
            }
            int main(void)
            {
                pthread_t id;
                void *memory = mmap(NULL, 1L << 35, PROT_READ | PROT_WRITE,
                                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
                if (pthread_create(&id, NULL, dies, memory))
                    return 1;
                pthread_exit(NULL);
            }
            """;

    /** The first thread has no memory then, in which the kernel could say so. */
    @Test
    void itIsSeenAlsoWhereTheFirstThreadHasEnded(@TempDir Path scratch) throws Exception {
        assumeThat(Path.of("/usr/bin/gcc")).isExecutable();
        assumeThat(Files.readString(Path.of("/proc/sys/kernel/core_pattern"))).matches("core[^/]*\n");
        Path source = scratch.resolve("dies.c");
        Files.writeString(source, DIES_BEHIND_MAIN);
        Process compiler = new ProcessBuilder(
                        "gcc",
                        "-D_GNU_SOURCE",
                        "-pthread",
                        "-o",
                        scratch.resolve("dies").toString(),
                        source.toString())
                .inheritIO()
                .start();
        assertThat(compiler.waitFor()).isZero();
        Vertx vertx = Vertx.vertx();
        Process process = new ProcessBuilder("sh", "-c", "ulimit -c unlimited && exec ./dies")
                .directory(scratch.toFile())
                .start();
        try (BufferedReader output = process.inputReader()) {
            String line = output.readLine();
            assumeThat(line).as("ulimit -c unlimited").isNotNull();
            int pid = (int) process.pid();
            int tid = Integer.parseInt(line);
            assertThat(CoreDump.isUnderWay(pid, tid)).isFalse();
            process.getOutputStream().close();
            await().pollInterval(Duration.ofMillis(5)).until(() -> CoreDump.isUnderWay(pid, tid));
            Future<Void> survived = CoreDump.survived(vertx.getOrCreateContext(), pid, tid, () -> !process.isAlive());
            assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
            assertThat(survived.isComplete()).isFalse();
        } finally {
            process.destroyForcibly();
            vertx.close();
        }
    }
}
