package org.hitotsu.forwarder.observe;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.WorkerExecutor;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.hitotsu.bpf.BpfUnavailableException;
import org.hitotsu.bpf.FaultAccess;
import org.hitotsu.bpf.FaultListener;
import org.hitotsu.bpf.ForwardListener;
import org.hitotsu.bpf.SyscallObserver;
import org.hitotsu.forwarder.DaemonContext;
import org.hitotsu.forwarder.loop.LoopFd;
import org.hitotsu.forwarder.metrics.Metrics;
import org.hitotsu.forwarder.share.ThreadObserver;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Counts what the kernel sees of shared processes, by eBPF programs that are attached only while there is something to
 * see. Where the kernel refuses, the daemon says so once and goes on without.
 *
 * <p>Records are read on the event loop, in batches: a wake-up for each would cost the loop more than the system call it
 * tells of. Programs are loaded, attached and detached on one worker thread, in the order in which that was asked for.
 */
public final class EbpfObserver implements ThreadObserver {
    private static final Logger LOG = LoggerFactory.getLogger(EbpfObserver.class);

    /** A quarter of the ring may fill before the loop is woken; the timer comes first unless there is a storm. */
    private static final SyscallObserver.Options OPTIONS = new SyscallObserver.Options(1 << 20, 1 << 18);

    private static final int READ_MILLIS = 200;
    /** Some half a millisecond of the event loop; what is left keeps the descriptor readable. */
    private static final int RECORDS_AT_ONCE = 4096;

    private static final long LINGER_NANOS = TimeUnit.SECONDS.toNanos(1);
    private static final int HOT_PAGES = 8;
    /** Numbers from here on are the back-ends' own, by which their threads stand waiting; Linux 6.18 ends at 470. */
    private static final int NO_SYSCALL = 1024;

    private final Opener opener;

    // Event loop only.
    private final WatchList threads = new WatchList(LINGER_NANOS);
    private final WatchList processes = new WatchList(LINGER_NANOS);
    private final Map<Integer, HotPages> hot = new HashMap<>();
    private @Nullable DaemonContext daemon;
    private @Nullable WorkerExecutor worker;
    private Future<SyscallObserver> opened = Future.failedFuture("not started");
    /** Null unless the programs are loaded and in use. */
    private @Nullable SyscallObserver observer;

    private @Nullable LoopFd readable;
    private boolean unavailable;
    /** Written on the event loop, read at scrapes. */
    private volatile boolean observing;

    private long timer = -1;
    private long lostForwards;
    private long lostFaults;
    private long unseenForwards;

    /** Opens what this observes through. */
    interface Opener {
        SyscallObserver open(SyscallObserver.Options options, ForwardListener forwards, FaultListener faults)
                throws BpfUnavailableException;
    }

    /** A step of the worker. */
    private interface Step {
        void run() throws BpfUnavailableException;
    }

    /** For {@link java.util.ServiceLoader}. */
    public EbpfObserver() {
        this(Observers::open);
    }

    EbpfObserver(Opener opener) {
        this.opener = opener;
    }

    @Override
    public void start(DaemonContext context) {
        daemon = context;
        WorkerExecutor thread = context.vertx().createSharedWorkerExecutor("hitotsu-observe", 1);
        worker = thread;
        context.metrics().observerFrom(() -> observing ? 1 : 0);
        opened = thread.executeBlocking(() -> opener.open(OPTIONS, this::onForward, this::onFault));
        opened.onSuccess(this::ready).onFailure(this::refused);
    }

    private DaemonContext daemon() {
        return Objects.requireNonNull(daemon, "started");
    }

    private void ready(SyscallObserver loaded) {
        if (unavailable) {
            return;
        }
        observer = loaded;
        observing = true;
        readable = LoopFd.watch(daemon().context(), loaded.fd(), ready -> loaded.poll(RECORDS_AT_ONCE));
        // Those that came while the programs were loaded.
        threads.ids().forEach(tid -> onWorker(() -> loaded.watchThread(tid)));
        processes.ids().forEach(tgid -> onWorker(() -> loaded.watchProcess(tgid)));
    }

    private void onWorker(Step step) {
        Objects.requireNonNull(worker)
                .executeBlocking(() -> {
                    step.run();
                    return null;
                })
                .onFailure(this::refused);
    }

    private void refused(Throwable cause) {
        if (unavailable) {
            return;
        }
        if (cause instanceof BpfUnavailableException) {
            LOG.warn("observe: {}; going on without", cause.getMessage());
        } else {
            LOG.error("observe: failed; going on without", cause);
        }
        end();
    }

