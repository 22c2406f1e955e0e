package org.hitotsu.bpf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import org.hitotsu.bpf.SyscallObserver.Options;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The observer as libbcc compiles it. Skipped where libbcc is not installed. */
@Timeout(120)
class LibbccLoaderTest {

    @BeforeEach
    void needsLibbcc() {
        Optional<String> reason = BpfLoaders.libbcc().unavailable();
        reason.ifPresent(text -> System.out.println("skipped: " + text));
        Assumptions.assumeTrue(reason.isEmpty(), () -> reason.orElse(""));
    }

    @Test
    void observesAsTheCompiledObjectDoes() throws Exception {
        int calls = 1000;
        int pages = 100;
        List<Integer> numbers = new ArrayList<>();
        TreeSet<Long> addresses = new TreeSet<>();
        int[] programs;
        try (SyscallObserver observer = Kernel.openOrSkip(() -> SyscallObserver.open(
                        BpfLoaders.libbcc(),
                        new Options(1 << 18, 0),
                        (tid, nr, out, in, signal) -> numbers.add(nr),
                        (tid, tgid, address, ip, access, at) -> {
                            if (access == FaultAccess.WRITE) {
                                addresses.add(address);
                            }
                        }));
                ParkedProcess process = new ParkedProcess(calls, pages)) {
            programs = new int[] {observer.programId("hito_switch"), observer.programId("hito_fault")};
            assertThat(Kernel.attached(programs[0])).isFalse();
            observer.watchThread(process.tid);
            observer.watchProcess(process.tgid);
            assertThat(Kernel.attached(programs[0])).isTrue();
            process.run();
            while (observer.poll(64) > 0) {
                // Until the ring is empty: the producer has ended.
            }
            assertThat(numbers.stream().filter(nr -> nr == ParkedProcess.GETPPID))
                    .hasSizeBetween(calls * 9 / 10, calls);
            assertThat(numbers.size() + observer.unseenForwards()).isGreaterThanOrEqualTo(calls);
            assertThat(addresses.subSet(process.firstPage, process.firstPage + (long) pages * ParkedProcess.PAGE))
                    .hasSize(pages);
            assertThat(observer.lostForwards() + observer.lostFaults()).isZero();
            observer.unwatchThread(process.tid);
            assertThat(Kernel.attached(programs[0])).isFalse();
        }
        assertThat(Kernel.programs()).doesNotContain(programs[0], programs[1]);
    }

    @Test
    void sizesAreThoseAskedFor() throws Exception {
        BpfOptions options = BpfOptions.none()
                .withMaxEntries("hito_processes", 2)
                .withMaxEntries("hito_ring", 8192)
                .withConstant("hito_wakeup_bytes", 0);
        try (Bpf bpf =
                Kernel.openOrSkip(() -> Bpf.open(BpfSource.resource("observer"), BpfLoaders.libbcc(), options))) {
            assertThat(bpf.table("hito_processes").maxEntries()).isEqualTo(2);
            assertThat(bpf.table("hito_ring").maxEntries()).isEqualTo(8192);
            assertThat(bpf.attachAll()).hasSize(2);
        }
    }

    @Test
    void anObjectWithoutSourceIsRefused() throws Exception {
        BpfSource object = BpfSource.object(Kernel.built("count.bpf.o"));
        assertThatThrownBy(() -> Bpf.open(object, BpfLoaders.libbcc(), BpfOptions.none()))
                .isInstanceOf(BpfUnavailableException.class)
                .hasMessageContaining("no C source");
    }

    @Test
    void whatCannotBeCompiledIsUnavailable() throws Exception {
        Kernel.openOrSkip(() -> Bpf.open(BpfSource.resource("observer"), BpfLoaders.libbcc(), BpfOptions.none()))
                .close();
        BpfOptions threshold = BpfOptions.none().withConstant("hito_wakeup_bytes", 4096);
        assertThatThrownBy(() -> Bpf.open(BpfSource.resource("observer"), BpfLoaders.libbcc(), threshold))
                .isInstanceOf(BpfUnavailableException.class)
                .hasMessageContaining("standard error");
    }
}
