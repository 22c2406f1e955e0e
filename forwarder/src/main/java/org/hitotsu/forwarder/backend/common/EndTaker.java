package org.hitotsu.forwarder.backend.common;

import java.util.concurrent.locks.LockSupport;
import org.hitotsu.forwarder.nativecall.NativeMemory;
import org.hitotsu.forwarder.nativecall.Ptrace;

/**
 * Takes the ends of threads while the thread that traces them waits to trace another one. An execve holds the mutex that
 * PTRACE_SEIZE takes (cred_guard_mutex), and waits under it until the other threads have ended; a traced one has ended only
 * when somebody has taken notice (Linux 6.18, de_thread() and ptrace_attach()). So a tracer that comes to the second thread of
 * a process when the third one executes a program would wait for itself, and the program for it, for ever.
 *
 * <p>Any thread of the tracer's process may take an end. Stops are left to the tracer, and so is the process's first thread,
 * whose end no execve waits for: it takes over its place (de_thread()). The mutex is free again before the execve is reported.
 */
public final class EndTaker {
    /** How long a tracer may be held up before it is looked whether it waits for itself. */
    public static final long LOOK_MILLIS = 10;

    /** Hears of an end. */
    public interface Taken {
        /** @param status as of wait(2) */
        void onEnd(int tid, int status);
    }

    private final Ptrace ptrace;
    private final Taken taken;

    public EndTaker(Ptrace ptrace, Taken taken) {
        this.ptrace = ptrace;
        this.taken = taken;
    }

    /**
     * Takes what ends there are of a process one of whose threads is just being seized. On any thread but that which seizes.
     *
     * @param scratch 128 bytes
     */
    public void look(NativeMemory scratch) {
        // What is taken is told before the tracer goes on, which hands it on first.
        ptrace.whileSeizing(pid -> {
            for (int each : ProcessStatus.threads(pid)) {
                long status = each == pid ? -1 : Ptrace.takeEnd(each, scratch.address());
                if (status >= 0) {
                    taken.onEnd(each, (int) status);
                }
            }
        });
    }

    /** Looks again and again, on a thread of its own, until it is closed. */
    static final class Running implements AutoCloseable {
        private final Thread thread;
        private volatile boolean closed;

        Running(EndTaker taker) {
            thread = new Thread(() -> run(taker), "hitotsu-end-taker");
            thread.setDaemon(true);
            thread.start();
        }

        private void run(EndTaker taker) {
            try (NativeMemory scratch = new NativeMemory(128)) {
                while (!closed) {
                    LockSupport.parkNanos(LOOK_MILLIS * 1_000_000);
                    taker.look(scratch);
                }
            }
        }

        @Override
        public void close() {
            closed = true;
            LockSupport.unpark(thread);
        }
    }
}
