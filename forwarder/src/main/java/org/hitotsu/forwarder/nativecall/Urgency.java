package org.hitotsu.forwarder.nativecall;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * How soon the kernel runs this process's threads where programs keep all processors busy. A forwarded system call and
 * a page fault are a chain of short pieces of work in several threads of several nodes, and a thread of the program
 * waits for the last of them; where each piece had to wait for the program's other threads to use up their slices, the
 * chain would take ten or a hundred times as long.
 *
 * <p>Any thread may call the methods.
 */
public final class Urgency {

    /** Ten times the weight of a thread of nice value 0 (sched(7)). */
    private static final int NICE = -10;

    /** Nanoseconds; a wish for a short slice interrupts who runs, which a heavier weight alone does not (Linux 6.12). */
    private static final long SLICE = 100_000;

    /** Of the group in which this process's session is scheduled; its text ends in the group's nice value (proc(5)). */
    private static final Path AUTOGROUP = Path.of("/proc/self/autogroup");

    private static final int NR_GETSID = 124;
    private static final int NR_SCHED_SETATTR = 314;
    private static final int NR_SCHED_GETATTR = 315;

    private static final int SCHED_OTHER = 0;

    // struct sched_attr, sched_setattr(2), in its first version.
    private static final int SIZE = 48;
    private static final int POLICY_OFFSET = 4;
    private static final int NICE_OFFSET = 16;
    private static final int RUNTIME_OFFSET = 24;

    private static volatile boolean raised;

    private Urgency() {}

    /**
     * Puts all threads of this process, and those that they will start, before threads of usual priority. One that was
     * given another priority by whoever started it keeps that. False where the kernel refuses (CAP_SYS_NICE), which
     * costs speed only.
     */
    public static boolean raise() {
        if (!isUsual(0)) {
            return true;
        }
        try (DirectoryStream<Path> tasks = Files.newDirectoryStream(Path.of("/proc/self/task"))) {
            for (Path task : tasks) {
                long set = set(Integer.parseInt(task.getFileName().toString()), NICE, SLICE);
                // A thread that has ended since is no failure.
                if (set < 0 && set != -Linux.ESRCH) {
                    return false;
                }
                raised = true;
            }
        } catch (IOException e) {
            return false;
        }
        raiseSession();
        return true;
    }

    /**
     * The same for the session that this process leads, if it leads one: nice values count within a session only, each of
     * which has as much of the processors as another one (sched(7), "The autogroup feature", Linux 2.6.38). In a session
     * that it does not lead are others, whom this is not for; shadows and helpers have sessions of their own.
     */
    private static void raiseSession() {
        if (Linux.call(NR_GETSID, 0, 0, 0) != ProcessHandle.current().pid()) {
            return;
        }
        try {
            if (ProcFiles.text(AUTOGROUP).strip().endsWith(" nice 0")) {
                Files.writeString(AUTOGROUP, String.valueOf(NICE), StandardOpenOption.WRITE);
            }
        } catch (IOException e) {
            // This kernel has no such groups, or does not let this process: it costs speed only.
        }
    }

    /** Gives process {@code pid}, a child with one thread, the usual priority again: it runs a program's threads. */
    static void drop(int pid) {
        if (raised) {
            set(pid, 0, 0);
        }
    }

    private static boolean isUsual(int tid) {
        try (NativeMemory attributes = new NativeMemory(SIZE)) {
            return Linux.call(NR_SCHED_GETATTR, tid, attributes.address(), SIZE, 0, 0, 0) >= 0
                    && NativeMemory.getInt(attributes.address() + POLICY_OFFSET) == SCHED_OTHER
                    && NativeMemory.getInt(attributes.address() + NICE_OFFSET) == 0;
        }
    }

    /** Before Linux 6.12 the slice is not looked at; 0 is the kernel's own. */
    private static long set(int tid, int nice, long slice) {
        try (NativeMemory attributes = new NativeMemory(SIZE)) {
            NativeMemory.putInt(attributes.address(), SIZE);
            NativeMemory.putInt(attributes.address() + NICE_OFFSET, nice);
            NativeMemory.putLong(attributes.address() + RUNTIME_OFFSET, slice);
            return Linux.call(NR_SCHED_SETATTR, tid, attributes.address(), 0);
        }
    }
}
