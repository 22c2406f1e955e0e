package org.hitotsu.forwarder.backend.common;

import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.IntPredicate;

/**
 * A {@link FrozenProcess} for the event loop: everything runs on an operating-system thread of its own, since ptrace ties a
 * tracee to the thread that has attached it. Event loop only.
 */
public final class Freezer {
    /** For a thread that reads from a disk, not for one that waits for its vfork child. */
    private static final long FREEZE_NANOS = TimeUnit.SECONDS.toNanos(5);

    private static final long THAW_NANOS = TimeUnit.MILLISECONDS.toNanos(200);

    /** What is done to the frozen process. */
    public interface Work<T> {
        T run(FrozenProcess process) throws Exception;
    }

    private final Context context;
    private final FrozenProcess process;
    private final ExecutorService thread;

    public Freezer(Context context, int pid) {
        this.context = context;
        this.process = new FrozenProcess(pid);
        this.thread = Executors.newSingleThreadExecutor(work -> {
            Thread made = new Thread(work, "hitotsu-freeze");
            made.setDaemon(true);
            return made;
        });
    }

    /** Stops every thread, and names them; see {@link FrozenProcess#freeze}. If it fails, {@link #thaw} is still to be called. */
    public Future<List<Integer>> freeze(IntPredicate held) {
        return run(frozen -> {
            frozen.freeze(held, FREEZE_NANOS);
            return frozen.stopped();
        });
    }

    /** Completes on the event loop. */
    public <T> Future<T> run(Work<T> work) {
        Promise<T> done = Promise.promise();
        thread.execute(() -> {
            try {
                T result = work.run(process);
                context.runOnContext(ignored -> done.complete(result));
            } catch (Exception e) {
                context.runOnContext(ignored -> done.fail(e));
            }
        });
        return done.future();
    }

    /** Lets the process go on; the last call. Completes when nothing of it is traced any more. */
    public Future<Void> thaw() {
        Future<Boolean> thawed = run(frozen -> {
            frozen.thaw(THAW_NANOS);
            frozen.close();
            return true;
        });
        // With the thread, what could not be stopped in time is let go.
        thread.shutdown();
        return thawed.mapEmpty();
    }
}
