package org.hitotsu.bpf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The reader against a producer that follows kernel/bpf/ringbuf.c, in memory that is really mapped twice. */
class RingBufferReaderTest {

    private static final int RING = 4096;

    private SimulatedRing ring;
    private RingBufferReader reader;
    private final List<Long> seen = new ArrayList<>();
    private final RecordHandler record = (data, offset, length) -> seen.add(data.getLong(offset));

    @BeforeEach
    void map() {
        ring = new SimulatedRing(RING);
        reader = ring.reader();
    }

    @AfterEach
    void unmap() {
        ring.close();
    }

    @Test
    void handsRecordsOverInOrderAndFreesThem() {
        ring.write(8, 1);
        ring.write(21, 2);
        ring.write(8, 3);

        assertThat(reader.poll(record, 10)).isEqualTo(3);
        assertThat(seen).containsExactly(1L, 2L, 3L);
        assertThat(ring.consumerPosition()).isEqualTo(16 + 32 + 16);
        assertThat(reader.available()).isZero();
        assertThat(reader.poll(record, 10)).isZero();
    }

    @Test
    void tellsLengthAsWritten() {
        List<Integer> lengths = new ArrayList<>();
        for (int length = 8; length < 30; length++) {
            ring.write(length, 0);
        }
        reader.poll((data, offset, length) -> lengths.add(length), 100);
        assertThat(lengths).hasSize(22).first().isEqualTo(8);
        assertThat(lengths).isSorted().doesNotHaveDuplicates();
    }

    @Test
    void stopsAtARecordStillBeingWritten() {
        ring.write(8, 1);
        long busy = ring.reserve(8);
        ring.write(8, 3);

        assertThat(reader.poll(record, 10)).isEqualTo(1);
        assertThat(reader.available()).isEqualTo(32);
        ring.commit(busy, 2, false);
        assertThat(reader.poll(record, 10)).isEqualTo(2);
        assertThat(seen).containsExactly(1L, 2L, 3L);
    }

    @Test
    void skipsDiscardedRecordsAndFreesThem() {
        ring.write(8, 1);
        ring.commit(ring.reserve(40), 2, true);
        ring.write(8, 3);

        assertThat(reader.poll(record, 10)).isEqualTo(2);
        assertThat(seen).containsExactly(1L, 3L);
        assertThat(ring.consumerPosition()).isEqualTo(ring.producerPosition());
    }

    @Test
    void looksAtNoMoreThanAskedFor() {
        for (int i = 0; i < 5; i++) {
            ring.write(8, i);
        }
        assertThat(reader.poll(record, 2)).isEqualTo(2);
        assertThat(ring.consumerPosition()).isEqualTo(32);
        assertThat(reader.poll(record, 0)).isZero();
        assertThat(reader.poll(record, 10)).isEqualTo(3);
        assertThat(seen).containsExactly(0L, 1L, 2L, 3L, 4L);
    }

    @Test
    void readsARecordAcrossTheEndOfTheRing() {
        int records = 0;
        // 56 bytes a record do not divide the ring, so some of them lie across its end.
        for (int round = 0; round < 3 * RING / 56; round++) {
            ring.write(48, round);
            records += reader.poll(
                    (data, offset, length) -> {
                        for (int at = 0; at < length; at += 8) {
                            seen.add(data.getLong(offset + at));
                        }
                    },
                    10);
        }
        assertThat(records).isEqualTo(3 * RING / 56);
        for (int i = 0; i < seen.size(); i++) {
            assertThat(seen.get(i)).isEqualTo(i / 6);
        }
    }

    @Test
    void aThrowingHandlerConsumesItsRecord() {
        ring.write(8, 1);
        ring.write(8, 2);
        assertThatThrownBy(() -> reader.poll(
                        (data, offset, length) -> {
                            throw new IllegalStateException("first");
                        },
                        10))
                .hasMessage("first");
        assertThat(reader.poll(record, 10)).isEqualTo(1);
        assertThat(seen).containsExactly(2L);
    }

    @Test
    void aHandlerMayCloseTheReader() {
        ring.write(8, 1);
        ring.write(8, 2);
        List<Integer> unmapped = new ArrayList<>();
        RingBufferReader closing = ring.reader(() -> unmapped.add(seen.size()));
        RecordHandler closer = (data, offset, length) -> {
            closing.close();
            closing.close();
            record.onRecord(data, offset, length);
        };
        assertThat(closing.poll(closer, 10)).isEqualTo(1);
        assertThat(unmapped).as("once, and after the handler").containsExactly(1);
        assertThat(closing.poll(record, 10)).isZero();
        assertThat(closing.available()).isZero();
    }

    @Test
    void aPollFromWithinAHandlerFindsNothing() {
        ring.write(8, 1);
        ring.write(8, 2);
        List<Integer> inner = new ArrayList<>();
        assertThat(reader.poll((data, offset, length) -> inner.add(reader.poll(record, 10)), 10))
                .isEqualTo(2);
        assertThat(inner).containsExactly(0, 0);
    }

    @Test
    void continuesWhereAnEarlierReaderStopped() {
        ring.write(8, 1);
        reader.poll(record, 10);
        ring.write(8, 2);
        assertThat(ring.reader().poll(record, 10)).isEqualTo(1);
        assertThat(seen).containsExactly(1L, 2L);
    }

    /**
     * Two producers reserve in turn, commit in any order and discard every seventh record, as fast as room comes. Each
     * record is filled with a number derived from its place, so one read before its commit, twice, or after its room
     * was given away shows.
     */
    @Test
    @Timeout(120)
    void everyRecordOfConcurrentProducersArrivesOnceAndWhole() throws Exception {
        int each = 300_000;
        AtomicLong expectedSum = new AtomicLong();
        AtomicLong expectedCount = new AtomicLong();
        List<Thread> producers = new ArrayList<>();
        for (int p = 0; p < 2; p++) {
            SplittableRandom random = new SplittableRandom(p);
            Thread producer = new Thread(() -> {
                for (int i = 0; i < each; i++) {
                    int length = 8 * random.nextInt(1, 12);
                    long at = ring.reserveWhenFree(length);
                    boolean discard = i % 7 == 0;
                    if (!discard) {
                        expectedSum.addAndGet(at);
                        expectedCount.incrementAndGet();
                    }
                    ring.commit(at, at, discard);
                }
            });
            producers.add(producer);
            producer.start();
        }
        long[] got = new long[3];
        RecordHandler check = (data, offset, length) -> {
            long first = data.getLong(offset);
            for (int at = 8; at < length; at += 8) {
                if (data.getLong(offset + at) != first) {
                    got[2]++;
                }
            }
            got[0]++;
            got[1] += first;
        };
        long total = 2L * (each - (each + 6) / 7);
        while (got[0] < total) {
            if (reader.poll(check, 64) == 0) {
                Thread.onSpinWait();
            }
        }
        for (Thread producer : producers) {
            producer.join();
        }
        assertThat(got[2]).as("torn records").isZero();
        assertThat(got[0]).isEqualTo(expectedCount.get());
        assertThat(got[1]).isEqualTo(expectedSum.get());
        assertThat(reader.poll(check, 64)).isZero();
    }
}
