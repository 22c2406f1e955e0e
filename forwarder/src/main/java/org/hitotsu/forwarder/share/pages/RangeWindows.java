package org.hitotsu.forwarder.share.pages;

import java.util.HashMap;
import java.util.Map;
import java.util.function.Consumer;
import org.hitotsu.coherence.PageCache;
import org.hitotsu.coherence.ProtocolException;
import org.jspecify.annotations.Nullable;

/**
 * Ranges that are taken away from a host, window by window: a range may hold more than the daemon has memory for, and the
 * pages of one turn of the event loop are all in memory until the network has taken them. The next window begins when the
 * one before has left this node. The directory keeps the whole range locked until the last one is done, so for it nothing
 * differs, and threads here go on using the pages whose window has not come.
 *
 * <p>Event loop only, within the {@link EventPump}.
 */
final class RangeWindows {
    /** 4 MiB: enough for a fast network to be busy. */
    static final int WINDOW_PAGES = 1024;

    private final Consumer<Consumer<PageCache<PageData>>> whenSent;
    private final Map<Long, Range> open = new HashMap<>();

    /** The part of a range whose windows have not begun. */
    private static final class Range {
        final long token;
        final long[] tracked;
        final long end;
        int window;
        long next;

        Range(long token, long[] tracked, long firstPage, long count) {
            this.token = token;
            this.tracked = tracked;
            this.next = firstPage;
            this.end = firstPage + count;
        }
    }

    /** @param whenSent gives its argument, an event, to the cache when this node has sent what it has to send */
    RangeWindows(Consumer<Consumer<PageCache<PageData>>> whenSent) {
        this.whenSent = whenSent;
    }

    /**
     * Has the cache give up a range with its contents.
     *
     * @throws ProtocolException if it is no range of pages, or is being taken away already
     */
    void start(PageCache<PageData> cache, long firstPage, long count, long token, long now) {
        Range range = new Range(token, cache.trackedIn(firstPage, count), firstPage, count);
        if (open.putIfAbsent(token, range) != null) {
            throw new IllegalStateException("a range is taken away that is being taken away");
        }
        begin(cache, range, now);
    }

    private static void begin(PageCache<PageData> cache, Range range, long now) {
        long first = range.next;
        range.window++;
        int following = range.window * WINDOW_PAGES;
        // The windows are the whole range: pages may have been asked for since.
        range.next = following < range.tracked.length ? range.tracked[following] : range.end;
        cache.onRangeInvalidate(first, range.next - first, true, range.token, now);
    }

    /** To be called when the cache has given up what it was asked for; whether that is all. */
    boolean isDone(long token) {
        @Nullable Range range = open.get(token);
        if (range != null && range.next < range.end) {
            whenSent.accept(cache -> begin(cache, range, System.nanoTime()));
            return false;
        }
        open.remove(token);
        return true;
    }
}
