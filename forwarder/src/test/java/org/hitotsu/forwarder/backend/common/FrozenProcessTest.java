package org.hitotsu.forwarder.backend.common;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.hitotsu.forwarder.nativecall.Linux;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
class FrozenProcessTest {
    private static final int NR_GETTID = 186;
    private static final long SOON = TimeUnit.SECONDS.toNanos(20);
    private static final Path SOURCE = Path.of("../ci/attach.d/running.c");

    @TempDir
    private Path scratch;

    private static boolean mayTrace() throws IOException {
        int child = (int) Linux.spawn("/bin/sleep", "60");
        try (FrozenProcess process = new FrozenProcess(child)) {
            process.freeze(tid -> false, SOON);
            process.thaw(SOON);
            return true;
        } catch (KernelException e) {
            return false;
        } finally {
            Linux.kill(child, Linux.SIGKILL);
        }
    }

    private Process start() throws IOException, InterruptedException {
        assumeTrue(Files.isExecutable(Path.of("/usr/bin/gcc")), "gcc is not installed");
        assumeTrue(mayTrace(), "ptrace of an own child is not allowed here");
        Path program = scratch.resolve("running");
        List<String> compile = List.of(
                "gcc", "-D_GNU_SOURCE", "-pthread", "-I../ci/workloads", "-o", program.toString(), SOURCE.toString());
        assertThat(new ProcessBuilder(compile).inheritIO().start().waitFor()).isZero();
        return start(program.toString() + " 3");
    }

    /**
     * A shell that prints the program's pid, before the program says anything, and ends as it does: Java waits for its own
     * children's stops.
     */
    private Process start(String program) throws IOException {
        return new ProcessBuilder(
                        "sh", "-c", "exec 3<&0; sh -c 'echo $$; exec " + program + "' <&3 3<&- & exec 3<&-; wait $!")
                .redirectError(scratch.resolve("errors").toFile())
                .start();
    }

    private static BufferedReader outputOf(Process program) {
        return new BufferedReader(new InputStreamReader(program.getInputStream(), StandardCharsets.UTF_8));
    }

    /** Threads in all kinds of calls, being born and ending, signals among them. */
    @Test
    void runsOnUnharmedHoweverOftenItWasFrozen() throws Exception {
        Process program = start();
        try (BufferedReader output = outputOf(program)) {
            int pid = Integer.parseInt(output.readLine());
            assertThat(output.readLine()).isEqualTo("ready");
            for (int round = 0; round < 200; round++) {
                try (FrozenProcess process = new FrozenProcess(pid)) {
                    process.freeze(tid -> false, SOON);
                    assertThat(process.stopped()).hasSizeGreaterThan(8);
                    int caller = process.caller();
                    assertThat(process.call(caller, NR_GETTID)).isEqualTo(caller);
                    for (int tid : process.stopped()) {
                        if (round % 4 == 0 && process.canCall(tid)) {
                            assertThat(process.call(tid, NR_GETTID)).isEqualTo(tid);
                        }
                    }
                    process.thaw(SOON);
                    assertThat(process.stopped()).isEmpty();
                }
            }
            assertThat(ProcessStatus.of(Files.readAllLines(Path.of("/proc/" + pid + "/status")))
                            .number("TracerPid"))
                    .isZero();
            program.getOutputStream().close();
            assertThat(output.readLine()).isEqualTo("left over 0 and 0, waited 8, interrupted 0, alarms came");
            assertThat(program.waitFor()).isEqualTo(5);
            assertThat(scratch.resolve("errors")).isEmptyFile();
        } finally {
            program.destroyForcibly();
        }
    }

