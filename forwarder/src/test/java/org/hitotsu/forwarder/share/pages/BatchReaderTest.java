package org.hitotsu.forwarder.share.pages;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Objects;
import org.hitotsu.coherence.Pages;
import org.hitotsu.forwarder.share.proto.PageBatch;
import org.hitotsu.forwarder.share.proto.PageOperation;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class BatchReaderTest {

    private static PageBatch.Builder batch(PageOperation operation, long page, long argument) {
        return PageBatch.newBuilder().addOperation(operation).addPage(page).addArgument(argument);
    }

    private static PageBatch.Builder and(PageBatch.Builder batch, PageOperation operation, long page, long argument) {
        return batch.addOperation(operation).addPage(page).addArgument(argument);
    }

    private static int readAll(PageBatch batch, int payload) {
        BatchReader reader = new BatchReader(batch, new byte[100 + payload], 100, payload);
        int operations = 0;
        while (reader.next()) {
            operations++;
        }
        return operations;
    }

    private static void assertRefused(PageBatch.Builder batch, int payload, String why) {
        assertThatThrownBy(() -> readAll(batch.build(), payload))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(why);
    }

    @Test
    void operationsComeInOrderWithTheirPages() {
        PageBatch.Builder batch = batch(PageOperation.GRANT_READ, 7 | PageBatcher.HAS_DATA, 1);
        and(batch, PageOperation.DENY_WRITE, 8, 3);
        and(batch, PageOperation.GRANT_WRITE, 9 | PageBatcher.HAS_DATA, 0);
        byte[] frame = new byte[10 + 2 * PageData.SIZE + 5];
        BatchReader reader = new BatchReader(batch.build(), frame, 10, 2 * PageData.SIZE);

        assertThat(reader.next()).isTrue();
        assertThat(reader.operation()).isEqualTo(PageOperation.GRANT_READ);
        assertThat(reader.page()).isEqualTo(7);
        assertThat(reader.argument()).isEqualTo(1);
        assertThat(Objects.requireNonNull(reader.data()).array()).isSameAs(frame);
        assertThat(reader.data().offset()).isEqualTo(10);
        assertThat(reader.next()).isTrue();
        assertThat(reader.operation()).isEqualTo(PageOperation.DENY_WRITE);
        assertThat(reader.page()).isEqualTo(8);
        assertThat(reader.argument()).isEqualTo(3);
        assertThat(reader.data()).isNull();
        assertThat(reader.next()).isTrue();
        assertThat(reader.page()).isEqualTo(9);
        assertThat(Objects.requireNonNull(reader.data()).offset()).isEqualTo(10 + PageData.SIZE);
        assertThat(reader.next()).isFalse();
    }

    @Test
    void emptyBatchHasNothing() {
        assertThat(readAll(PageBatch.getDefaultInstance(), 0)).isZero();
        assertRefused(PageBatch.newBuilder(), 1, "1 bytes too many");
    }

    @Test
    void countsMustAgree() {
        assertRefused(PageBatch.newBuilder().addOperation(PageOperation.GRANT_READ), 0, "0 pages");
        assertRefused(batch(PageOperation.GRANT_READ, 1, 1).addPage(2), 0, "2 pages");
        assertRefused(batch(PageOperation.GRANT_READ, 1, 1).addArgument(2), 0, "2 arguments");
        assertRefused(
                PageBatch.newBuilder().addOperation(PageOperation.GRANT_READ).addPage(1), 0, "0 arguments");
    }

    @ParameterizedTest
    @ValueSource(longs = {Pages.LIMIT, Pages.LIMIT + 1, 1L << 62, Long.MAX_VALUE, -1})
    void pageNumbersBeyondTheAddressSpaceAreRefused(long page) {
        assertRefused(batch(PageOperation.REQUEST_READ, page, 1), PageData.SIZE, "page number");
    }

    @Test
    void lastPageOfTheAddressSpaceIsTaken() {
        assertThat(readAll(batch(PageOperation.REQUEST_READ, Pages.LIMIT - 1, 1).build(), 0))
                .isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, PageData.SIZE - 1})
    void payloadThatEndsInsideAPageIsRefused(int length) {
        assertRefused(batch(PageOperation.WRITEBACK, 1 | PageBatcher.HAS_DATA, 0), length, "ends inside");
    }

    /** The bytes behind the payload belong to nobody, even if the frame has them. */
    @Test
    void pageMayNotReachBeyondThePayload() {
        PageBatch batch =
                batch(PageOperation.WRITEBACK, 1 | PageBatcher.HAS_DATA, 0).build();
        BatchReader reader = new BatchReader(batch, new byte[3 * PageData.SIZE], 0, PageData.SIZE - 1);
        assertThatThrownBy(reader::next).isInstanceOf(IllegalArgumentException.class);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, PageData.SIZE})
    void payloadThatNoPageClaimsIsRefused(int extra) {
        assertRefused(
                batch(PageOperation.WRITEBACK, 1 | PageBatcher.HAS_DATA, 0),
                PageData.SIZE + extra,
                extra + " bytes too many");
        assertRefused(batch(PageOperation.REQUEST_READ, 1, 1), extra, extra + " bytes too many");
    }

    @ParameterizedTest
    @EnumSource(names = {"RANGE_INVALIDATE", "RANGE_INVALIDATE_NO_DATA"})
    void rangeInvalidationNeedsAToken(PageOperation operation) {
        assertRefused(batch(operation, 1, 1), 0, "without token");
        PageBatch.Builder two = and(batch(operation, 1, 1).addToken(5), operation, 2, 1);
        assertRefused(two, 0, "without token");
    }

    @Test
    void tokensGoToTheRangeInvalidationsInTheirOrder() {
        PageBatch.Builder batch = batch(PageOperation.RANGE_INVALIDATE, 1, 10);
        and(batch, PageOperation.GRANT_READ, 3, 0);
        and(batch, PageOperation.RANGE_INVALIDATE_NO_DATA, 2, 20);
        BatchReader reader = new BatchReader(batch.addToken(100).addToken(200).build(), new byte[0], 0, 0);
        reader.next();
        assertThat(reader.token()).isEqualTo(100);
        reader.next();
        reader.next();
        assertThat(reader.token()).isEqualTo(200);
        assertThat(reader.argument()).isEqualTo(20);
        assertThat(reader.next()).isFalse();
    }

    @Test
    void operationThatNeedsAPageIsRefusedWithoutOne() {
        assertThatThrownBy(() -> BatchReader.required(null)).isInstanceOf(IllegalArgumentException.class);
        PageData data = new PageData(new byte[PageData.SIZE], 0);
        assertThat(BatchReader.required(data)).isSameAs(data);
    }

    @Test
    void pageDataLiesInsideItsArray() {
        assertThatThrownBy(() -> new PageData(new byte[PageData.SIZE], 1))
                .isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> new PageData(new byte[2 * PageData.SIZE], -1))
                .isInstanceOf(IndexOutOfBoundsException.class);
    }
}