    /** Nothing is watched from now on. Completes when nothing is left in the kernel. */
    private Future<Void> end() {
        unavailable = true;
        observing = false;
        Vertx vertx = daemon().vertx();
        if (timer >= 0) {
            vertx.cancelTimer(timer);
            timer = -1;
        }
        LoopFd watched = readable;
        if (watched != null) {
            watched.close();
        }
        observer = null;
        threads.clear();
        processes.clear();
        hot.clear();
        WorkerExecutor thread = Objects.requireNonNull(worker);
        return opened.transform(done -> {
            SyscallObserver loaded = done.result();
            // On the worker, behind every watch that was asked for.
            return loaded == null
                    ? Future.succeededFuture()
                    : thread.executeBlocking(() -> {
                        loaded.close();
                        return null;
                    });
        });
    }

    @Override
    public Future<Void> stop() {
        WorkerExecutor thread = worker;
        return thread == null ? Future.succeededFuture() : end().eventually(thread::close);
    }

    // What is to be watched.

    @Override
    public void onRunsHere(int tid) {
        if (!unavailable && threads.begin(tid)) {
            SyscallObserver loaded = observer;
            if (loaded != null) {
                onWorker(() -> loaded.watchThread(tid));
            }
            startReading();
        }
    }

    @Override
    public void onLeft(int tid) {
        threads.end(tid, System.nanoTime());
    }

    @Override
    public void onShared(int tgid) {
        if (!unavailable && processes.begin(tgid)) {
            hot.put(tgid, new HotPages());
            SyscallObserver loaded = observer;
            if (loaded != null) {
                onWorker(() -> loaded.watchProcess(tgid));
            }
            startReading();
        }
    }

    @Override
    public void onUnshared(int tgid) {
        processes.end(tgid, System.nanoTime());
    }

    private void startReading() {
        if (timer < 0) {
            timer = daemon().vertx().setPeriodic(READ_MILLIS, id -> read());
        }
    }

    private void read() {
        SyscallObserver loaded = observer;
        if (loaded != null) {
            loaded.poll(RECORDS_AT_ONCE);
            countLost(loaded);
        }
        long now = System.nanoTime();
        for (int tid : threads.expire(now)) {
            if (loaded != null) {
                onWorker(() -> loaded.unwatchThread(tid));
            }
        }
        for (int tgid : processes.expire(now)) {
            hot.remove(tgid);
            if (loaded != null) {
                onWorker(() -> loaded.unwatchProcess(tgid));
            }
        }
        if (threads.isEmpty() && processes.isEmpty()) {
            daemon().vertx().cancelTimer(timer);
            timer = -1;
        }
    }

    private void countLost(SyscallObserver loaded) {
        long forwards = loaded.lostForwards();
        long faults = loaded.lostFaults();
        long unseen = loaded.unseenForwards();
        Metrics metrics = daemon().metrics();
        metrics.unobserved(Metrics.Unobserved.SYSCALL_DROPPED, forwards - lostForwards);
        metrics.unobserved(Metrics.Unobserved.FAULT_DROPPED, faults - lostFaults);
        metrics.unobserved(Metrics.Unobserved.SYSCALL_UNSEEN, unseen - unseenForwards);
        lostForwards = forwards;
        lostFaults = faults;
        unseenForwards = unseen;
    }

    // What was seen.

    private void onForward(int tid, int nr, long parkedAt, long resumedAt, boolean signal) {
        // With a signal the wait was cut short, for one to go home: no result was injected.
        if (!signal && nr < NO_SYSCALL && threads.covers(tid, parkedAt)) {
            daemon().metrics().latency(Metrics.Stage.PARKED, resumedAt - parkedAt);
        }
    }

    private void onFault(int tid, int tgid, long address, long ip, FaultAccess access, long at) {
        HotPages pages = hot.get(tgid);
        if (pages == null || !processes.covers(tgid, at)) {
            return;
        }
        pages.fault(address, ip);
        daemon().metrics()
                .kernelFault(
                        switch (access) {
                            case READ -> Metrics.Access.READ;
                            case WRITE -> Metrics.Access.WRITE;
                            case EXEC -> Metrics.Access.EXEC;
                        });
    }

    @Override
    public List<HotPage> hot(int tgid) {
        HotPages pages = hot.get(tgid);
        return pages == null ? List.of() : pages.top(HOT_PAGES);
    }
}
