package org.hitotsu.forwarder.share.pages;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.hitotsu.coherence.CacheOptions;
import org.hitotsu.coherence.Pages;
import org.hitotsu.coherence.RangeUse;
import org.hitotsu.forwarder.backend.PagePort.Denial;
import org.hitotsu.forwarder.metrics.Metrics;
import org.hitotsu.forwarder.share.ShareKey;
import org.hitotsu.forwarder.share.proto.PageBatch;
import org.hitotsu.forwarder.share.proto.PageOperation;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** An origin and two hosts, with all between their programs' accesses but a kernel and sockets. */
class SharedMemoryTest {

    private static final ShareKey KEY = new ShareKey(1, 7, 1);
    private static final long PAGE = 0x7f0000000L;

    private final TestLoop loop = new TestLoop();
    private final InMemoryNetwork network = new InMemoryNetwork(loop.context());
    private final BytesPort home = new BytesPort(loop.context(), true);
    private final BytesPort second = new BytesPort(loop.context(), false);
    private final BytesPort third = new BytesPort(loop.context(), false);
    private final List<String> events = new ArrayList<>();
    private final Map<Integer, PageCounters> counters = new HashMap<>();
    private OriginMemory origin;
    private HostMemory[] hosts;

    SharedMemoryTest() throws Exception {
        CacheOptions options = new CacheOptions(1_000, 8, 4);
        origin = loop.call(() -> new OriginMemory(
                loop.context(), network.node(1), KEY, home, listener(1), counter(1), metrics(), options));
        hosts = new HostMemory[] {loop.call(() -> host(2, second, options)), loop.call(() -> host(3, third, options))};
    }

    private HostMemory host(int node, BytesPort port, CacheOptions options) {
        HostMemory host = new HostMemory(
                loop.context(), network.node(node), KEY, port, listener(node), counter(node), metrics(), options);
        network.node(node)
                .onShareMessage((from, message, frame, offset, length) ->
                        host.onBatch(message.getPages(), frame, offset, length));
        origin.addHost(node);
        return host;
    }

    private static Metrics metrics() {
        return new Metrics(new SimpleMeterRegistry());
    }

    private PageCounters counter(int node) {
        return counters.computeIfAbsent(node, n -> new PageCounters(metrics()));
    }

    private NodeMemory.Listener listener(int node) {
        return new NodeMemory.Listener() {
            @Override
            public void onFaultDenied(int tid, long page, int reason) {
                events.add("denied " + node + " " + tid + " " + (page - PAGE) + " " + Denial.values()[reason]);
            }

            @Override
            public void onBroken(String why) {
                events.add("broken " + node + ": " + why);
            }
        };
    }

    @BeforeEach
    void connect() {
        network.node(1)
                .onShareMessage((from, message, frame, offset, length) ->
                        origin.onBatch(from, message.getPages(), frame, offset, length));
    }

    @AfterEach
    void close() throws Exception {
        loop.run(() -> {
            origin.close();
            for (HostMemory host : hosts) {
                host.close();
            }
        });
        loop.close();
    }

    private int read(BytesPort where, long page) throws Exception {
        return loop.await(() -> where.read(page, 100));
    }

    private void write(BytesPort where, long page, int value) throws Exception {
        loop.await(() -> where.write(page, 100, value));
    }

    @Test
    void whatIsWrittenOnOneNodeIsReadOnTheOthers() throws Exception {
        write(home, PAGE, 1);
        assertThat(read(second, PAGE)).isEqualTo(1);
        write(second, PAGE, 2);
        assertThat(read(third, PAGE)).isEqualTo(2);
        assertThat(read(home, PAGE)).isEqualTo(2);
        write(third, PAGE, 3);
        write(home, PAGE, 4);
        assertThat(read(second, PAGE)).isEqualTo(4);
        assertThat(events).isEmpty();
        assertThat(counter(2).in()).isPositive();
        assertThat(counter(3).out()).isPositive();
        assertThat(counter(2).faults()).isPositive();
    }

    @Test
    void writerIsAlone() throws Exception {
        read(second, PAGE);
        read(third, PAGE);
        assertThat(home.isWritable(PAGE)).isFalse();
        write(second, PAGE, 1);
        loop.run(() -> {
            assertThat(second.isWritable(PAGE)).isTrue();
            assertThat(third.isPresent(PAGE)).isFalse();
            assertThat(home.isPresent(PAGE)).isFalse();
        });
    }

