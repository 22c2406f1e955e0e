package org.hitotsu.forwarder.share.pages;

import io.netty.channel.EventLoop;
import io.vertx.core.Context;
import io.vertx.core.internal.ContextInternal;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.hitotsu.coherence.Access;
import org.hitotsu.coherence.CacheActions;
import org.hitotsu.coherence.CacheOptions;
import org.hitotsu.coherence.PageCache;
import org.hitotsu.forwarder.backend.PagePort;
import org.hitotsu.forwarder.metrics.Metrics;
import org.jspecify.annotations.Nullable;

/**
 * One node's part of a share's memory: joins the pure {@link PageCache} with the kernel port and with a link to the
 * directory. Event loop only.
 */
public final class NodeMemory implements PagePort.Events, CacheActions<PageData> {
    /** The way to the directory: across the network, or beside it at the origin. Order is kept. */
    public interface DirectoryLink {
        void request(long firstPage, int count, Access access);

        void recallReply(long page, boolean keptCopy, @Nullable PageData data);

        void denied(long page, int reason);

        void writeback(long page, PageData data);

        void rangeReply(long token);
    }

    /** What becomes of threads, and of memory that fails. */
    public interface Listener {
        /** The thread waits for an access that the origin's address space doesn't allow. */
        void onFaultDenied(int tid, long page, int reason);

        /** The memory's content is in doubt. */
        void onBroken(String why);

        /** The thread began to wait for a page. */
        default void onFault(int tid) {}
    }

    private final EventLoop loop;
    private final EventPump pump;
    private final PagePort port;
    private final DirectoryLink directory;
    private final Listener listener;
    private final PageCounters counters;
    private final Metrics metrics;
    private final PageCache<PageData> cache;
    /** The page whose installation is being reported: the port has woken its waiters already. */
    private long justInstalled = -1;

    private final Map<Long, Waiters> waiting = new HashMap<>();
    private java.util.concurrent.@Nullable ScheduledFuture<?> timer;

    /** Threads that wait for one page. */
    private static final class Waiters {
        final long since = System.nanoTime();
        final Set<Integer> readers = new HashSet<>();
        final Set<Integer> writers = new HashSet<>();
    }

    public NodeMemory(
            Context context,
            EventPump pump,
            PagePort port,
            DirectoryLink directory,
            Listener listener,
            PageCounters counters,
            Metrics metrics,
            int node,
            boolean origin,
            CacheOptions options) {
        this.loop = ((ContextInternal) context).nettyEventLoop();
        this.pump = pump;
        this.port = port;
        this.directory = directory;
        this.listener = listener;
        this.counters = counters;
        this.metrics = metrics;
        this.cache = new PageCache<>(node, origin, options, this);
        port.events(this);
    }

    private static long now() {
        return System.nanoTime();
    }

    /** Runs an event of the cache; for messages of the directory. */
    void deliver(java.util.function.Consumer<PageCache<PageData>> event) {
        pump.run(() -> event.accept(cache));
    }

    boolean isTracked(long page) {
        return cache.isTracked(page);
    }

    // From the kernel port.

    @Override
    public void onFault(long page, boolean write, boolean protectedPage, int tid) {
        counters.fault(
                !write ? Metrics.FaultKind.READ : protectedPage ? Metrics.FaultKind.UPGRADE : Metrics.FaultKind.WRITE);
        listener.onFault(tid);
        Waiters waiters = waiting.computeIfAbsent(page, p -> new Waiters());
        (write ? waiters.writers : waiters.readers).add(tid);
        pump.run(() -> cache.onFault(page, write ? Access.WRITE : Access.READ, now()));
    }

    @Override
    public void onExtracted(long page, byte[] data) {
        pump.run(() -> cache.onExtracted(page, new PageData(data, 0), now()));
    }

    @Override
    public void onExtractDenied(long page, PagePort.Denial reason) {
        pump.run(() -> cache.onExtractDenied(page, reason.ordinal(), now()));
    }

    @Override
    public void onInstalled(long page) {
        justInstalled = page;
        pump.run(() -> cache.onInstalled(page, now()));
        justInstalled = -1;
    }

    @Override
    public void onDropped(long page) {
        pump.run(() -> cache.onDropped(page, now()));
    }

    @Override
    public void onBroken(String why) {
        listener.onBroken(why);
    }

    // From the cache.

    @Override
    public void sendRequest(long firstPage, int count, Access access) {
        directory.request(firstPage, count, access);
    }

    @Override
    public void sendRecallReply(long page, boolean keptCopy, @Nullable PageData data) {
        directory.recallReply(page, keptCopy, data);
    }

    @Override
    public void sendDenied(long page, int reason) {
        directory.denied(page, reason);
    }

    @Override
    public void sendWriteback(long page, PageData data) {
        directory.writeback(page, data);
    }

    @Override
    public void sendRangeReply(long token) {
        directory.rangeReply(token);
    }

    @Override
    public void install(long page, PageData data, boolean writable) {
        port.install(page, data.array(), data.offset(), writable);
    }

    @Override
    public void unprotect(long page) {
        port.unprotect(page);
    }

    @Override
    public void extract(long page, boolean invalidate) {
        port.extract(page, invalidate);
    }

    @Override
    public void drop(long page) {
        port.drop(page);
    }

    @Override
    public void wake(long page) {
        Waiters served = waiting.remove(page);
        if (served != null) {
            metrics.latency(Metrics.Stage.FAULT, now() - served.since);
            if (page != justInstalled) {
                port.wake(page);
            }
        }
    }

    @Override
    public void spurious(long page, Access access) {
        waiting.remove(page);
        port.resolveLocally(page, access == Access.WRITE);
    }

    @Override
    public void faultDenied(long page, Access access, int reason) {
        Waiters waiters = waiting.get(page);
        if (waiters == null) {
            return;
        }
        Set<Integer> denied = access == Access.WRITE ? waiters.writers : waiters.readers;
        Set<Integer> tids = Set.copyOf(denied);
        denied.clear();
        if (waiters.readers.isEmpty() && waiters.writers.isEmpty()) {
            waiting.remove(page);
        }
        for (int tid : tids) {
            listener.onFaultDenied(tid, page, reason);
        }
    }

    @Override
    public void acquired(long token) {
        throw new IllegalStateException("nothing acquires pages");
    }

    @Override
    public void acquireDenied(long token, long page, int reason) {
        throw new IllegalStateException("nothing acquires pages");
    }

    @Override
    public void setTimer(long nanos) {
        close();
        // Straight from Netty, whose timers count in nanoseconds: Vert.x's do in milliseconds, and not below one.
        timer = loop.schedule(() -> pump.run(() -> cache.onTimer(now())), Math.max(0, nanos), TimeUnit.NANOSECONDS);
    }

    /** Stops timers; the pump must be stopped too. */
    public void close() {
        if (timer != null) {
            timer.cancel(false);
            timer = null;
        }
    }
}
