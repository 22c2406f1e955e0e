package org.hitotsu.forwarder.cli;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** Finds the program a user has named, and makes sure that it can be shared. */
final class ProgramFile {

    private static final int ELF_CLASS_AT = 4;
    private static final int ELF_CLASS_64 = 2;
    private static final int ELF_MACHINE_AT = 18;
    private static final int ELF_MACHINE_X86_64 = 62;
    private static final int HEAD_BYTES = 256;

    /** As many as the kernel follows (BINPRM_MAX_RECURSION, fs/exec.c, Linux 6.1). */
    private static final int MAX_INTERPRETERS = 4;

    private static final int SET_ID_BITS = 06000;

    private ProgramFile() {}

    /**
     * The file that a shell would execute for {@code name}.
     *
     * @param path the value of PATH, or null if it is not set
     * @throws CliException with 127 if there is none, with 126 if it can't be executed or shared
     */
    static Path find(String name, @Nullable String path) {
        Path program = locate(name, path);
        check(name, program, 0);
        return program;
    }

    private static Path locate(String name, @Nullable String path) {
        if (name.isEmpty()) {
            throw new CliException(ExitCodes.NOT_FOUND, "run: the program's name is empty; give a program to run");
        }
        if (name.indexOf('/') >= 0) {
            Path file = Path.of(name);
            if (!Files.exists(file)) {
                throw new CliException(ExitCodes.NOT_FOUND, name + ": no such file; check the path");
            }
            if (Files.isDirectory(file)) {
                throw new CliException(ExitCodes.NOT_EXECUTABLE, name + ": is a directory; name a program in it");
            }
            if (!Files.isExecutable(file)) {
                throw new CliException(ExitCodes.NOT_EXECUTABLE, name + ": is not executable; chmod +x it");
            }
            return file;
        }
        Path notExecutable = null;
        for (String directory : (path != null ? path : "/usr/local/bin:/usr/bin:/bin").split(":", -1)) {
            Path file = Path.of(directory.isEmpty() ? "." : directory, name);
            if (Files.isRegularFile(file)) {
                if (Files.isExecutable(file)) {
                    return file;
                }
                notExecutable = file;
            }
        }
        if (notExecutable != null) {
            throw new CliException(ExitCodes.NOT_EXECUTABLE, notExecutable + ": is not executable; chmod +x it");
        }
        throw new CliException(ExitCodes.NOT_FOUND, name + ": no such program in PATH; install it or give its path");
    }

    private static void check(String name, Path file, int depth) {
        byte[] head;
        int mode;
        try (InputStream in = Files.newInputStream(file)) {
            head = in.readNBytes(HEAD_BYTES);
            mode = (Integer) Files.getAttribute(file, "unix:mode");
        } catch (IOException e) {
            throw new CliException(
                    ExitCodes.NOT_EXECUTABLE,
                    file + ": can't be read: " + e.getMessage() + "; hitotsu must be able to read what it shares");
        }
        // A program that changes its user at exec can't be traced by who started it, and must not be.
        if ((mode & SET_ID_BITS) != 0) {
            throw new CliException(
                    ExitCodes.NOT_EXECUTABLE,
                    file + ": is setuid or setgid, which can't be shared; run it without hitotsu");
        }
        if (head.length >= 2 && head[0] == '#' && head[1] == '!') {
            checkInterpreter(name, file, head, depth);
            return;
        }
        if (head.length < ELF_MACHINE_AT + 2 || head[0] != 0x7f || head[1] != 'E' || head[2] != 'L' || head[3] != 'F') {
            throw new CliException(
                    ExitCodes.NOT_EXECUTABLE,
                    file + ": is neither an ELF program nor a script with #!; name the program that runs it");
        }
        int machine = head[ELF_MACHINE_AT] & 0xff | (head[ELF_MACHINE_AT + 1] & 0xff) << 8;
        if (head[ELF_CLASS_AT] != ELF_CLASS_64) {
            throw new CliException(
                    ExitCodes.NOT_EXECUTABLE, file + ": is a 32-bit program; only 64-bit x86 ones can be shared");
        }
        if (machine != ELF_MACHINE_X86_64) {
            throw new CliException(
                    ExitCodes.NOT_EXECUTABLE,
                    file + ": is for another processor (ELF machine " + machine + "); use its x86-64 build");
        }
    }

    private static void checkInterpreter(String name, Path file, byte[] head, int depth) {
        String line = new String(head, 2, head.length - 2, StandardCharsets.ISO_8859_1);
        int end = line.indexOf('\n');
        String[] words = (end >= 0 ? line.substring(0, end) : line).strip().split("[ \t]+", 2);
        Path interpreter = Path.of(words[0]);
        if (words[0].isEmpty() || !Files.exists(interpreter)) {
            throw new CliException(
                    ExitCodes.NOT_EXECUTABLE,
                    file + ": its interpreter " + words[0] + " does not exist; install it or correct the #! line");
        }
        if (depth + 1 > MAX_INTERPRETERS) {
            throw new CliException(
                    ExitCodes.NOT_EXECUTABLE, name + ": too many interpreters behind each other; see its #! line");
        }
        check(name, interpreter, depth + 1);
    }
}
