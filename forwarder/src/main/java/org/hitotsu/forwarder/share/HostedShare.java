package org.hitotsu.forwarder.share;

import io.vertx.core.Future;
import io.vertx.core.json.JsonArray;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.hitotsu.coherence.CacheOptions;
import org.hitotsu.forwarder.DaemonContext;
import org.hitotsu.forwarder.backend.Backend;
import org.hitotsu.forwarder.backend.PagePort;
import org.hitotsu.forwarder.backend.ShadowSpace;
import org.hitotsu.forwarder.backend.SpaceLayout;
import org.hitotsu.forwarder.share.pages.HostMemory;
import org.hitotsu.forwarder.share.pages.NodeMemory;
import org.hitotsu.forwarder.share.pages.PageCounters;
import org.hitotsu.forwarder.share.proto.CreateShadow;
import org.hitotsu.forwarder.share.proto.Failure;
import org.hitotsu.forwarder.share.proto.HostReport;
import org.hitotsu.forwarder.share.proto.ShadowReady;
import org.hitotsu.forwarder.share.proto.ShareMessage;
import org.hitotsu.forwarder.share.threads.CaptureVerticle;
import org.hitotsu.forwarder.wire.Payload;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A share whose origin is elsewhere, and this node's shadow for it. Event loop only. */
final class HostedShare implements NodeMemory.Listener, CaptureVerticle.Listener {
    private static final Logger LOG = LoggerFactory.getLogger(HostedShare.class);
    private static final int REPORT_MILLIS = 200;

    private final DaemonContext daemon;
    private final ShareKey key;
    private final PageCounters counters;
    private final ThreadObserver observer;
    private final Set<Integer> running = new HashSet<>();
    private @Nullable ShadowSpace space;
    private @Nullable HostMemory memory;
    private @Nullable CaptureVerticle capture;
    /** Has the id of its deployment. */
    private @Nullable Future<String> deployed;

    private final List<Runnable> early = new ArrayList<>();
    private long reportTimer = -1;
    private long reportedFaults = -1;
    private boolean closed;

    HostedShare(DaemonContext daemon, ShareKey key, ThreadObserver observer) {
        this.daemon = daemon;
        this.key = key;
        this.observer = observer;
        this.counters = new PageCounters(daemon.metrics());
    }

    /** Makes the shadow and tells the origin. */
    void create(Backend backend, CreateShadow request) {
        SpaceLayout layout =
                new SpaceLayout(request.getSpecialStart(), request.getSpecialLength(), request.getProgramPid());
        // Also what throws is an answer: at the origin threads stand still until there is one.
        Future.<Void>succeededFuture()
                .compose(now -> backend.createShadow(layout))
                .map(made -> {
                    if (closed) {
                        made.close();
                    } else {
                        ready(made, request);
                    }
                    return null;
                })
                .onFailure(cause -> {
                    LOG.warn("share {} of node {}: no shadow: {}", key.id(), key.origin(), cause.getMessage());
                    answer(String.valueOf(cause.getMessage()));
                });
    }

    private void ready(ShadowSpace made, CreateShadow request) {
        space = made;
        memory = new HostMemory(
                daemon.context(),
                daemon.network(),
                key,
                made.pages(),
                this,
                counters,
                daemon.metrics(),
                ShareService.cacheOptions(daemon));
        CaptureVerticle verticle = new CaptureVerticle(daemon.network(), key, made.threads(), this, daemon.metrics());
        capture = verticle;
        deployed = daemon.vertx().deployVerticle(verticle);
        for (long id : request.getThreadIdsList()) {
            verticle.addThread(id);
        }
        early.forEach(Runnable::run);
        early.clear();
        reportTimer = daemon.vertx().setPeriodic(REPORT_MILLIS, timer -> report());
        answer("");
    }

    private void answer(String error) {
        send(key.message()
                .setShadowReady(ShadowReady.newBuilder().setError(error))
                .build());
    }

