package org.hitotsu.forwarder.nativecall;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Files below /proc (proc(5)). The names in them are any bytes: those of files, and of threads, which the kernel cuts at 15
 * bytes, in the middle of a character as well. So each byte is one character here (ISO 8859-1).
 *
 * <p>Each throws {@link NoSuchFileException} if the process or thread has ended, and {@link IOException} for other errors,
 * which say nothing of the process. Any thread.
 */
public final class ProcFiles {
    /** As much as the kernel makes at a time (seq_read_iter()). */
    private static final int PIECE = Linux.PAGE_SIZE;

    private static final int START_BEHIND_NAME = 19;
    private static final int CLOCK_BOOTTIME = 7;
    private static final long TICKS_A_SECOND = 100;

    private ProcFiles() {}

    /** A file's text. */
    public static String text(Path file) throws IOException {
        int fd = (int) check(file, Linux.open(file.toString(), Linux.O_RDONLY));
        try (NativeMemory piece = new NativeMemory(PIECE)) {
            byte[] bytes = new byte[PIECE];
            ByteArrayOutputStream text = new ByteArrayOutputStream(PIECE);
            while (true) {
                int got = (int) check(file, Linux.call(Linux.NR_READ, fd, piece.address(), PIECE));
                if (got == 0) {
                    return text.toString(StandardCharsets.ISO_8859_1);
                }
                NativeMemory.copyOut(piece.address(), bytes, 0, got);
                text.write(bytes, 0, got);
            }
        } finally {
            Linux.close(fd);
        }
    }

    /** A file's lines. The kernel ends lines by \n alone, and writes one in a name as an octal number. */
    public static List<String> lines(Path file) throws IOException {
        String text = text(file);
        List<String> lines = new ArrayList<>();
        int start = 0;
        for (int end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', start)) {
            lines.add(text.substring(start, end));
            start = end + 1;
        }
        if (start < text.length()) {
            lines.add(text.substring(start));
        }
        return lines;
    }

    /** Ids of the threads of a process. */
    public static List<Integer> threads(int pid) throws IOException {
        List<Integer> ids = new ArrayList<>();
        try (DirectoryStream<Path> tasks = Files.newDirectoryStream(Path.of("/proc/" + pid + "/task"))) {
            tasks.forEach(task -> ids.add(Integer.parseInt(String.valueOf(task.getFileName()))));
        } catch (DirectoryIteratorException e) {
            throw e.getCause();
        }
        return ids;
    }

    /**
     * The words on the system call that a thread of a process waits in: its number and its arguments; or "running", or -1 where
     * it waits in none.
     */
    public static String[] call(int pid, int tid) throws IOException {
        return text(Path.of("/proc/" + pid + "/task/" + tid + "/syscall"))
                .strip()
                .split(" ", -1);
    }

    /** Ids of the child processes of a thread of a process; there is no such file without CONFIG_PROC_CHILDREN. */
    public static Set<Integer> children(int pid, int tid) throws IOException {
        Set<Integer> ids = new HashSet<>();
        String text =
                text(Path.of("/proc/" + pid + "/task/" + tid + "/children")).strip();
        if (!text.isEmpty()) {
            for (String id : text.split(" ", -1)) {
                ids.add(Integer.parseInt(id));
            }
        }
        return ids;
    }

    /** When a process began, in {@link #ticks} (field 22 of /proc/PID/stat). */
    public static long startTicks(int pid) throws IOException {
        String stat = text(Path.of("/proc/" + pid + "/stat"));
        // The name, which may hold anything, is the second field, in parentheses.
        String[] behindName = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
        return Long.parseLong(behindName[START_BEHIND_NAME]);
    }

    /** Now, in hundredths of a second since the computer's start, as the kernel tells times in /proc (USER_HZ). */
    public static long ticks() {
        try (NativeMemory now = new NativeMemory(16)) {
            Linux.call(Linux.NR_CLOCK_GETTIME, CLOCK_BOOTTIME, now.address(), 0);
            return NativeMemory.getLong(now.address()) * TICKS_A_SECOND
                    + NativeMemory.getLong(now.address() + 8) / (1_000_000_000 / TICKS_A_SECOND);
        }
    }

    /** What to show of a name from such a file: the characters that its bytes are in UTF-8, with U+FFFD for those that are none. */
    public static String shown(String name) {
        return new String(name.getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8);
    }

    private static long check(Path file, long result) throws IOException {
        if (result == -Linux.ENOENT || result == -Linux.ESRCH) {
            throw new NoSuchFileException(file.toString());
        }
        if (result < 0) {
            throw new IOException(file + ": " + Linux.errorName(result));
        }
        return result;
    }
}
