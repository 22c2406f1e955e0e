package org.hitotsu.forwarder.backend.common;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.BitSet;
import java.util.stream.IntStream;
import org.hitotsu.forwarder.nativecall.Linux;
import org.hitotsu.forwarder.nativecall.NativeMemory;
import org.hitotsu.forwarder.share.pages.TestLoop;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** With this kernel, of this very process and of a child. */
class KernelProcessorsTest {
    private final TestLoop loop = new TestLoop();
    private final KernelProcessors processors = new KernelProcessors(loop.context());
    private final int self = Linux.getpid();

    @AfterEach
    void close() throws Exception {
        loop.close();
    }

    @Test
    void lastNumberOfAList() {
        assertThat(KernelProcessors.highest("0\n")).isZero();
        assertThat(KernelProcessors.highest("0-1\n")).isEqualTo(1);
        assertThat(KernelProcessors.highest("0-3,6\n")).isEqualTo(6);
        assertThat(KernelProcessors.highest("0,2-127")).isEqualTo(127);
    }

    @Test
    void masksHoldEveryProcessor() {
        assertThat(processors.numbers())
                .isGreaterThanOrEqualTo(Runtime.getRuntime().availableProcessors());
        assertThat(processors.maskBytes() % 8).isZero();
        assertThat(processors.maskBytes()).isPositive().isGreaterThanOrEqualTo((processors.numbers() + 7) / 8);
    }

    @Test
    void allowedIsWhatWasAllowed() throws Exception {
        Process child = new ProcessBuilder("sleep", "60").start();
        try {
            int pid = (int) child.pid();
            byte[] before = new byte[processors.maskBytes()];
            assertThat(processors.allowed(pid, before)).isZero();
            BitSet last = new BitSet();
            last.set(BitSet.valueOf(before).length() - 1);
            byte[] one = Arrays.copyOf(last.toByteArray(), before.length);
            assertThat(processors.allow(pid, one)).isZero();
            byte[] after = new byte[before.length];
            assertThat(processors.allowed(pid, after)).isZero();
            assertThat(after).isEqualTo(one);
            assertThat(processors.allow(pid, new byte[before.length])).isEqualTo(-Linux.EINVAL);
        } finally {
            child.destroyForcibly();
        }
    }

    @Test
    void memoryThatIsThereIsReadAndWritten() throws Exception {
        byte[] bytes = new byte[1024];
        IntStream.range(0, bytes.length).forEach(i -> bytes[i] = (byte) (i * 7));
        try (NativeMemory memory = new NativeMemory(bytes.length)) {
            assertThat(loop.await(() -> processors.write(self, memory.address(), bytes)))
                    .isTrue();
            assertThat(loop.await(() -> processors.read(self, memory.address(), bytes.length)))
                    .isEqualTo(bytes);
        }
        assertThat(loop.await(() -> processors.read(self, 8, 8))).isNull();
        assertThat(loop.await(() -> processors.write(self, 8, bytes))).isFalse();
        assertThat(loop.await(() -> processors.read(self, -8, 8))).isNull();
    }

    @Test
    void memoryThatMayNotBeWrittenIsNot() throws Exception {
        long page = Linux.mmap(0, Linux.PAGE_SIZE, Linux.PROT_READ, Linux.MAP_PRIVATE | Linux.MAP_ANONYMOUS, -1, 0);
        try {
            assertThat(loop.await(() -> processors.write(self, page, new byte[8])))
                    .isFalse();
            assertThat(loop.await(() -> processors.read(self, page, 8))).isEqualTo(new byte[8]);
            assertThat(loop.await(() -> processors.read(self, page + Linux.PAGE_SIZE - 4, 4)))
                    .hasSize(4);
        } finally {
            Linux.munmap(page, Linux.PAGE_SIZE);
        }
    }
}
