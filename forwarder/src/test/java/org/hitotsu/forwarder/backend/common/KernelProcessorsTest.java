package org.hitotsu.forwarder.backend.common;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.BitSet;
import org.hitotsu.forwarder.nativecall.Linux;
import org.junit.jupiter.api.Test;

/** With this kernel, of this very process and of a child. */
class KernelProcessorsTest {
    private final KernelProcessors processors = new KernelProcessors();

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
}
