package org.hitotsu.forwarder.backend.stock;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.hitotsu.forwarder.nativecall.Ptrace;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
class TracerTest {
    @TempDir
    private Path scratch;

    /** Prints the ids of two threads; when a byte comes, the second one executes the program with an argument. */
    private static final String SOURCE = """
            #define _GNU_SOURCE
            #include <pthread.h>
            #include <stdio.h>
            #include <unistd.h>
            static int ids[2];
            static pthread_barrier_t both;
            static void *idle(void *arg)
            {
            	ids[0] = gettid();
            	pthread_barrier_wait(&both);
            	for (;;) pause();
            	return arg;
            }
            int main(int argc, char **argv)
            {
            	pthread_t id;
            	char line;
            	if (argc > 1) { puts("again"); fflush(stdout); read(0, &line, 1); puts("over"); return 0; }
            	pthread_barrier_init(&both, 0, 2);
            	pthread_create(&id, 0, idle, 0);
            	pthread_barrier_wait(&both);
            	printf("%d %d\\n", ids[0], gettid());
            	fflush(stdout);
            	read(0, &line, 1);
            	execl("/proc/self/exe", "again", "again", (char *)0);
            	return 4;
            }
            """;

    private static char state(int pid, int tid) throws Exception {
        String stat = Files.readString(Path.of("/proc/" + pid + "/task/" + tid + "/stat"));
        return stat.charAt(stat.lastIndexOf(')') + 2);
    }

    /** The thread that is traced has ended for the execve, which seizing another one waits for, when its end is taken. */
    @Test
    void seizingAThreadWaitsForNoExecveThatWaitsForTheTracer() throws Exception {
        assumeTrue(Files.isExecutable(Path.of("/usr/bin/gcc")), "gcc is not installed");
        Path source = scratch.resolve("again.c");
        Path program = scratch.resolve("again");
        Files.writeString(source, SOURCE);
        assertThat(new ProcessBuilder("gcc", "-w", "-pthread", "-o", program.toString(), source.toString())
                        .inheritIO()
                        .start()
                        .waitFor())
                .isZero();
        // A shell between: Java waits for its own children's stops.
        Process started =
                new ProcessBuilder("sh", "-c", "exec 3<&0; " + program + " <&3 3<&- & exec 3<&-; wait $!").start();
        try (Tracer tracer = new Tracer();
                BufferedReader output =
                        new BufferedReader(new InputStreamReader(started.getInputStream(), StandardCharsets.UTF_8))) {
            String[] ids = output.readLine().split(" ", 2);
            int idle = Integer.parseInt(ids[0]);
            int pid = Integer.parseInt(ids[1]);
            CompletableFuture<Integer> end = new CompletableFuture<>();
            CompletableFuture<Long> traced = new CompletableFuture<>();
            CompletableFuture<Long> seized = new CompletableFuture<>();
            tracer.submit(
                    ptrace -> {
                        tracer.handle(idle, (stopped, tid, status) -> end.complete(status));
                        traced.complete(ptrace.seize(pid, idle, Ptrace.OPTION_SYSGOOD));
                        if (traced.join() < 0) {
                            return -1L;
                        }
                        // It ends for an execve that waits for its end to be taken.
                        while (state(pid, idle) != 'Z') {
                            Thread.onSpinWait();
                        }
                        return ptrace.seize(pid, pid, Ptrace.OPTION_SYSGOOD);
                    },
                    (result, failure) -> {
                        if (failure != null) {
                            seized.completeExceptionally(failure);
                        } else {
                            seized.complete(result);
                        }
                    });
            assumeTrue(traced.get(30, TimeUnit.SECONDS) == 0, "ptrace of another process is not allowed here");
            started.getOutputStream().write('\n');
            started.getOutputStream().flush();
            assertThat(seized.get(30, TimeUnit.SECONDS)).isZero();
            assertThat(end.get(30, TimeUnit.SECONDS)).isZero();
            assertThat(output.readLine()).isEqualTo("again");
            started.getOutputStream().close();
            // Not the shell's status: a tracer takes the ends of its own process's children, too.
            assertThat(output.readLine()).isEqualTo("over");
        } finally {
            started.destroyForcibly();
        }
    }
}
