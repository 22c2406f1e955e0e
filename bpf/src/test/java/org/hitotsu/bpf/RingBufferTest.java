package org.hitotsu.bpf;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.concurrent.Semaphore;
import org.hitotsu.bpf.impl.Libc;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The reader on rings that the kernel fills. */
@Timeout(120)
class RingBufferTest {

    private static final int GETTID = 186;
    private static final int GETPPID = 110;

    /** Numbers must come as 0, 1, 2, ... */
    private static final class Sequence implements RecordHandler {
        private long records;
        private long outOfOrder;

        @Override
        public void onRecord(ByteBuffer data, int offset, int length) {
            if (length != 16 || data.getLong(offset) != GETPPID || data.getLong(offset + 8) != records) {
                outOfOrder++;
            }
            records++;
        }
    }

    private static Bpf counting(Path object, long tid, int ringBytes) throws Exception {
        BpfOptions options = BpfOptions.none()
                .withConstant("hito_tid", tid)
                .withConstant("hito_nr", GETPPID)
                .withMaxEntries("hito_count_ring", ringBytes);
        BpfSource source = BpfSource.object(object);
        Bpf bpf = Kernel.openOrSkip(() -> Bpf.open(source, BpfLoaders.libbpf(), options));
        bpf.attachRawTracepoint("hito_count");
        return bpf;
    }

    private static long currentThread() {
        return Libc.syscall(GETTID, 0, 0, 0);
    }

    private static void call(int times) {
        for (int i = 0; i < times; i++) {
            Libc.syscall(GETPPID, 0, 0, 0);
        }
    }

    @Test
    void everyCallIsOneRecordAndNoneIsLost() throws Exception {
        int calls = 100_000;
        try (Bpf bpf = counting(Kernel.built("count.bpf.o"), currentThread(), 1 << 22)) {
            Sequence sequence = new Sequence();
            RingBuffer ring = bpf.ringBuffer("hito_count_ring", sequence);
            call(calls);
            assertThat(ring.poll(Integer.MAX_VALUE)).isEqualTo(calls);
            assertThat(sequence.records).isEqualTo(calls);
            assertThat(sequence.outOfOrder).isZero();
            assertThat(bpf.table("hito_count_lost").sum(0)).isZero();
        }
    }

    @Test
    void aThreadOfItsOwnReadsBehindTheKernel() throws Exception {
        int bursts = 2000;
        // A burst of 100 records of 24 bytes fits; the next one is made only once the reader has all of it.
        try (Bpf bpf = counting(Kernel.built("count.bpf.o"), currentThread(), 4096)) {
            Sequence sequence = new Sequence();
            RingBuffer ring = bpf.ringBuffer("hito_count_ring", sequence);
            Semaphore room = new Semaphore(1);
            Thread reader = new Thread(() -> {
                while (sequence.records < 100L * bursts) {
                    long before = sequence.records / 100;
                    if (ring.await(-1)) {
                        ring.poll(7);
                    }
                    if (sequence.records / 100 > before) {
                        room.release();
                    }
                }
            });
            reader.start();
            for (int i = 0; i < bursts; i++) {
                room.acquire();
                call(100);
            }
            reader.join();
            assertThat(sequence.records).isEqualTo(100L * bursts);
            assertThat(sequence.outOfOrder).isZero();
            assertThat(bpf.table("hito_count_lost").sum(0)).isZero();
        }
    }
}
