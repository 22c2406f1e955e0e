package org.hitotsu.forwarder.backend.common;

import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.io.IOException;
import java.nio.file.Path;
import java.util.function.BooleanSupplier;
import org.hitotsu.forwarder.nativecall.Linux;
import org.hitotsu.forwarder.nativecall.NativeMemory;
import org.hitotsu.forwarder.nativecall.ProcFiles;

/**
 * When the kernel writes a process's memory into a core file (core(5)). It waits for no page then (handle_userfault()
 * refuses with PF_DUMPCORE), and leaves a hole for each that is elsewhere. Any thread, but for {@link #survived}.
 */
public final class CoreDump {
    /** The resource whose limit decides about core files: RLIMIT_CORE (getrlimit(2)). */
    public static final int LIMIT = 4;

    /** QUIT, ILL, TRAP, ABRT, BUS, FPE, SEGV, XCPU, XFSZ, SYS (signal(7)). */
    private static final long SIGNALS =
            1L << 2 | 1L << 3 | 1L << 4 | 1L << 5 | 1L << 6 | 1L << 7 | 1L << 10 | 1L << 23 | 1L << 24 | 1L << 30;

    private static final Path PATTERN = Path.of("/proc/sys/kernel/core_pattern");

    private static final int LOOK_MILLIS = 20;
    /** For a second: the thread has to be scheduled. */
    private static final int LOOKS = 50;

    private CoreDump() {}

    /** Whether the kernel gives core files of this computer to another program at present, on its standard input (core(5)). */
    public static boolean arePiped() {
        try {
            return arePiped(ProcFiles.text(PATTERN));
        } catch (IOException e) {
            return false;
        }
    }

    static boolean arePiped(String pattern) {
        return pattern.startsWith("|");
    }

    /**
     * Whether a process may leave a core file: its limit is not 0. Where they are {@linkplain #arePiped() piped} the kernel
     * does not go by that, but the program at the other end may (systemd-coredump(8) does).
     */
    public static boolean isWanted(int pid) {
        try (NativeMemory limit = new NativeMemory(16)) {
            return Linux.call(Linux.NR_PRLIMIT64, pid, LIMIT, 0, limit.address(), 0, 0) == 0
                    && NativeMemory.getLong(limit.address()) != 0;
        }
    }

    /** Whether the process ends with a core file when {@code signal} is delivered to this thread of it now. */
    public static boolean follows(int pid, int tid, int signal) {
        if ((SIGNALS >>> signal - 1 & 1) == 0 || !isWanted(pid)) {
            return false;
        }
        ProcessStatus status = ProcessStatus.ifAlive(tid);
        return status != null && status.isDefault(signal);
    }

    /**
     * Completes if a process goes on although a thread of it was let take a signal that dumps core: another thread may just
     * have installed a handler, which nothing reports. Event loop only.
     *
     * @param tid that thread
     * @param ended whether the process is known to have ended
     */
    public static Future<Void> survived(Context context, int pid, int tid, BooleanSupplier ended) {
        Promise<Void> survived = Promise.promise();
        look(context, pid, tid, ended, survived, LOOKS);
        return survived.future();
    }

    private static void look(
            Context context, int pid, int tid, BooleanSupplier ended, Promise<Void> survived, int looks) {
        if (ended.getAsBoolean() || isUnderWay(pid, tid)) {
            return;
        }
        if (looks == 0) {
            survived.complete();
        } else {
            context.owner().setTimer(LOOK_MILLIS, timer -> look(context, pid, tid, ended, survived, looks - 1));
        }
    }

    /**
     * Whether the kernel is at it. A thread that ended before is not told: it has no memory any more. The first one of a
     * process stays as such when it has ended, so {@code tid} is to be the one that was let take the signal. All that are
     * there when the kernel begins keep their memory until it is done (coredump_task_exit() comes before exit_mm()).
     */
    public static boolean isUnderWay(int pid, int tid) {
        try {
            return ProcessStatus.of(pid, tid).number("CoreDumping") != 0;
        } catch (IOException e) {
            return false;
        }
    }
}