    @Test
    void oneThatIsFrozenDoesNothing() throws Exception {
        Process program = start();
        try (BufferedReader output = outputOf(program)) {
            int pid = Integer.parseInt(output.readLine());
            assertThat(output.readLine()).isEqualTo("ready");
            FrozenProcess process = new FrozenProcess(pid);
            process.freeze(tid -> false, SOON);
            for (int tid : process.stopped()) {
                assertThat(ProcessStatus.of(Files.readAllLines(Path.of("/proc/" + tid + "/status")))
                                .text("State"))
                        .startsWith("t");
            }
            try (FrozenProcess second = new FrozenProcess(pid)) {
                assertThatThrownBy(() -> second.freeze(tid -> false, SOON)).hasMessageContaining("EPERM");
            }
            process.thaw(SOON);
            process.close();
        } finally {
            program.destroyForcibly();
        }
    }

    @Test
    void oneThatIsHeldNeedNotStop() throws Exception {
        Process program = start();
        try (BufferedReader output = outputOf(program)) {
            int pid = Integer.parseInt(output.readLine());
            assertThat(output.readLine()).isEqualTo("ready");
            FrozenProcess process = new FrozenProcess(pid);
            process.freeze(tid -> tid != pid, SOON);
            assertThat(process.stopped()).contains(pid);
            process.thaw(SOON);
            process.close();
        } finally {
            program.destroyForcibly();
        }
    }

    @Test
    void oneThatIsNotThereHasEnded() {
        try (FrozenProcess process = new FrozenProcess(0x3ffffff)) {
            assertThatThrownBy(() -> process.freeze(tid -> false, SOON)).hasMessage("it has ended");
        }
    }

    /** vfork's parent waits for its child in a way that nothing but SIGKILL interrupts. */
    @Test
    void oneThatCanNotBeStoppedIsNamed() throws Exception {
        assumeTrue(mayTrace(), "ptrace of an own child is not allowed here");
        Path source = scratch.resolve("vfork.c");
        Path program = scratch.resolve("vfork");
        Files.writeString(
                source,
                "#include <unistd.h>\nint main(void) { if (!vfork()) { char c; write(1, \"x\", 1);"
                        + " read(0, &c, 1); _exit(0); } return 3; }\n");
        assertThat(new ProcessBuilder("gcc", "-w", "-o", program.toString(), source.toString())
                        .start()
                        .waitFor())
                .isZero();
        Process started = start(program.toString());
        try (BufferedReader output = outputOf(started)) {
            int pid = Integer.parseInt(output.readLine());
            assertThat(output.read()).isEqualTo('x');
            Thread tracer = new Thread(() -> {
                try (FrozenProcess process = new FrozenProcess(pid)) {
                    assertThatThrownBy(() -> process.freeze(tid -> false, TimeUnit.MILLISECONDS.toNanos(50)))
                            .hasMessageContaining("thread " + pid + " does not stop");
                    process.thaw(0);
                }
            });
            tracer.start();
            tracer.join();
            started.getOutputStream().close();
            // The thread that traced it is gone, and has let it go.
            assertThat(started.waitFor()).isEqualTo(3);
        } finally {
            started.destroyForcibly();
        }
    }

