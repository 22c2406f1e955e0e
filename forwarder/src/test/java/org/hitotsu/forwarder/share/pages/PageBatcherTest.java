package org.hitotsu.forwarder.share.pages;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.Arrays;
import java.util.List;
import org.hitotsu.forwarder.metrics.Metrics;
import org.hitotsu.forwarder.share.ShareKey;
import org.hitotsu.forwarder.share.proto.PageBatch;
import org.hitotsu.forwarder.share.proto.PageOperation;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class PageBatcherTest {

    private static final ShareKey KEY = new ShareKey(1, 42, 3);

    private final TestLoop loop = new TestLoop();
    private final InMemoryNetwork network = new InMemoryNetwork(loop.context());
    private final PageCounters counters = new PageCounters(new Metrics(new SimpleMeterRegistry()));
    private final PageBatcher batcher = new PageBatcher(loop.context(), network.node(1), KEY, 2, counters);

    @AfterEach
    void close() throws Exception {
        loop.close();
    }

    private static PageData page(int fill) {
        byte[] bytes = new byte[PageData.SIZE + 1];
        Arrays.fill(bytes, (byte) fill);
        bytes[0] = -1;
        return new PageData(bytes, 1);
    }

    @Test
    void operationsOfOneTurnLeaveInOneMessageInOrder() throws Exception {
        loop.run(() -> {
            batcher.add(PageOperation.GRANT_READ, 10, 0, page(1));
            batcher.add(PageOperation.DECLINE, 11, 0x7, null);
            batcher.addRange(PageOperation.RANGE_INVALIDATE, 20, 5, 99);
            batcher.add(PageOperation.GRANT_WRITE, 12, 0, page(2));
            assertThat(network.sent()).isEmpty();
        });
        loop.settle();

        assertThat(network.sent()).hasSize(1);
        InMemoryNetwork.Sent sent = network.sent().get(0);
        assertThat(sent.to()).isEqualTo(2);
        assertThat(sent.message().getShareId()).isEqualTo(42);
        assertThat(sent.message().getEpoch()).isEqualTo(3);
        assertThat(sent.message().getOrigin()).isEqualTo(1);
        PageBatch batch = sent.message().getPages();
        assertThat(batch.getOperationList())
                .containsExactly(
                        PageOperation.GRANT_READ,
                        PageOperation.DECLINE,
                        PageOperation.RANGE_INVALIDATE,
                        PageOperation.GRANT_WRITE);
        assertThat(batch.getPageList()).containsExactly(10 | PageBatcher.HAS_DATA, 11L, 20L, 12 | PageBatcher.HAS_DATA);
        assertThat(batch.getArgumentList()).containsExactly(0L, 7L, 5L, 0L);
        assertThat(batch.getTokenList()).containsExactly(99L);
        assertThat(sent.payload()).hasSize(2 * PageData.SIZE);
        assertThat(sent.payload()[0]).isEqualTo((byte) 1);
        assertThat(sent.payload()[PageData.SIZE]).isEqualTo((byte) 2);
        assertThat(counters.out()).isEqualTo(2);
    }

    @Test
    void nextTurnIsANewMessage() throws Exception {
        loop.run(() -> batcher.add(PageOperation.GRANT_READ, 1, 0, page(1)));
        loop.settle();
        loop.run(() -> batcher.add(PageOperation.RECALL_SHARE, 2, 0, null));
        loop.settle();

        assertThat(network.sent()).hasSize(2);
        assertThat(network.sent().get(1).message().getPages().getPageList()).containsExactly(2L);
        assertThat(network.sent().get(1).payload()).isEmpty();
    }

    /** The wire's largest frame is 16 MiB; order must survive the split. */
    @Test
    void manyPagesAreSplit() throws Exception {
        int count = 2500;
        loop.run(() -> {
            for (int i = 0; i < count; i++) {
                batcher.add(PageOperation.GRANT_READ, i, 0, page(i));
            }
        });
        loop.settle();

        List<InMemoryNetwork.Sent> sent = network.sent();
        assertThat(sent).hasSize(3);
        long next = 0;
        for (InMemoryNetwork.Sent message : sent) {
            assertThat(message.payload().length).isLessThan(8 << 20);
            BatchReader reader =
                    new BatchReader(message.message().getPages(), message.payload(), 0, message.payload().length);
            while (reader.next()) {
                assertThat(reader.page()).isEqualTo(next);
                PageData data = BatchReader.required(reader.data());
                assertThat(data.array()[data.offset()]).isEqualTo((byte) next);
                next++;
            }
        }
        assertThat(next).isEqualTo(count);
    }
}
