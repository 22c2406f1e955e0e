package org.hitotsu.forwarder.share.threads;

import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/** The threads of one share at its origin: those that there are, in the order in which they came, and the last that ended. */
final class ThreadTable {
    /** Ended threads that `ps` still lists, of one program. */
    private static final int REMEMBERED = 1024;

    private final int origin;
    private final IntConsumer onAway;
    private final Map<Integer, SharedThread> byTid = new LinkedHashMap<>();
    private final Map<Long, SharedThread> byId = new HashMap<>();
    private final Map<Long, SharedThread> ended = new LinkedHashMap<>();
    private long nextId = 1;
    private long syscallsOfEnded;
    private int away;

    /**
     * @param origin the node's own id
     * @param onAway told how many threads are on other nodes, or on the way there, when that has changed
     */
    ThreadTable(int origin, IntConsumer onAway) {
        this.origin = origin;
        this.onAway = onAway;
    }

    /** A new thread, at home. */
    SharedThread add(int tid) {
        SharedThread thread = new SharedThread(nextId++, tid, origin);
        byTid.put(tid, thread);
        byId.put(thread.id(), thread);
        return thread;
    }

    @Nullable
    SharedThread byTid(int tid) {
        return byTid.get(tid);
    }

    @Nullable
    SharedThread byId(long id) {
        return byId.get(id);
    }

    boolean contains(int tid) {
        return byTid.containsKey(tid);
    }

    /** Whether it has not ended; its number may be that of another one by now. */
    boolean holds(SharedThread thread) {
        return byTid.get(thread.tid()) == thread;
    }

    Set<Integer> tids() {
        return byTid.keySet();
    }

    /** A view. */
    Collection<SharedThread> all() {
        return byTid.values();
    }

    /** Those that ended last, the first of them first. A view. */
    Collection<SharedThread> ended() {
        return ended.values();
    }

    /** Threads that have ended keep what they forwarded in this sum. */
    long syscallsForwarded() {
        return byTid.values().stream().mapToLong(SharedThread::syscalls).sum() + syscallsOfEnded;
    }

    /** The thread is on {@code node}, or on the way there. */
    void visit(SharedThread thread, int node) {
        int before = away;
        // One that has ended may still be on its way home, and does not count any more.
        if (holds(thread)) {
            away += (node == origin ? 0 : 1) - (thread.node() == origin ? 0 : 1);
        }
        thread.visit(node);
        if (away != before) {
            onAway.accept(away);
        }
    }

    /** The thread has ended; null if there is none of this number. */
    @Nullable
    SharedThread remove(int tid) {
        SharedThread thread = byTid.remove(tid);
        if (thread == null) {
            return null;
        }
        byId.remove(thread.id());
        syscallsOfEnded += thread.syscalls();
        ended.put(thread.id(), thread);
        if (ended.size() > REMEMBERED) {
            ended.remove(ended.keySet().iterator().next());
        }
        if (thread.node() != origin) {
            onAway.accept(--away);
        }
        return thread;
    }

    /** All have ended. */
    List<SharedThread> removeAll() {
        List<SharedThread> all = List.copyOf(byTid.values());
        all.forEach(thread -> remove(thread.tid()));
        return all;
    }
}
