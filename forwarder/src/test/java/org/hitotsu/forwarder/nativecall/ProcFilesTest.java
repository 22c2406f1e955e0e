package org.hitotsu.forwarder.nativecall;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.FutureTask;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ProcFilesTest {
    private static final int PR_SET_NAME = 15;

    /** Runs in a thread with this name, given as its bytes. */
    private static <T> T named(String bytes, Callable<T> body) throws Exception {
        FutureTask<T> task = new FutureTask<>(() -> {
            byte[] name = (bytes + "\0").getBytes(StandardCharsets.ISO_8859_1);
            try (NativeMemory memory = new NativeMemory(name.length)) {
                NativeMemory.copyIn(memory.address(), name, 0, name.length);
                assertThat(Linux.call(Linux.NR_PRCTL, PR_SET_NAME, memory.address(), 0))
                        .isZero();
            }
            return body.call();
        });
        Thread thread = new Thread(task);
        thread.start();
        thread.join();
        return task.get();
    }

    @Test
    void nameCutInTheMiddleOfACharacter() throws Exception {
        String name = new String("программа".getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
        String cut = name.substring(0, 15);
        assertThat(named(name, () -> ProcFiles.text(Path.of("/proc/thread-self/comm"))))
                .isEqualTo(cut + "\n");
        assertThat(named(name, () -> ProcFiles.lines(Path.of("/proc/thread-self/status"))))
                .contains("Name:\t" + cut);
        assertThat(ProcFiles.shown(cut)).isEqualTo("програм\ufffd");
    }

    @Test
    void onlyTheKernelsOwnEndOfLineEndsOne() throws Exception {
        assertThat(named("a\rb\nc\u0085", () -> ProcFiles.lines(Path.of("/proc/thread-self/status"))))
                .startsWith("Name:\ta\rb\\nc\u0085");
    }

    @Test
    void allOfALongFile(@TempDir Path directory) throws IOException {
        Path file = directory.resolve("file");
        String text = "0123456789\n".repeat(2000);
        Files.writeString(file, text + "end");
        assertThat(ProcFiles.text(file)).isEqualTo(text + "end");
        assertThat(ProcFiles.lines(file)).hasSize(2001).endsWith("0123456789", "end");
    }

    @Test
    void endedProcessIsNoOtherError() throws Exception {
        Process process = new ProcessBuilder("true").start();
        process.waitFor();
        Path gone = Path.of("/proc/" + process.pid());
        assertThatThrownBy(() -> ProcFiles.lines(gone.resolve("maps"))).isInstanceOf(NoSuchFileException.class);
        assertThatThrownBy(() -> ProcFiles.threads((int) process.pid())).isInstanceOf(NoSuchFileException.class);
        // A directory can be opened, but not read.
        assertThatThrownBy(() -> ProcFiles.text(Path.of("/proc")))
                .isInstanceOf(IOException.class)
                .isNotInstanceOf(NoSuchFileException.class)
                .hasMessageContaining("/proc: errno 21");
    }

    @Test
    void threadsOfAProcess() throws IOException {
        assertThat(ProcFiles.threads(Linux.getpid())).contains(Linux.getpid());
    }

    @Test
    void childrenOfAThread() throws Exception {
        assumeThat(Path.of("/proc/self/task/" + Linux.getpid() + "/children"))
                .as("CONFIG_PROC_CHILDREN")
                .exists();
        long before = ProcFiles.ticks();
        Process parent =
                new ProcessBuilder("sh", "-c", "tail -f /dev/null & tail -f /dev/null & echo made; wait").start();
        try {
            parent.inputReader().readLine();
            int pid = (int) parent.pid();
            Set<Integer> children =
                    parent.children().map(child -> (int) child.pid()).collect(Collectors.toSet());
            assertThat(ProcFiles.children(pid, pid)).hasSize(2).isEqualTo(children);
            for (int child : children) {
                assertThat(ProcFiles.children(child, child)).isEmpty();
                assertThat(ProcFiles.startTicks(child)).isBetween(before, ProcFiles.ticks());
            }
        } finally {
            parent.descendants().forEach(ProcessHandle::destroy);
            parent.destroy();
        }
        assertThat(parent.waitFor()).isNotNegative();
        assertThatThrownBy(() -> ProcFiles.children((int) parent.pid(), (int) parent.pid()))
                .isInstanceOf(NoSuchFileException.class);
    }
}
