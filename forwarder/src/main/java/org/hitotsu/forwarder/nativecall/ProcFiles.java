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