    /** Each access sees what the last write to that page, on whatever node, has left. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6})
    void randomProgramsAgreeOnEveryPage(long seed) throws Exception {
        byte[] latest = new byte[6];
        int threads = 2;
        List<Future<Void>> programs = new ArrayList<>();
        int[] mismatches = {0};
        int[] accesses = {0};
        loop.await(() -> {
            BytesPort[] ports = {home, second, third};
            for (int i = 0; i < ports.length * threads; i++) {
                Random random = new Random(seed * 100 + i);
                programs.add(program(ports[i % ports.length], i + 10, random, 150, latest, mismatches, accesses));
            }
            return Future.all(programs);
        });
        assertThat(mismatches[0]).isZero();
        assertThat(accesses[0]).isEqualTo(6 * 150);
        assertThat(events).isEmpty();
        assertThat(counter(2).in()).isGreaterThan(6);
    }

    private Future<Void> program(
            BytesPort port, int tid, Random random, int steps, byte[] latest, int[] mismatches, int[] accesses) {
        if (steps == 0) {
            return Future.succeededFuture();
        }
        int index = random.nextInt(latest.length);
        boolean write = random.nextInt(3) == 0;
        byte value = (byte) random.nextInt(256);
        Promise<Void> turn = Promise.promise();
        return port.access(PAGE + index, write, tid, bytes -> {
                    accesses[0]++;
                    if (bytes[index] != latest[index]) {
                        mismatches[0]++;
                    }
                    if (write) {
                        bytes[index] = value;
                        latest[index] = value;
                    }
                })
                .compose(done -> {
                    loop.context().runOnContext(next -> turn.complete());
                    return turn.future();
                })
                .compose(done -> program(port, tid, random, steps - 1, latest, mismatches, accesses));
    }

    @Test
    void accessThatTheOriginForbidsIsDeniedToItsThreadOnly() throws Exception {
        loop.run(() -> {
            home.deny(PAGE + 1, Denial.SHARED_MAPPING);
            second.access(PAGE + 1, true, 77, bytes -> events.add("must not happen"));
        });
        loop.settle();
        assertThat(events).containsExactly("denied 2 77 1 SHARED_MAPPING");
        write(second, PAGE, 5);
        assertThat(read(third, PAGE)).isEqualTo(5);
        assertThat(events).hasSize(1);
    }

    /** A run of reads asks ahead; what the VMAs forbid behind the wanted page must not cost it. */
    @Test
    void prefetchStopsAtWhatIsForbidden() throws Exception {
        loop.run(() -> home.deny(PAGE + 4, Denial.UNMAPPED));
        for (int i = 0; i < 4; i++) {
            write(home, PAGE + i, 10 + i);
        }
        for (int i = 0; i < 4; i++) {
            assertThat(read(second, PAGE + i)).isEqualTo(10 + i);
        }
        assertThat(events).isEmpty();
        loop.run(() -> {
            second.access(PAGE + 4, false, 5, bytes -> events.add("must not happen"));
            assertThat(second.isPresent(PAGE + 4)).isFalse();
        });
        loop.settle();
        assertThat(events).containsExactly("denied 2 5 4 UNMAPPED");
    }

    @Test
    void rangeIsHomeWhileItsMappingsChange() throws Exception {
        write(second, PAGE, 21);
        write(third, PAGE + 1, 31);
        write(second, PAGE + 2, 22);
        Promise<Void> change = Promise.promise();
        List<Integer> seen = new ArrayList<>();

        loop.run(() -> origin.exclusively(PAGE, 2, RangeUse.WRITEBACK, () -> {
            home.read(PAGE, 100).onSuccess(v -> seen.add((int) v));
            home.read(PAGE + 1, 100).onSuccess(v -> seen.add((int) v));
            return change.future();
        }));
        loop.settle();
        assertThat(seen).containsExactly(21, 31);
        loop.run(() -> {
            assertThat(second.isPresent(PAGE)).isFalse();
            assertThat(third.isPresent(PAGE + 1)).isFalse();
            assertThat(second.isWritable(PAGE + 2)).as("outside of the range").isTrue();
            third.write(PAGE, 100, 32).onSuccess(done -> seen.add(-1));
        });
        loop.settle();
        assertThat(seen).as("kept out").hasSize(2);

        loop.run(change::complete);
        loop.settle();
        assertThat(seen).containsExactly(21, 31, -1);
        assertThat(read(second, PAGE)).isEqualTo(32);
        assertThat(events).isEmpty();
    }

