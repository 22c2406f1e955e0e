package org.hitotsu.forwarder.share.threads;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.hitotsu.coherence.CacheOptions;
import org.hitotsu.forwarder.backend.CallMemory;
import org.hitotsu.forwarder.backend.OriginSpace;
import org.hitotsu.forwarder.backend.OriginThreads;
import org.hitotsu.forwarder.backend.PagePort;
import org.hitotsu.forwarder.backend.ProcessorPort;
import org.hitotsu.forwarder.backend.SpaceLayout;
import org.hitotsu.forwarder.membership.PeerNetwork;
import org.hitotsu.forwarder.metrics.Metrics;
import org.hitotsu.forwarder.share.ShareKey;
import org.hitotsu.forwarder.share.pages.BytesPort;
import org.hitotsu.forwarder.share.pages.InMemoryNetwork;
import org.hitotsu.forwarder.share.pages.NodeMemory;
import org.hitotsu.forwarder.share.pages.OriginMemory;
import org.hitotsu.forwarder.share.pages.PageCounters;
import org.hitotsu.forwarder.share.pages.TestLoop;
import org.hitotsu.forwarder.share.proto.PageBatch;
import org.hitotsu.forwarder.share.proto.PageOperation;
import org.hitotsu.forwarder.wire.Payload;
import org.jspecify.annotations.Nullable;

/**
 * An origin with one host, played by the test, which reads pages and writes down the range invalidations that it gets, so
 * that a test sees which range is locked, how, and when.
 */
final class OriginFixture implements AutoCloseable {

    static final ShareKey KEY = new ShareKey(1, 9, 1);
    static final int ORIGIN = 1;
    static final int HOST = 2;

    final TestLoop loop = new TestLoop();
    final InMemoryNetwork network = new InMemoryNetwork(loop.context());
    /** What happened, in order. */
    final List<String> log = new ArrayList<>();

    final RecordingThreads threads = new RecordingThreads(log);
    final Metrics metrics = new Metrics(new SimpleMeterRegistry());
    final OriginMemory memory;
    final Space space = new Space();
    final MemoryCalls calls;
    final PriorityPages priorityPages;
    /** Whether the host gives ranges back as soon as it is asked. */
    boolean hostAnswers = true;

    private final List<Long> unanswered = new ArrayList<>();

    OriginFixture() throws Exception {
        PeerNetwork origin = network.node(ORIGIN);
        PagePort port = new BytesPort(loop.context(), true);
        NodeMemory.Listener listener = new NodeMemory.Listener() {
            @Override
            public void onFaultDenied(int tid, long page, int reason) {
                log.add("denied " + tid);
            }

            @Override
            public void onBroken(String why) {
                log.add("broken " + why);
            }
        };
        CacheOptions options = new CacheOptions(0, 1, 1);
        memory = loop.call(() -> new OriginMemory(
                loop.context(), origin, KEY, port, listener, new PageCounters(metrics), metrics, options));
        calls = new MemoryCalls(space, memory);
        priorityPages = new PriorityPages(space, memory);
        loop.run(() -> {
            origin.onShareMessage((from, message, frame, offset, length) ->
                    memory.onBatch(from, message.getPages(), frame, offset, length));
            network.node(HOST).onShareMessage((from, message, frame, offset, length) -> atHost(message.getPages()));
            memory.addHost(HOST);
        });
    }

    /** The mover of the process's threads, which are told of the origin's processors alone and stay where they are. */
    ThreadMover mover(ThreadMover.Listener listener) throws Exception {
        return loop.call(() -> new ThreadMover(
                loop.context(),
                network.node(ORIGIN),
                KEY,
                space,
                memory,
                new Placement(false, List::of),
                listener,
                metrics,
                null));
    }

    private void atHost(PageBatch batch) {
        int tokens = 0;
        for (int i = 0; i < batch.getOperationCount(); i++) {
            PageOperation operation = batch.getOperation(i);
            boolean discard = operation == PageOperation.RANGE_INVALIDATE_NO_DATA;
            if (discard || operation == PageOperation.RANGE_INVALIDATE) {
                log.add((discard ? "discard " : "writeback ")
                        + RecordingThreads.hex(batch.getPage(i), batch.getArgument(i)));
                unanswered.add(batch.getToken(tokens++));
            }
        }
        if (hostAnswers) {
            answerRanges();
        }
    }

    /** The host gives back what it was asked for. */
    void answerRanges() {
        for (long token : unanswered) {
            toOrigin(PageOperation.RANGE_REPLY, 0, token);
        }
        unanswered.clear();
    }

    private void toOrigin(PageOperation operation, long page, long argument) {
        PageBatch batch = PageBatch.newBuilder()
                .addOperation(operation)
                .addPage(page)
                .addArgument(argument)
                .build();
        network.node(HOST).send(ORIGIN, KEY.message().setPages(batch).build(), Payload.EMPTY);
    }

    /** Has the host take read copies of {@code count} pages. */
    void hostReads(long firstPage, int count) throws Exception {
        loop.run(() -> toOrigin(PageOperation.REQUEST_READ, firstPage, count));
        loop.settle();
    }

    @Override
    public void close() throws Exception {
        loop.run(memory::close);
        loop.close();
    }

    /** The process. */
    final class Space implements OriginSpace {
        /** Whether it maps files itself, or leaves that to the thread. */
        boolean mapsFiles = true;

        long refilled;

        boolean watchedFromStart = true;

        @Nullable
        String homebound;

        final Set<Long> kept = new HashSet<>();

        final RecordingProcessors processors = new RecordingProcessors(log);

        @Override
        public boolean watchedFromStart() {
            return watchedFromStart;
        }

        @Override
        public Future<Void> letGo() {
            throw new UnsupportedOperationException();
        }

        @Override
        public int pid() {
            return 1000;
        }

        @Override
        public SpaceLayout layout() {
            return new SpaceLayout(0, 0, 1000);
        }

        @Override
        public OriginThreads threads() {
            return threads;
        }

        @Override
        public PagePort pages() {
            throw new UnsupportedOperationException();
        }

        @Override
        public ProcessorPort processors() {
            return processors;
        }

        @Override
        public CallMemory callMemory() {
            return processors;
        }

        @Override
        public void vmasChanged() {
            log.add("changed");
        }

        @Override
        public Runnable moving(long start, long length) {
            log.add("moving " + RecordingThreads.hex(start, length));
            return () -> log.add("moved");
        }

        @Override
        public void leaveFaults(long start, long length) {
            log.add("faults left " + RecordingThreads.hex(start, length));
        }

        @Override
        public @Nullable String homebound() {
            return homebound;
        }

        @Override
        public void stayHome(String why) {
            homebound = why;
        }

        @Override
        public boolean isReached(long page) {
            return kept.contains(page);
        }

        @Override
        public void keep(long page) {
            log.add("kept " + RecordingThreads.hex(page));
            kept.add(page);
        }

        @Override
        public Future<@Nullable Long> mapFile(
                int tid, long address, long length, int prot, int flags, int fd, long offset) {
            log.add("map file " + RecordingThreads.hex(address, length, prot, flags, fd, offset));
            return Future.succeededFuture(mapsFiles ? address : null);
        }

        @Override
        public void mayBeReplaced(long start) {
            log.add("replaced from " + RecordingThreads.hex(start));
        }

        @Override
        public boolean isRefilled(long start, long length) {
            return refilled != 0 && refilled >= start && refilled < start + length;
        }

        @Override
        public void kill(String why) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void close() {
            throw new UnsupportedOperationException();
        }
    }
}
