package org.hitotsu.forwarder.backend.common;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.hitotsu.forwarder.nativecall.ProcFiles;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The fields of /proc/PID/status (proc(5)). */
public final class ProcessStatus {
    /** SIGCHLD, SIGCONT, SIGURG and SIGWINCH (signal(7)). */
    private static final long IGNORED_BY_DEFAULT = 1L << 16 | 1L << 17 | 1L << 22 | 1L << 27;

    private static final Logger LOG = LoggerFactory.getLogger(ProcessStatus.class);

    private final Map<String, String> fields = new HashMap<>();

    private ProcessStatus() {}

    /**
     * Of a thread, or of the first one of a process.
     *
     * @throws java.nio.file.NoSuchFileException if it has ended
     */
    public static ProcessStatus of(int tid) throws IOException {
        return of(ProcFiles.lines(Path.of("/proc/" + tid + "/status")));
    }

    /** As {@link #of(int)}; null if it has ended, or, which is logged, can't be looked at. */
    public static @Nullable ProcessStatus ifAlive(int tid) {
        try {
            return of(tid);
        } catch (NoSuchFileException e) {
            return null;
        } catch (IOException e) {
            LOG.error("thread {} can't be looked at: {}", tid, e.getMessage());
            return null;
        }
    }

    /**
     * Of a thread of a process.
     *
     * @throws java.nio.file.NoSuchFileException if it has ended
     */
    static ProcessStatus of(int pid, int tid) throws IOException {
        return of(ProcFiles.lines(Path.of("/proc/" + pid + "/task/" + tid + "/status")));
    }

    public static ProcessStatus of(List<String> lines) {
        ProcessStatus status = new ProcessStatus();
        for (String line : lines) {
            int colon = line.indexOf(':');
            if (colon > 0) {
                status.fields.put(
                        line.substring(0, colon), line.substring(colon + 1).strip());
            }
        }
        return status;
    }

    /** The threads of a process; none if it has ended, or, which is logged, can't be looked at. */
    public static List<Integer> threads(int pid) {
        try {
            return ProcFiles.threads(pid);
        } catch (NoSuchFileException e) {
            return List.of();
        } catch (IOException e) {
            LOG.error("the threads of process {} can't be listed: {}", pid, e.getMessage());
            return List.of();
        }
    }

    /**
     * Whether a thread of a process has ended, and the kernel has done with its memory (exit_mm() comes before
     * exit_notify()): the first one stays as a zombie as long as there are others.
     */
    public static boolean hasEnded(int pid, int tid) {
        try {
            String state = of(pid, tid).text("State");
            return state.startsWith("Z") || state.startsWith("X");
        } catch (IOException e) {
            // Its end is one cause (ENOENT, or ESRCH by read); that the daemon may open no more files is another.
            return !Files.exists(Path.of("/proc/" + pid + "/task/" + tid));
        }
    }

    boolean has(String name) {
        return fields.containsKey(name);
    }

    /** The field's text; empty where this kernel does not have it. */
    String text(String name) {
        return fields.getOrDefault(name, "");
    }

    int number(String name) {
        String text = text(name);
        return text.isEmpty() ? 0 : Integer.parseInt(text);
    }

    /** The id of the process that a thread belongs to. */
    public int process() {
        return number("Tgid");
    }

    private long bits(String name) {
        String text = text(name);
        return text.isEmpty() ? 0 : Long.parseUnsignedLong(text, 16);
    }

    /**
     * Whether a signal is pending, for the thread or its process, that the thread will handle or end by. Those that are
     * ignored are kept pending too for one that is traced, and break off no call.
     */
    boolean signalled() {
        return ((bits("SigPnd") | bits("ShdPnd")) & ~bits("SigBlk") & ~ignored()) != 0;
    }

    private long ignored() {
        return bits("SigIgn") | IGNORED_BY_DEFAULT & ~bits("SigCgt");
    }

    /** Whether there is a handler for signal {@code number}. */
    public boolean catches(int number) {
        return (bits("SigCgt") >>> number - 1 & 1) != 0;
    }

    /** Whether signal {@code number} does what it does where a program has not said otherwise. */
    boolean isDefault(int number) {
        return ((bits("SigCgt") | bits("SigIgn")) >>> number - 1 & 1) == 0;
    }

    /** Whether nothing happens when signal {@code number} is delivered. */
    public boolean ignores(int number) {
        return (ignored() >>> number - 1 & 1) != 0;
    }
}
