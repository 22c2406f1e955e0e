package org.hitotsu.forwarder.backend.stock;

import io.vertx.core.Context;
import java.util.HashSet;
import java.util.Set;
import org.hitotsu.forwarder.backend.common.KernelException;
import org.hitotsu.forwarder.nativecall.Linux;

/**
 * The notified calls of processes that are under a program's filter and not shared: its children, and a program that was
 * executed in its place and could not be prepared. Each is let happen. Event loop only.
 */
final class UnsharedCalls implements Notifications.Handler {
    private final Context context;
    private final Tracer tracer;
    private final Notifications notifications;
    /** Those that wait for the tracing thread. */
    private final Set<Long> waiting = new HashSet<>();

    UnsharedCalls(Context context, Tracer tracer, Notifications notifications) {
        this.context = context;
        this.tracer = tracer;
        this.notifications = notifications;
    }

    @Override
    public void onCall(long id, int tid, long nr, long[] args, boolean foreignAbi) {
        if (nr != Linux.NR_RT_SIGACTION || foreignAbi) {
            notifications.proceed(id);
            return;
        }
        waiting.add(id);
        tracer.submit(ptrace -> {
            ChildTracee.beforeAction(ptrace, tracer, tid, args[1]);
            context.runOnContext(ignored -> {
                if (waiting.remove(id)) {
                    notifications.proceed(id);
                }
            });
        });
    }

    /** What the calls come from, the shared program's among them. */
    Notifications notifications() {
        return notifications;
    }

    /** All calls are such ones from now on: no program under the filter is shared. */
    void answerAll() {
        notifications.handler(this);
    }

    /** Whether there may be calls yet. */
    boolean isOpen() {
        return !notifications.isClosed();
    }

    /** Lets those happen that wait, after which nobody else answers them: the keeper receives only what comes from then on. */
    void letHappen() {
        waiting.forEach(notifications::proceed);
        waiting.clear();
    }

    /** Has a {@link Keeper} let the calls happen from now on: the daemon stops. */
    void handOver(String keeperPath) throws KernelException {
        try (Keeper keeper = Keeper.start(keeperPath, notifications.fd())) {
            letHappen();
            notifications.close();
            keeper.begin();
        }
    }
}
