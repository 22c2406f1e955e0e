package org.hitotsu.forwarder.backend.common;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.hitotsu.forwarder.nativecall.Linux;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AttachCheckTest {
    private static final int PID = 100;

    @TempDir
    private Path proc;

    private final Map<String, String> status = new TreeMap<>(Map.of(
            "Tgid", "100",
            "State", "S (sleeping)",
            "TracerPid", "0",
            "Uid", "0\t0\t0\t0",
            "Seccomp", "0",
            "VmSize", "100 kB"));

    @BeforeEach
    void processAndDaemon() throws IOException {
        write("self", status);
        surroundings("self");
        surroundings("100");
        Files.createDirectories(proc.resolve("100/task"));
    }

    private void surroundings(String process) throws IOException {
        for (String name : new String[] {"pid", "mnt", "user"}) {
            link(process + "/ns/" + name, name + ":[1]");
        }
        link(process + "/root", "root-directory");
        Files.write(proc.resolve(process + "/exe"), new byte[] {0x7f, 'E', 'L', 'F', 2});
    }

    private void link(String at, String to) throws IOException {
        Path path = proc.resolve(at);
        Files.createDirectories(path.getParent());
        Files.deleteIfExists(path);
        Files.createSymbolicLink(path, Path.of(to));
    }

    private void write(String process, Map<String, String> fields) throws IOException {
        Files.createDirectories(proc.resolve(process));
        StringBuilder text = new StringBuilder("Name:\tx\n");
        fields.forEach((name, value) -> text.append(name + ":\t" + value + "\n"));
        Files.writeString(proc.resolve(process + "/status"), text);
    }

    private String obstacle() throws IOException {
        write("100", status);
        return String.valueOf(new AttachCheck(proc, 7).obstacle(PID));
    }

    private String obstacleWith(String field, String value) throws IOException {
        status.put(field, value);
        return obstacle();
    }

    @Test
    void ordinaryProcessCanBeShared() throws IOException {
        assertThat(obstacle()).isEqualTo("null");
    }

    @Test
    void nobodyCanNot() {
        assertThat(new AttachCheck(proc, 7).obstacle(5)).isEqualTo("there is none; look at `ps`");
    }

    @Test
    void threadIsNoProcess() throws IOException {
        assertThat(obstacleWith("Tgid", "99")).isEqualTo("is a thread of process 99; name that");
    }

    @Test
    void daemonIsNotSharedByItself() throws IOException {
        write("100", status);
        assertThat(new AttachCheck(proc, PID).obstacle(PID)).startsWith("is this node itself");
    }

    @Test
    void deadProcessIsNotShared() throws IOException {
        status.remove("VmSize");
        assertThat(obstacleWith("State", "Z (zombie)")).startsWith("has ended");
    }

    @Test
    void kernelThreadIsNotShared() throws IOException {
        status.remove("VmSize");
        assertThat(obstacle()).startsWith("is a thread of the kernel");
    }

    @Test
    void tracedProcessIsNotShared() throws IOException {
        write("77", Map.of("Tgid", "77"));
        status.put("State", "t (tracing stop)");
        assertThat(obstacleWith("TracerPid", "77")).isEqualTo("is traced by process 77; detach that first");
    }

    @Test
    void onlySignalsThatAreHandledCount() {
        String blocked = "SigBlk:\t0000000000000001";
        String sigchld = "ShdPnd:\t0000000000010000";
        assertThat(ProcessStatus.of(List.of("SigPnd:\t0000000000000001", blocked))
                        .signalled())
                .isFalse();
        assertThat(ProcessStatus.of(List.of("SigPnd:\t0000000000000002", blocked))
                        .signalled())
                .isTrue();
        assertThat(ProcessStatus.of(List.of("SigPnd:\t0000000000000002", "SigIgn:\t0000000000000002"))
                        .signalled())
                .isFalse();
        assertThat(ProcessStatus.of(List.of(sigchld)).signalled()).isFalse();
        assertThat(ProcessStatus.of(List.of(sigchld, "SigCgt:\t0000000000010000"))
                        .signalled())
                .isTrue();
    }

    @Test
    void processThatIsBeingLetGoIsNotShared() throws IOException {
        write("9", Map.of("Tgid", "7"));
        assertThat(obstacleWith("TracerPid", "9")).contains("try again");
    }

    @Test
    void stoppedProcessIsNotShared() throws IOException {
        assertThat(obstacleWith("State", "T (stopped)")).contains("kill -CONT 100");
    }

    @Test
    void processOfAnotherUserIsNotShared() throws IOException {
        assertThat(obstacleWith("Uid", "0\t1000\t0\t0")).startsWith("is of another user");
    }

    @Test
    void filteredProcessIsNotShared() throws IOException {
        assertThat(obstacleWith("Seccomp", "2")).startsWith("has a seccomp filter");
    }

    @Test
    void anotherNamespaceOrRootIsAnObstacle() throws IOException {
        link("100/ns/pid", "pid:[2]");
        assertThat(obstacle()).startsWith("is in another pid namespace");
        link("100/ns/pid", "pid:[1]");
        link("100/root", "another-directory");
        assertThat(obstacle()).startsWith("has another root directory");
    }

    @Test
    void shortProgramIsNotShared() throws IOException {
        Files.write(proc.resolve("100/exe"), new byte[] {0x7f, 'E', 'L', 'F', 1});
        assertThat(obstacle()).startsWith("is a 32-bit program");
    }

    @Test
    void eachThreadIsLookedAt() throws IOException {
        write("100/task/100", status);
        assertThat(obstacle()).isEqualTo("null");
        status.put("Seccomp", "2");
        write("100/task/101", status);
        status.put("Seccomp", "0");
        assertThat(obstacle()).startsWith("has a thread with a seccomp filter");
    }

    /** The real /proc has what is looked for. */
    @Test
    void thisVeryProcessIsNoDaemon() {
        assertThat(new AttachCheck(Linux.getpid()).obstacle(Linux.getpid())).startsWith("is this node itself");
        String asOther = new AttachCheck(1).obstacle(Linux.getpid());
        assertThat(asOther == null || asOther.contains("seccomp") || asOther.contains("traced"))
                .as(asOther)
                .isTrue();
    }
}