    private void send(ShareMessage message) {
        daemon.network().send(key.origin(), message, Payload.EMPTY);
    }

    private void report() {
        if (counters.faults() != reportedFaults) {
            reportedFaults = counters.faults();
            send(key.message()
                    .setHostReport(HostReport.newBuilder()
                            .setPagesIn(counters.in())
                            .setPagesOut(counters.out())
                            .setFaults(counters.faults()))
                    .build());
        }
    }

    /** A message of the origin. */
    void onMessage(ShareMessage message, byte[] frame, int offset, int length) {
        CaptureVerticle threads = capture;
        HostMemory pages = memory;
        if (closed) {
            return;
        }
        if (threads == null || pages == null) {
            // The shadow is being made; the order of the messages is part of the protocol.
            early.add(() -> onMessage(message, frame, offset, length));
            return;
        }
        switch (message.getBodyCase()) {
            case THREAD_ADDED -> threads.addThread(message.getThreadAdded().getThreadId());
            case THREAD_REMOVED ->
                threads.removeThread(message.getThreadRemoved().getThreadId());
            case TRANSPLANT ->
                threads.onTransplant(message.getTransplant(), Arrays.copyOfRange(frame, offset, offset + length));
            case RECALL ->
                threads.onRecall(
                        message.getRecall().getThreadId(), message.getRecall().getReason());
            case SYSCALL_REPLY -> threads.onReply(message.getSyscallReply());
            case PAGES -> pages.onBatch(message.getPages(), frame, offset, length);
            default -> throw new IllegalArgumentException(message.getBodyCase() + " is not for a host");
        }
    }

    @Override
    public void onFaultDenied(int tid, long page, int reason) {
        CaptureVerticle threads = capture;
        if (threads != null) {
            PagePort.Denial[] denials = PagePort.Denial.values();
            String why = reason >= 0 && reason < denials.length ? denials[reason].name() : "unknown";
            threads.onFaultDenied(tid, "access-" + why.toLowerCase(Locale.ROOT).replace('_', '-'));
        }
    }

    @Override
    public void onBroken(String why) {
        fail(why);
    }

    @Override
    public void onShadowGone(String why) {
        fail(why);
    }

    @Override
    public void onRunsHere(int tid) {
        running.add(tid);
        observer.onRunsHere(tid);
        if (space != null) {
            observer.onShared(space.pid());
        }
    }

    @Override
    public void onLeft(int tid) {
        running.remove(tid);
        observer.onLeft(tid);
        if (running.isEmpty() && space != null) {
            observer.onUnshared(space.pid());
        }
    }

    /** Tells the origin that its program can't go on here, and closes. */
    void fail(String why) {
        if (closed) {
            return;
        }
        LOG.error("share {} of node {}: {}; the program is ended", key.id(), key.origin(), why);
        send(key.message().setFailure(Failure.newBuilder().setWhy(why)).build());
        close();
    }

    int runningThreads() {
        return capture == null ? 0 : capture.running();
    }

    /** Pages with the most faults of this node's shadow. */
    JsonArray hot() {
        return space == null ? new JsonArray() : OriginShare.hot(observer, space.pid());
    }

    void close() {
        if (closed) {
            return;
        }
        closed = true;
        if (reportTimer >= 0) {
            daemon.vertx().cancelTimer(reportTimer);
        }
        List.copyOf(running).forEach(this::onLeft);
        if (memory != null) {
            memory.close();
        }
        if (deployed != null) {
            deployed.onSuccess(id -> daemon.vertx().undeploy(id).otherwiseEmpty());
        }
        if (space != null) {
            space.close();
        }
    }

    static CacheOptions optionsOf(long holdNanos) {
        return new CacheOptions(holdNanos, CacheOptions.DEFAULT.maxReadWindow(), CacheOptions.DEFAULT.maxWriteWindow());
    }
}
