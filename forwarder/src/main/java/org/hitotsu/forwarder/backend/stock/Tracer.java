package org.hitotsu.forwarder.backend.stock;

import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import org.hitotsu.forwarder.backend.common.EndTaker;
import org.hitotsu.forwarder.backend.common.ProcessStatus;
import org.hitotsu.forwarder.nativecall.Linux;
import org.hitotsu.forwarder.nativecall.NativeMemory;
import org.hitotsu.forwarder.nativecall.Ptrace;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one thread of the daemon that traces. ptrace ties each tracee to the thread which attached it, so every request
 * is a task on this thread; stops that no task is waiting for go to the handler registered for their thread.
 *
 * <p>wait(2) can't be woken by a queue. So a second thread waits, without taking ({@code WNOWAIT}), until there is
 * something to take, and then wakes the tracing thread; it waits again only when that has taken all there was. While that
 * can't, since it is about to trace a thread of a process that executes a program, it takes ends for it ({@link EndTaker}).
 */
final class Tracer implements AutoCloseable {
    /** Hears of a stop or the end of one thread. Called on the tracing thread; must not block for long. */
    interface StopHandler {
        /** @param tid the thread's id; of one that has made an execve, that of its process, which it has from then on */
        void onStop(Ptrace ptrace, int tid, int status);
    }

    private static final Logger LOG = LoggerFactory.getLogger(Tracer.class);

    /** A parent that has not told of its child for so long will not: it comes to that when it has woken the child. */
    private static final long ORPHANED_NANOS = 1_000_000_000;

    private record End(int tid, int status) {}

    private final ConcurrentLinkedQueue<Runnable> tasks = new ConcurrentLinkedQueue<>();
    private final ConcurrentLinkedQueue<End> ends = new ConcurrentLinkedQueue<>();
    private final Map<Integer, StopHandler> handlers = new ConcurrentHashMap<>();
    /** Stopped threads that have no handler yet, and since when, in nanoseconds. Tracing thread only. */
    private final Map<Integer, Long> unclaimed = new HashMap<>();

    private final Ptrace ptrace = new Ptrace();
    private final Semaphore drained = new Semaphore(0);
    private final Thread thread;
    private final Thread waiter;
    private volatile boolean drainWanted;
    private volatile boolean closed;

    Tracer() {
        thread = new Thread(this::run, "hitotsu-tracer");
        waiter = new Thread(this::awaitStops, "hitotsu-tracer-wait");
        thread.setDaemon(true);
        waiter.setDaemon(true);
        thread.start();
        waiter.start();
    }

    /** Runs {@code task} on the tracing thread, after those submitted before it. May be called from any thread. */
    void submit(Consumer<Ptrace> task) {
        tasks.add(() -> task.accept(ptrace));
        LockSupport.unpark(thread);
    }

    /** As {@link #submit}, answering through {@code done} (result, or failure and null result) on the tracing thread. */
    <T> void submit(TraceTask<T> task, java.util.function.BiConsumer<T, Throwable> done) {
        submit(ptrace -> {
            T result;
            try {
                result = task.run(ptrace);
            } catch (Exception e) {
                done.accept(null, e);
                return;
            }
            done.accept(result, null);
        });
    }

    /** A task with a result which may fail. */
    interface TraceTask<T> {
        T run(Ptrace ptrace) throws Exception;
    }

    /** Names who hears of the stops of {@code tid}. To be called before the thread can stop. */
    void handle(int tid, StopHandler handler) {
        handlers.put(tid, handler);
        LockSupport.unpark(waiter);
    }

    @Nullable
    StopHandler handler(int tid) {
        return handlers.get(tid);
    }

    void forget(int tid) {
        handlers.remove(tid);
    }

