package org.hitotsu.bpf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import org.hitotsu.bpf.SyscallObserver.Options;
import org.hitotsu.bpf.impl.Libc;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The observer on the running kernel. Skipped, with the reason, where the kernel takes no eBPF programs. */
@Timeout(120)
class SyscallObserverTest {

    private record Forward(int tid, int nr, long parkedAt, long resumedAt, boolean signal) {}

    private record Fault(int tid, int tgid, long address, long ip, FaultAccess access, long at) {}

    private static final int POLL = 7;
    private static final int GETTID = 186;

    private final List<Forward> forwards = new ArrayList<>();
    private final List<Fault> faults = new ArrayList<>();
    private SyscallObserver observer;

    private SyscallObserver open(Options options) throws BpfUnavailableException {
        observer = Kernel.openOrSkip(() -> SyscallObserver.open(
                BpfLoaders.libbpf(),
                options,
                (tid, nr, out, in, signal) -> forwards.add(new Forward(tid, nr, out, in, signal)),
                (tid, tgid, address, ip, access, at) -> faults.add(new Fault(tid, tgid, address, ip, access, at))));
        return observer;
    }

    @AfterEach
    void close() {
        if (observer != null) {
            observer.close();
        }
    }

    private void drain() {
        while (observer.poll(64) > 0) {
            // Until the ring is empty: the producer has ended.
        }
    }

    @Test
    void reportsCapturedCallsOnceAndInOrder() throws Exception {
        int calls = 3000;
        open(Options.DEFAULT);
        try (ParkedProcess process = new ParkedProcess(calls, 0)) {
            long before = System.nanoTime();
            observer.watchThread(process.tid);
            process.run();
            drain();
            long after = System.nanoTime();

            List<Forward> captured =
                    forwards.stream().filter(f -> f.nr == ParkedProcess.GETPPID).toList();
            assertThat(captured).hasSizeBetween(calls * 9 / 10, calls);
            assertThat(forwards.size() + observer.unseenForwards()).isGreaterThanOrEqualTo(calls);
            assertThat(forwards).allMatch(f -> f.tid == process.tid && !f.signal);
            long last = before;
            for (Forward f : captured) {
                assertThat(f.parkedAt).isGreaterThan(last);
                assertThat(f.resumedAt).isGreaterThan(f.parkedAt);
                last = f.resumedAt;
            }
            assertThat(last).isLessThan(after);
            assertThat(observer.lostForwards()).isZero();
            assertThat(faults).isEmpty();
        }
    }

    @Test
    void readsWhileTheKernelWrites() throws Exception {
        int calls = 20_000;
        int ringBytes = 1 << 16;
        open(new Options(ringBytes, 0));
        try (ParkedProcess process = new ParkedProcess(calls, 0)) {
            observer.watchThread(process.tid);
            process.start();
            while (!process.finished()) {
                if (observer.await(20)) {
                    observer.poll(16);
                }
            }
            process.finish();
            drain();
            // Every wait was either read, once and in order, or counted, and the ring wrapped around.
            assertThat(forwards.size() + observer.lostForwards() + observer.unseenForwards())
                    .isGreaterThanOrEqualTo(calls);
            assertThat(forwards).hasSizeGreaterThan(ringBytes / 40);
            assertThat(forwards.stream().filter(f -> f.nr == ParkedProcess.GETPPID))
                    .hasSizeLessThanOrEqualTo(calls);
            for (int i = 1; i < forwards.size(); i++) {
                assertThat(forwards.get(i).parkedAt).isGreaterThan(forwards.get(i - 1).resumedAt);
            }
        }
    }

    @Test
    void countsWhatDoesNotFit() throws Exception {
        int calls = 1000;
        open(new Options(4096, 0));
        try (ParkedProcess process = new ParkedProcess(calls, 0)) {
            observer.watchThread(process.tid);
            process.run();
            drain();
            // A record takes 40 bytes of the ring, and the kernel never fills it to the last byte.
            assertThat(forwards).hasSize(4095 / 40);
            assertThat(observer.lostForwards() + observer.unseenForwards())
                    .isGreaterThanOrEqualTo(calls - forwards.size());
            assertThat(observer.lostFaults()).isZero();
        }
    }