    /** PR_SET_SYSCALL_USER_DISPATCH: its handler is not run, and stays. */
    @Test
    void oneThatDispatchesItsCallsIsRefusedUnharmed() throws Exception {
        assumeTrue(mayTrace(), "ptrace of an own child is not allowed here");
        Path source = scratch.resolve("dispatch.c");
        Path program = scratch.resolve("dispatch");
        Path flag = scratch.resolve("flag");
        Files.write(flag, new byte[2]);
        Files.writeString(source, """
                #include <fcntl.h>
                #include <signal.h>
                #include <sys/mman.h>
                #include <sys/prctl.h>
                #include <unistd.h>
                static volatile char blocks;
                static volatile int seen;
                static void on_call(int number) { blocks = 0; seen++; }
                int main(int argc, char **argv)
                {
                    struct sigaction action = { .sa_handler = on_call };
                    volatile char *flags = mmap(NULL, 2, PROT_READ | PROT_WRITE, MAP_SHARED, open(argv[1], O_RDWR), 0);

                    sigaction(SIGSYS, &action, NULL);
                    if (prctl(59, 1, 0, 0, &blocks) != 0)
                        return 77;
                    write(1, "x", 1);
                    blocks = 1;
                    flags[1] = 1;
                    while (!flags[0]) {}
                    blocks = 0;
                    sigaction(SIGSYS, NULL, &action);
                    return seen == 0 && action.sa_handler == on_call ? 5 : 3;
                }
                """);
        assertThat(new ProcessBuilder("gcc", "-w", "-O1", "-o", program.toString(), source.toString())
                        .start()
                        .waitFor())
                .isZero();
        Process started = start(program + " " + flag);
        try (BufferedReader output = outputOf(started)) {
            int pid = Integer.parseInt(output.readLine());
            assumeTrue(output.read() == 'x', "this kernel dispatches no system calls");
            while (Files.readAllBytes(flag)[1] == 0) {
                Thread.onSpinWait();
            }
            try (FrozenProcess process = new FrozenProcess(pid)) {
                process.freeze(tid -> false, SOON);
                assertThatThrownBy(() -> process.call(process.caller(), NR_GETTID))
                        .hasMessageContaining("thread " + pid + " has its system calls dispatched");
                process.thaw(SOON);
            }
            Files.write(flag, new byte[] {1}, StandardOpenOption.WRITE);
            assertThat(started.waitFor()).isEqualTo(5);
        } finally {
            started.destroyForcibly();
        }
    }

    /**
     * One of five threads executes the program anew as soon as all are there, until the input ends. A thread that is seized
     * meanwhile has ended for that execve only when it is taken notice of, and the next one can't be seized before.
     */
    @Test
    void oneThatExecutesProgramsIsStoppedOrRefused() throws Exception {
        assumeTrue(Files.isExecutable(Path.of("/usr/bin/gcc")), "gcc is not installed");
        assumeTrue(mayTrace(), "ptrace of an own child is not allowed here");
        Path source = scratch.resolve("executes.c");
        Path program = scratch.resolve("executes");
        Files.writeString(source, """
                #include <poll.h>
                #include <pthread.h>
                #include <unistd.h>
                static void *idle(void *arg) { for (;;) pause(); return arg; }
                static void *again(void *arg)
                {
                	struct pollfd in = { 0, POLLIN, 0 };
                	if (poll(&in, 1, 0)) _exit(3);
                	execl("/proc/self/exe", "executes", (char *)0);
                	_exit(4);
                	return arg;
                }
                int main(void)
                {
                	pthread_t id;
                	for (int i = 0; i < 3; i++) pthread_create(&id, 0, idle, 0);
                	pthread_create(&id, 0, again, 0);
                	idle(0);
                }
                """);
        assertThat(new ProcessBuilder("gcc", "-w", "-pthread", "-o", program.toString(), source.toString())
                        .inheritIO()
                        .start()
                        .waitFor())
                .isZero();
        Process started = start(program.toString());
        try (BufferedReader output = outputOf(started)) {
            int pid = Integer.parseInt(output.readLine());
            int stopped = 0;
            for (int round = 0; round < 300; round++) {
                try (FrozenProcess process = new FrozenProcess(pid)) {
                    try {
                        process.freeze(tid -> false, SOON);
                        stopped++;
                        for (int tid : process.stopped()) {
                            assertThat(Path.of("/proc/" + pid + "/task/" + tid)).exists();
                        }
                    } catch (KernelException e) {
                        // The process's first thread, which ended as it was to be seized, for one execve and the next.
                        assertThat(e).hasMessageContaining("EPERM");
                    }
                    process.thaw(SOON);
                    assertThat(process.awaited()).isEmpty();
                }
            }
            assertThat(stopped).isPositive();
            started.getOutputStream().close();
            assertThat(started.waitFor()).isEqualTo(3);
        } finally {
            started.destroyForcibly();
        }
    }
}
