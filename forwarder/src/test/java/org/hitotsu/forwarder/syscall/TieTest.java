package org.hitotsu.forwarder.syscall;

import static org.assertj.core.api.Assertions.assertThat;

import org.hitotsu.forwarder.syscall.Tie.Kind;
import org.junit.jupiter.api.Test;

class TieTest {
    private static final int PRCTL = 157;
    private static final int LDT = 154;
    private static final int ARCH_PRCTL = 158;
    private static final int SECCOMP = 317;

    private static final long GARBAGE = 0xdeadbeefL << 32;

    @Test
    void filtersTie() {
        assertThat(Tie.of(PRCTL, 22, 2)).isEqualTo(new Tie(Kind.FILTER, false));
        assertThat(Tie.of(PRCTL, GARBAGE | 22, 1)).isEqualTo(new Tie(Kind.FILTER, false));
        assertThat(Tie.of(SECCOMP, 0, 0)).isEqualTo(new Tie(Kind.FILTER, false));
        assertThat(Tie.of(SECCOMP, 1, 4)).isEqualTo(new Tie(Kind.FILTER, false));
        assertThat(Tie.of(SECCOMP, 1, 1)).isEqualTo(new Tie(Kind.FILTER, true));
        assertThat(Tie.of(SECCOMP, 1, 17)).isEqualTo(new Tie(Kind.FILTER, true));
    }

    @Test
    void askingForFiltersDoesNot() {
        // PR_GET_SECCOMP, SECCOMP_GET_ACTION_AVAIL, SECCOMP_GET_NOTIF_SIZES
        assertThat(Tie.of(PRCTL, 21, 2)).isNull();
        assertThat(Tie.of(SECCOMP, 2, 1)).isNull();
        assertThat(Tie.of(SECCOMP, 3, 0)).isNull();
    }

    @Test
    void whatIsSwitchedOffTiesNothing() {
        assertThat(Tie.of(PRCTL, 59, 1)).isEqualTo(new Tie(Kind.DISPATCH, false));
        assertThat(Tie.of(PRCTL, 59, 0)).isNull();
        assertThat(Tie.of(PRCTL, 26, 2)).isEqualTo(new Tie(Kind.INSTRUCTION, false));
        assertThat(Tie.of(PRCTL, 26, 1)).isNull();
        assertThat(Tie.of(ARCH_PRCTL, 0x1012, 0)).isEqualTo(new Tie(Kind.INSTRUCTION, false));
        assertThat(Tie.of(ARCH_PRCTL, 0x1012, 1)).isNull();
    }

    @Test
    void whatTheMemoryHasTiesAllThreads() {
        assertThat(Tie.of(LDT, 1, 0)).isEqualTo(new Tie(Kind.SEGMENT, true));
        assertThat(Tie.of(LDT, 0x11, 0)).isEqualTo(new Tie(Kind.SEGMENT, true));
        assertThat(Tie.of(LDT, 0, 0)).isNull();
        assertThat(Tie.of(ARCH_PRCTL, 0x4002, 6)).isEqualTo(new Tie(Kind.TAGS, true));
        assertThat(Tie.of(ARCH_PRCTL, 0x5001, 1)).isEqualTo(new Tie(Kind.SHADOW_STACK, false));
        assertThat(Tie.of(ARCH_PRCTL, 0x1002, 0)).isNull();
    }
}