    private void run() {
        while (!closed) {
            // First: the number of a thread that has ended may be another one's soon.
            End end = ends.poll();
            if (end != null) {
                guarded(() -> handOut(end.tid(), end.status()));
                continue;
            }
            Runnable task = tasks.poll();
            if (task != null) {
                guarded(task);
                continue;
            }
            if (drainWanted) {
                drainWanted = false;
                guarded(this::drain);
                drained.release();
                continue;
            }
            if (unclaimed.isEmpty()) {
                LockSupport.park(this);
            } else {
                LockSupport.parkNanos(this, ORPHANED_NANOS);
                guarded(this::letOrphansGo);
            }
        }
        ptrace.close();
    }

    private void drain() {
        while (true) {
            long tid = ptrace.poll();
            if (tid <= 0) {
                return;
            }
            handOut((int) tid, ptrace.lastStatus());
        }
    }

    private void handOut(int tid, int status) {
        StopHandler handler = handlerOfStop(tid, status);
        if (handler != null) {
            handler.onStop(ptrace, tid, status);
        } else if (Ptrace.stopped(status)) {
            // A new thread, attached with its parent: its first stop may come before the parent's event.
            unclaimed.put(tid, System.nanoTime());
        } else {
            unclaimed.remove(tid);
        }
    }

    /**
     * A fork's parent that is killed before it stops for its event never stops for it (ptrace_stop(): not with a fatal signal
     * pending), but its child has stopped and would stay so. A thread is not meant: it is killed with its parent.
     */
    private void letOrphansGo() {
        long now = System.nanoTime();
        unclaimed.entrySet().removeIf(stopped -> {
            int tid = stopped.getKey();
            if (now - stopped.getValue() < ORPHANED_NANOS) {
                return false;
            }
            ProcessStatus status = ProcessStatus.ifAlive(tid);
            if (status != null && status.process() != tid) {
                return false;
            }
            ptrace.detach(tid, 0);
            return true;
        });
    }

    /**
     * Who hears of a stop. An execve is reported under the process's id, whoever made it; the message is the id which that
     * thread had before (ptrace(2), since Linux 3.0). Its first thread may be traced for something else meanwhile, and other
     * threads be in execves of their own.
     */
    private @Nullable StopHandler handlerOfStop(int tid, int status) {
        StopHandler former = Ptrace.stopped(status) && Ptrace.event(status) == Ptrace.EVENT_EXEC
                ? handlers.get((int) ptrace.eventMessage(tid))
                : null;
        return former != null ? former : handlers.get(tid);
    }

    /**
     * Waits for the first stop of a thread that the kernel attached together with its parent, and names its handler. On
     * the tracing thread. False if the thread has ended.
     */
    boolean claim(Ptrace ptrace, int tid, StopHandler handler) {
        handle(tid, handler);
        return unclaimed.remove(tid) != null || ptrace.waitFor(tid) == tid && Ptrace.stopped(ptrace.lastStatus());
    }

    private void awaitStops() {
        EndTaker taker = new EndTaker(ptrace, (tid, status) -> ends.add(new End(tid, status)));
        try (NativeMemory siginfo = new NativeMemory(128)) {
            while (!closed) {
                long result = Ptrace.awaitAny(siginfo.address());
                if (result == -Linux.EINTR) {
                    continue;
                }
                if (result < 0) {
                    // ECHILD: nothing is traced. handle() wakes this thread; the limit covers a wake-up that came
                    // first.
                    LockSupport.parkNanos(this, handlers.isEmpty() ? 1_000_000_000L : 1_000_000L);
                    continue;
                }
                drainWanted = true;
                LockSupport.unpark(thread);
                while (!isDrained()) {
                    taker.look(siginfo);
                }
            }
        }
    }

    private boolean isDrained() {
        try {
            return drained.tryAcquire(EndTaker.LOOK_MILLIS, TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            return false; // nobody does that
        }
    }

    private static void guarded(Runnable task) {
        try {
            task.run();
        } catch (RuntimeException | LinkageError e) {
            // The thread would end with it, and all that it traces be left.
            LOG.error("tracer task failed", e);
        }
    }

    @Override
    public void close() {
        closed = true;
        LockSupport.unpark(thread);
        LockSupport.unpark(waiter);
        drained.release();
    }
}