    /**
     * What one host has written, and another has read copies of (0: nothing, 1: all, 2: every second page), comes home piece by
     * piece: of no more than two pieces are the contents asked for and not there yet.
     */
    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2})
    void largeRangeComesHomeInPieces(int copied) throws Exception {
        int pages = 4 * OriginMemory.RANGE_PIECE_PAGES + 5;
        loop.run(() -> {
            for (int i = 0; i < pages; i++) {
                second.write(PAGE + 3L * i, 100, i % 100 + 1);
            }
        });
        loop.settle();
        Set<Long> written = new HashSet<>();
        loop.run(() -> {
            for (int i = 0; i < pages; i++) {
                if (copied > 0 && i % copied == 0) {
                    third.read(PAGE + 3L * i, 100);
                } else {
                    written.add(PAGE + 3L * i);
                }
            }
        });
        loop.settle();
        int before = network.sent().size();
        boolean left = loop.await(() -> origin.exclusively(
                PAGE,
                3L * pages,
                RangeUse.WRITEBACK,
                () -> Future.succeededFuture(second.isPresent(PAGE) || third.isPresent(PAGE))));

        Set<Long> asked = new HashSet<>();
        int came = 0;
        int most = 0;
        for (InMemoryNetwork.Sent sent :
                network.sent().subList(before, network.sent().size())) {
            PageBatch batch = sent.message().getPages();
            for (int i = 0; i < batch.getOperationCount(); i++) {
                long page = batch.getPage(i) & ~PageBatcher.HAS_DATA;
                switch (batch.getOperation(i)) {
                    case RECALL_INVALIDATE -> asked.add(page);
                    case RANGE_INVALIDATE -> {
                        long end = page + batch.getArgument(i);
                        written.stream().filter(p -> p >= page && p < end).forEach(asked::add);
                    }
                    case WRITEBACK, RECALL_REPLY_GONE -> came += asked.remove(page) ? 1 : 0;
                    default -> {}
                }
            }
            most = Math.max(most, asked.size());
        }
        assertThat(most).isBetween(OriginMemory.RANGE_PIECE_PAGES, 2 * OriginMemory.RANGE_PIECE_PAGES);
        assertThat(came).isEqualTo(pages);
        assertThat(left).isFalse();
        for (int i = 0; i < pages; i++) {
            assertThat(read(home, PAGE + 3L * i)).isEqualTo(i % 100 + 1);
        }
        loop.run(() -> assertThat(origin.trackedPages()).isZero());
        assertThat(events).isEmpty();
    }

    @Test
    void discardedRangeIsEmptyEverywhere() throws Exception {
        write(second, PAGE, 21);
        read(third, PAGE);
        write(third, PAGE + 1, 31);
        String result = loop.await(
                () -> origin.exclusively(PAGE, 2, RangeUse.DISCARD, () -> Future.succeededFuture("unmapped")));
        assertThat(result).isEqualTo("unmapped");
        loop.run(() -> {
            assertThat(second.isPresent(PAGE)).isFalse();
            assertThat(third.isPresent(PAGE)).isFalse();
            assertThat(third.isPresent(PAGE + 1)).isFalse();
            assertThat(origin.trackedPages()).isZero();
        });
        assertThat(events).isEmpty();
    }

    /** A request that met the lock is judged by the VMAs as they are afterwards. */
    @Test
    void requestThatWaitedForARangeIsCheckedAnew() throws Exception {
        write(second, PAGE, 1);
        Promise<Void> change = Promise.promise();
        loop.run(() -> origin.exclusively(PAGE, 1, RangeUse.DISCARD, change::future));
        loop.settle();
        loop.run(() -> third.access(PAGE, false, 9, bytes -> events.add("must not happen")));
        loop.settle();
        assertThat(events).isEmpty();
        loop.run(() -> {
            home.deny(PAGE, Denial.UNMAPPED);
            change.complete();
        });
        loop.settle();
        assertThat(events).containsExactly("denied 3 9 0 UNMAPPED");
    }

    @Test
    void failedChangeLetsTheRangeGo() throws Exception {
        write(second, PAGE, 1);
        assertThatThrownBy(() -> loop.await(
                        () -> origin.exclusively(PAGE, 1, RangeUse.WRITEBACK, () -> Future.failedFuture("no memory"))))
                .hasMessageContaining("no memory");
        assertThat(read(third, PAGE)).isEqualTo(1);
    }

    @Test
    void lostNodeTakesItsOnlyCopyWithIt() throws Exception {
        write(second, PAGE, 1);
        read(third, PAGE + 9);
        loop.run(() -> origin.removeHost(3));
        assertThat(events).isEmpty();
        loop.run(() -> origin.removeHost(2));
        // An older copy in its place would go unnoticed by the program.
        assertThat(events).containsExactly("broken 1: a page whose only copy was on a lost node is gone");
    }

    @Test
    void lostReaderIsForgotten() throws Exception {
        write(home, PAGE, 3);
        read(second, PAGE);
        loop.run(() -> origin.removeHost(2));
        write(home, PAGE, 4);
        assertThat(read(third, PAGE)).isEqualTo(4);
        assertThat(events).isEmpty();
    }

    // What no correct host sends.

    private void fromHost(PageOperation operation, long page, long argument) throws Exception {
        PageBatch batch = PageBatch.newBuilder()
                .addOperation(operation)
                .addPage(page)
                .addArgument(argument)
                .build();
        loop.run(() -> origin.onBatch(2, batch, new byte[0], 0, 0));
    }

    @ParameterizedTest
    @ValueSource(longs = {0, -1, Pages.MAX_RUN + 1, Integer.MAX_VALUE, (1L << 32) + 1, Long.MIN_VALUE})
    void requestForANumberOfPagesThatNoneMayAskForEndsTheShare(long count) throws Exception {
        fromHost(PageOperation.REQUEST_READ, PAGE, count);
        assertThat(events).hasSize(1).allMatch(event -> event.startsWith("broken 1: page protocol: "));
    }

    @Test
    void requestBeyondTheAddressSpaceEndsTheShare() throws Exception {
        fromHost(PageOperation.REQUEST_READ, Pages.LIMIT - 1, 2);
        assertThat(events).hasSize(1).allMatch(event -> event.startsWith("broken 1: page protocol: "));
    }

    @Test
    void answersThatNobodyAskedForEndTheShare() throws Exception {
        fromHost(PageOperation.RECALL_REPLY_KEPT, PAGE, 0);
        assertThat(events).hasSize(1).allMatch(event -> event.startsWith("broken 1: page protocol: "));
        // The first one is the end: nothing is told twice.
        fromHost(PageOperation.RANGE_REPLY, 0, 12345);
        assertThat(events).hasSize(1);
    }

    @Test
    void writebackWithoutAPageEndsTheShare() throws Exception {
        fromHost(PageOperation.WRITEBACK, PAGE, 0);
        assertThat(events)
                .containsExactly(
                        "broken 1: page protocol: page batch: an operation that needs a page came without one");
    }

    @Test
    void directoryTakesNoOrdersOfADirectory() throws Exception {
        fromHost(PageOperation.GRANT_WRITE, PAGE, 0);
        assertThat(events).hasSize(1);
        assertThat(events.get(0)).contains("GRANT_WRITE from node 2");
    }

    @Test
    void operationOfALaterVersionEndsTheShare() throws Exception {
        PageBatch batch = PageBatch.newBuilder()
                .addOperationValue(77)
                .addPage(PAGE)
                .addArgument(0)
                .build();
        loop.run(() -> origin.onBatch(2, batch, new byte[0], 0, 0));
        assertThat(events).hasSize(1);
    }

    @Test
    void hostTakesNoRequests() throws Exception {
        PageBatch batch = PageBatch.newBuilder()
                .addOperation(PageOperation.REQUEST_READ)
                .addPage(PAGE)
                .addArgument(1)
                .build();
        assertThatThrownBy(() -> loop.run(() -> hosts[0].onBatch(batch, new byte[0], 0, 0)))
                .hasMessageContaining("REQUEST_READ from the origin");
    }

    @Test
    void nodeThatHasLeftIsNotHeard() throws Exception {
        loop.run(() -> origin.removeHost(2));
        fromHost(PageOperation.GRANT_WRITE, PAGE, 0);
        assertThat(events).isEmpty();
        assertThat(network.sent()).isEmpty();
    }
}
