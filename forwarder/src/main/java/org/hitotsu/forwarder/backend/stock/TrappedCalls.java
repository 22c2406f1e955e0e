package org.hitotsu.forwarder.backend.stock;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The calls of threads at home whose notification was received and is not answered yet: at most one a thread. Each is
 * answered once; what is asked for a thread that has none is nothing. Event loop only, but for {@link #contains}.
 */
final class TrappedCalls {
    private final Notifications notifications;
    private final Set<Integer> tids = ConcurrentHashMap.newKeySet();

    TrappedCalls(Notifications notifications) {
        this.notifications = notifications;
    }

    void received(OriginTask task, long id) {
        task.trapped = id;
        tids.add(task.tid);
    }

    /** Leaves the answer to the caller: the notification. */
    long take(OriginTask task) {
        long id = task.trapped;
        task.trapped = 0;
        tids.remove(task.tid);
        return id;
    }

    void answer(OriginTask task, long result) {
        if (task.trapped != 0) {
            notifications.answer(take(task), result);
        }
    }

    void proceed(OriginTask task) {
        if (task.trapped != 0) {
            notifications.proceed(take(task));
        }
    }

    /** The thread has ended. */
    void forget(int tid) {
        tids.remove(tid);
    }

    /** Whether a thread waits for the daemon's answer to its call. Any thread. */
    boolean contains(int tid) {
        return tids.contains(tid);
    }
}
