package org.hitotsu.forwarder.backend.stock;

import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/**
 * Keeps from a program's threads, while one of them executes a program, what begins to trace one of them. An execve holds the
 * mutex that PTRACE_SEIZE takes (cred_guard_mutex), and waits under it until the other threads have ended; a traced thread has
 * ended only when its tracer has taken notice. A tracer that waits for the mutex would do so for ever (Linux 6.18,
 * begin_new_exec() and ptrace_attach()). Event loop only.
 *
 * <p>What the tracing thread was asked for before an execve was let go is done by then, in the order of its queue.
 */
final class Execves {
    private final Deque<Runnable> waiting = new ArrayDeque<>();
    private @Nullable OriginTask executing;

    /** Runs {@code traces}, which asks for {@code task} to be traced: now, or when no other thread is in an execve. */
    void beside(OriginTask task, Runnable traces) {
        if (executing == null || executing == task) {
            traces.run();
        } else {
            waiting.add(traces);
        }
    }

    /** As {@link #beside}, for what traces all threads. */
    void without(Runnable traces) {
        if (executing == null) {
            traces.run();
        } else {
            waiting.add(traces);
        }
    }

    /** Whether what traces {@code task} waits ({@link #beside}). */
    boolean holdsUp(OriginTask task) {
        return executing != null && executing != task;
    }

    /** Runs {@code execve}, by which {@code task} is let execute a program: now, or when no other thread is in one. */
    void begin(OriginTask task, Runnable execve) {
        beside(task, () -> {
            executing = task;
            execve.run();
        });
    }

    /**
     * The thread is in an execve no more, or has ended. If it made one, that has failed. Each call that comes from it shows
     * this: one that tries the next program at once, again and again, would else go first each time, since nobody looks
     * whether an execve has failed before it comes to the next, and those who wait would do so for ever.
     */
    void over(OriginTask task) {
        if (executing != task) {
            return;
        }
        executing = null;
        while (executing == null && !waiting.isEmpty()) {
            waiting.removeFirst().run();
        }
    }
}
