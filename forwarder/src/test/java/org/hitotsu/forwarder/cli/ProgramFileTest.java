package org.hitotsu.forwarder.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ProgramFileTest {

    private static final int X86_64 = 62;
    private static final int AARCH64 = 183;

    @TempDir
    private Path directory;

    private Path file(String name, byte[] content, String permissions) throws IOException {
        Path file = Files.write(directory.resolve(name), content);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(permissions));
        return file;
    }

    private static byte[] elf(int elfClass, int machine) {
        byte[] head = new byte[64];
        head[0] = 0x7f;
        head[1] = 'E';
        head[2] = 'L';
        head[3] = 'F';
        head[4] = (byte) elfClass;
        head[18] = (byte) machine;
        return head;
    }

    private void refused(String name, int exitCode, String message) {
        assertThatThrownBy(() -> ProgramFile.find(name, directory.toString()))
                .isInstanceOfSatisfying(
                        CliException.class, e -> assertThat(e.exitCode()).isEqualTo(exitCode))
                .hasMessageContaining(message);
    }

    @Test
    void firstExecutableInPathIsTaken() throws IOException {
        file("prog", elf(2, X86_64), "rw-r--r--");
        Path second = Files.createDirectory(directory.resolve("second"));
        Path program = Files.write(second.resolve("prog"), elf(2, X86_64));
        Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwxr-xr-x"));
        assertThat(ProgramFile.find("prog", "/nonexistent:" + directory + ":" + second))
                .isEqualTo(program);
    }

    @Test
    void realProgramIsTaken() {
        assertThat(ProgramFile.find("ls", "/usr/bin:/bin")).exists();
        assertThat(ProgramFile.find("/bin/sh", null)).isEqualTo(Path.of("/bin/sh"));
    }

    @Test
    void missingProgramIs127() {
        refused("nosuch", 127, "nosuch: no such program in PATH");
        refused(directory + "/nosuch", 127, "no such file");
        refused("", 127, "empty");
    }

    @Test
    void programThatCantBeExecutedIs126() throws IOException {
        refused(file("plain", elf(2, X86_64), "rw-r--r--").toString(), 126, "is not executable");
        refused("plain", 126, "is not executable");
        refused(directory.toString(), 126, "is a directory");
        file("text", "hello".getBytes(), "rwxr-xr-x");
        refused("text", 126, "neither an ELF program nor a script");
    }

    @Test
    void otherProcessorsAreRefused() throws IOException {
        file("old", elf(1, 3), "rwxr-xr-x");
        refused("old", 126, "is a 32-bit program");
        file("arm", elf(2, AARCH64), "rwxr-xr-x");
        refused("arm", 126, "ELF machine 183");
    }

    @Test
    void changeOfUserIsRefused() throws IOException {
        Path program = file("su", elf(2, X86_64), "rwxr-xr-x");
        Files.setAttribute(program, "unix:mode", 0104755);
        refused("su", 126, "is setuid or setgid");
        Files.setAttribute(program, "unix:mode", 0102755);
        refused("su", 126, "is setuid or setgid");
    }

    @Test
    void scriptsAreWhatTheirInterpretersAre() throws IOException {
        Path script = file("script", "#! /bin/sh -e\nexit 0\n".getBytes(), "rwxr-xr-x");
        assertThat(ProgramFile.find("script", directory.toString())).isEqualTo(script);
        file("broken", "#!/nosuch/interpreter\n".getBytes(), "rwxr-xr-x");
        refused("broken", 126, "interpreter /nosuch/interpreter does not exist");
        file("old", elf(1, 3), "rwxr-xr-x");
        file("onold", ("#!" + directory + "/old\n").getBytes(), "rwxr-xr-x");
        refused("onold", 126, "is a 32-bit program");
        file("loop", ("#!" + directory + "/loop\n").getBytes(), "rwxr-xr-x");
        refused("loop", 126, "too many interpreters");
    }
}
