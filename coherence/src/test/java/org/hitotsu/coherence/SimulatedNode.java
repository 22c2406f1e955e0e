package org.hitotsu.coherence;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** One node: its memory, the threads which wait on it, and its page cache. The sink of that cache. */
class SimulatedNode implements CacheActions<Version> {

    static final byte NONE = 0;
    static final byte READABLE = 1;
    static final byte WRITABLE = 2;

    final SimulatedCluster cluster;
    final SimulationScheduler scheduler;
    final int id;
    final boolean origin;
    final PageCache<Version> cache;
    final SimulatedCluster.Link toDirectory;
    final SimulatedCluster.Link fromDirectory;
    /** What the program can do with each page here, and what it would see. */
    final byte[] mode;

    final int[] version;
    /** When the last operation on the page took or will take effect. */
    private final long[] busyUntil;

    final List<SimulatedThread> waiting = new ArrayList<>();
    final Map<Long, SimulatedThread> acquiring = new HashMap<>();
    boolean alive = true;
    private int timerGeneration;

    SimulatedNode(SimulatedCluster cluster, int id) {
        this.cluster = cluster;
        this.scheduler = cluster.scheduler;
        this.id = id;
        this.origin = id == SimulatedCluster.ORIGIN;
        this.cache = new PageCache<>(id, origin, cluster.settings.options(), this);
        this.toDirectory = cluster.newLink(origin);
        this.fromDirectory = cluster.newLink(origin);
        this.mode = new byte[cluster.pages];
        this.version = new int[cluster.pages];
        this.busyUntil = new long[cluster.pages];
    }

    @Override
    public void sendRequest(long firstPage, int count, Access access) {
        cluster.countMessage(id);
        toDirectory.send(() -> cluster.request(id, firstPage, count, access));
    }

    @Override
    public void sendRecallReply(long page, boolean keptCopy, @Nullable Version data) {
        cluster.countMessage(id);
        toDirectory.send(() -> cluster.recallReply(id, page, keptCopy, data));
    }

    @Override
    public void sendDenied(long page, int reason) {
        cluster.countMessage(id);
        toDirectory.send(() -> cluster.directory.onDenied(id, page, reason));
    }

    @Override
    public void sendWriteback(long page, Version data) {
        cluster.countMessage(id);
        toDirectory.send(() -> cluster.writeback(id, page, data));
    }

    @Override
    public void sendRangeReply(long token) {
        cluster.countMessage(id);
        toDirectory.send(() -> cluster.directory.onRangeReply(id, token));
    }

    @Override
    public void install(long page, Version data, boolean writable) {
        operate(page, () -> {
            int p = cluster.index(page);
            cluster.check(mode[p] == NONE, "install over a mapped page", page, id);
            cluster.check(data.page() == page, "contents of another page", page, id);
            mode[p] = writable ? WRITABLE : READABLE;
            version[p] = data.number();
            return () -> cache.onInstalled(page, scheduler.now());
        });
    }

    @Override
    public void unprotect(long page) {
        operate(page, () -> {
            int p = cluster.index(page);
            cluster.check(origin || mode[p] != NONE, "unprotect of nothing", page, id);
            if (mode[p] != NONE) {
                mode[p] = WRITABLE;
            }
            return () -> cache.onInstalled(page, scheduler.now());
        });
    }

    @Override
    public void extract(long page, boolean invalidate) {
        cluster.extracting(id, page);
        operate(page, () -> {
            int p = cluster.index(page);
            if (!cluster.legal(id, p, invalidate ? Access.WRITE : Access.READ)) {
                return () -> cache.onExtractDenied(page, SimulatedCluster.REASON, scheduler.now());
            }
            if (mode[p] == NONE) {
                cluster.check(origin, "extract of nothing", page, id);
                version[p] = cluster.zeros[p];
            }
            Version data = new Version(page, version[p]);
            mode[p] = invalidate ? NONE : READABLE;
            return () -> cache.onExtracted(page, data, scheduler.now());
        });
    }

    @Override
    public void drop(long page) {
        operate(page, () -> {
            int p = cluster.index(page);
            if (!cluster.legal(id, p, Access.WRITE)) {
                return () -> cache.onExtractDenied(page, SimulatedCluster.REASON, scheduler.now());
            }
            mode[p] = NONE;
            return () -> cache.onDropped(page, scheduler.now());
        });
    }

    /** Takes effect some time after now and after what was asked of the page before, and is answered later still. */
    private void operate(long page, Supplier<Runnable> effect) {
        int p = cluster.index(page);
        busyUntil[p] = Math.max(busyUntil[p], scheduler.now() + scheduler.upTo(cluster.settings.memoryDelay()));
        scheduler.at(busyUntil[p], () -> {
            if (alive) {
                Runnable completion = effect.get();
                scheduler.after(scheduler.upTo(cluster.settings.memoryDelay()), () -> {
                    if (alive) {
                        completion.run();
                    }
                });
            }
        });
    }

    @Override
    public void spurious(long page, Access access) {
        int p = cluster.index(page);
        busyUntil[p] = Math.max(busyUntil[p], scheduler.now() + scheduler.upTo(cluster.settings.memoryDelay()));
        scheduler.at(busyUntil[p], () -> {
            if (alive) {
                touch(p, access);
                wake(page);
            }
        });
    }

    /** Zero-fills at the origin and lifts a stale write protection, as a fault which the cache calls spurious needs. */
    void touch(int p, Access access) {
        if (mode[p] == NONE) {
            cluster.check(origin, "spurious fault on nothing", cluster.page(p), id);
            mode[p] = WRITABLE;
            version[p] = cluster.zeros[p];
        } else if (access == Access.WRITE) {
            mode[p] = WRITABLE;
        }
    }

    @Override
    public void wake(long page) {
        for (int i = waiting.size() - 1; i >= 0; i--) {
            if (cluster.page(waiting.get(i).page) == page) {
                waiting.remove(i).retry();
            }
        }
    }

    @Override
    public void faultDenied(long page, Access access, int reason) {
        cluster.check(reason == SimulatedCluster.REASON, "reason of a denial", page, id);
        for (int i = waiting.size() - 1; i >= 0; i--) {
            SimulatedThread thread = waiting.get(i);
            if (cluster.page(thread.page) == page && thread.access == access) {
                waiting.remove(i).denied();
            }
        }
    }

    @Override
    public void acquired(long token) {
        SimulatedThread thread = acquiring.remove(token);
        cluster.check(thread != null, "acquired twice or after cancel", token, id);
        thread.acquired();
    }

    @Override
    public void acquireDenied(long token, long page, int reason) {
        SimulatedThread thread = acquiring.remove(token);
        cluster.check(thread != null && reason == SimulatedCluster.REASON, "denied twice or after cancel", page, id);
        thread.denied();
    }

    @Override
    public void setTimer(long nanos) {
        cluster.check(nanos >= 0, "timer in the past", nanos, id);
        int generation = ++timerGeneration;
        scheduler.after(nanos + scheduler.upTo(cluster.settings.memoryDelay()), () -> {
            if (alive && generation == timerGeneration) {
                cache.onTimer(scheduler.now());
            }
        });
    }
}