    /** The calls begin only once this thread is asleep in poll(2): the kernel's wake-up alone ends that sleep. */
    @Test
    void aThresholdWakesTheReaderWithABatch() throws Exception {
        BpfOptions options = BpfOptions.none().withConstant("hito_wakeup_bytes", 4000);
        try (Bpf bpf = Kernel.openOrSkip(() -> Bpf.open(BpfSource.resource("observer"), BpfLoaders.libbpf(), options));
                ParkedProcess process = new ParkedProcess(2000, 0)) {
            RingBuffer ring = bpf.ringBuffer("hito_ring", (data, offset, length) -> {});
            bpf.table("hito_threads").putZero(process.tid);
            bpf.attachRawTracepoint("hito_switch");
            Path self = Path.of("/proc/self/task", Long.toString(Libc.syscall(GETTID, 0, 0, 0)), "syscall");
            Thread starter = new Thread(() -> {
                try {
                    while (!Files.readString(self).startsWith(POLL + " ")) {
                        Thread.onSpinWait();
                    }
                    process.start();
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
            starter.start();
            assertThat(ring.await(-1)).isTrue();
            assertThat(ring.available()).isGreaterThanOrEqualTo(4000);
            starter.join();
            process.finish();
        }
    }

    @Test
    void reportsEachFaultOfAProcess() throws Exception {
        int pages = 500;
        open(Options.DEFAULT);
        try (ParkedProcess process = new ParkedProcess(0, pages)) {
            observer.watchProcess(process.tgid);
            process.run();
            drain();

            long end = process.firstPage + (long) pages * ParkedProcess.PAGE;
            List<Fault> ours = faults.stream()
                    .filter(f -> f.address >= process.firstPage && f.address < end)
                    .toList();
            assertThat(new TreeSet<>(ours.stream().map(Fault::address).toList()))
                    .hasSize(pages)
                    .allMatch(address -> address % ParkedProcess.PAGE == 0);
            assertThat(ours)
                    .allMatch(f ->
                            f.access == FaultAccess.WRITE && f.tid == process.tid && f.ip == process.storeInstruction);
            assertThat(faults).allMatch(f -> f.tgid == process.tgid);
            assertThat(observer.lostFaults()).isZero();
            assertThat(forwards).isEmpty();
        }
    }

    @Test
    void reportsOnlyWhatIsWatched() throws Exception {
        open(Options.DEFAULT);
        try (ParkedProcess watched = new ParkedProcess(100, 10);
                ParkedProcess other = new ParkedProcess(100, 10)) {
            observer.watchThread(watched.tid);
            observer.watchProcess(watched.tgid);
            other.run();
            drain();
            assertThat(forwards).isEmpty();
            assertThat(faults).isEmpty();
            watched.run();
            drain();
            assertThat(forwards).hasSizeGreaterThanOrEqualTo(90).allMatch(f -> f.tid == watched.tid);
            assertThat(forwards.size() + observer.unseenForwards()).isGreaterThanOrEqualTo(100);
            assertThat(faults).hasSizeGreaterThanOrEqualTo(10).allMatch(f -> f.tgid == watched.tgid);
        }
    }

    @Test
    void isAttachedOnlyWhileSomethingIsWatched() throws Exception {
        open(Options.DEFAULT);
        int forward = observer.programId("hito_switch");
        int fault = observer.programId("hito_fault");
        assertThat(forward).isPositive();
        assertThat(Kernel.programs()).contains(forward, fault);
        assertThat(Kernel.attached(forward)).isFalse();
        assertThat(Kernel.attached(fault)).isFalse();

        observer.watchThread(1);
        observer.watchThread(2);
        observer.watchThread(2);
        assertThat(Kernel.attached(forward)).isTrue();
        assertThat(Kernel.attached(fault)).isFalse();
        observer.unwatchThread(2);
        observer.unwatchThread(2);
        observer.unwatchThread(3);
        assertThat(Kernel.attached(forward)).isTrue();
        observer.unwatchThread(1);
        assertThat(Kernel.attached(forward)).isFalse();

        observer.watchProcess(1);
        assertThat(Kernel.attached(fault)).isTrue();
        observer.unwatchProcess(1);
        assertThat(Kernel.attached(fault)).isFalse();
    }

    @Test
    void leavesNothingInTheKernel() throws Exception {
        open(Options.DEFAULT);
        int forward = observer.programId("hito_switch");
        int fault = observer.programId("hito_fault");
        observer.watchThread(1);
        observer.watchProcess(1);
        assertThat(Kernel.programs()).contains(forward, fault);
        observer.close();
        assertThat(Kernel.programs()).doesNotContain(forward, fault);
        observer.close();
        assertThat(observer.poll(10)).isZero();
        assertThatThrownBy(() -> observer.watchThread(1)).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> observer.unwatchThread(1)).isInstanceOf(IllegalStateException.class);
    }
}
