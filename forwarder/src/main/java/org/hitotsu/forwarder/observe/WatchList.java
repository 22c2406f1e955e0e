package org.hitotsu.forwarder.observe;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;

/**
 * Ids that are watched, each for a while longer than it is wanted.
 *
 * <p>Attaching an eBPF program right after it was detached waits for an RCU grace period of up to 20 ms, and a thread that
 * goes home for one system call is back within a few ms: the while keeps the program attached over such pauses.
 *
 * <p>Times are those of {@link System#nanoTime}. Confined to one thread.
 */
final class WatchList {
    private static final class Entry {
        boolean wanted = true;
        long endedAt;
    }

    private final Map<Integer, Entry> entries = new HashMap<>();
    private final long lingerNanos;

    /** Ids stay for {@code lingerNanos} ns after they have ended. */
    WatchList(long lingerNanos) {
        this.lingerNanos = lingerNanos;
    }

    /** The id is wanted. Returns whether watching it is to begin. */
    boolean begin(int id) {
        Entry entry = entries.get(id);
        if (entry != null) {
            entry.wanted = true;
            return false;
        }
        entries.put(id, new Entry());
        return true;
    }

    /** The id is not wanted from {@code now} on. */
    void end(int id, long now) {
        Entry entry = entries.get(id);
        if (entry != null && entry.wanted) {
            entry.wanted = false;
            entry.endedAt = now;
        }
    }

    /** Whether what was seen of the id at {@code at} is of interest: it was wanted then, or is again. */
    boolean covers(int id, long at) {
        Entry entry = entries.get(id);
        return entry != null && (entry.wanted || at - entry.endedAt <= 0);
    }

    /** Forgets the ids whose while is over, and returns them: watching them is to end. */
    List<Integer> expire(long now) {
        List<Integer> expired = new ArrayList<>();
        for (Iterator<Map.Entry<Integer, Entry>> it = entries.entrySet().iterator(); it.hasNext(); ) {
            Map.Entry<Integer, Entry> next = it.next();
            if (!next.getValue().wanted && now - next.getValue().endedAt >= lingerNanos) {
                expired.add(next.getKey());
                it.remove();
            }
        }
        return expired;
    }

    /** All ids, ended ones that linger included. */
    List<Integer> ids() {
        return List.copyOf(entries.keySet());
    }

    boolean isEmpty() {
        return entries.isEmpty();
    }

    void clear() {
        entries.clear();
    }
}
