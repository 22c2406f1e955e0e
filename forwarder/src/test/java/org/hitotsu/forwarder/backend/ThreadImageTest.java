package org.hitotsu.forwarder.backend;

import static org.assertj.core.api.Assertions.assertThat;

import org.hitotsu.forwarder.nativecall.Ptrace.Registers;
import org.junit.jupiter.api.Test;

class ThreadImageTest {

    private static ThreadImage image(long call) {
        long[] registers = new long[Registers.COUNT];
        registers[Registers.ORIG_RAX] = call;
        return new ThreadImage(registers, new byte[0]);
    }

    @Test
    void trapIsDueUntilTheImageStandsElsewhere() {
        ThreadImage due = image(-1).withTrapDue();
        assertThat(due.trapDue()).isTrue();
        assertThat(due.with(Registers.RIP, 5).trapDue()).isTrue();
        assertThat(due.afterCall(0).trapDue()).isFalse();
        assertThat(due.beforeCall(1).trapDue()).isFalse();
    }

    /** The kernel that runs it must not see a call which it might restart. */
    @Test
    void trapThatIsDueIsNoCall() {
        assertThat(image(202).withTrapDue().register(Registers.ORIG_RAX)).isNegative();
        assertThat(image(-1).trapDue()).isFalse();
        assertThat(image(202).trapDue()).isFalse();
    }
}
