package org.hitotsu.forwarder.syscall;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PriorityFutexTest {
    private static final int FUTEX = 202;
    private static final int LOCK_PI = 6;
    private static final int WAIT_REQUEUE_PI = 11;
    private static final int LOCK_PI2 = 13;

    private static long[] args(long operation) {
        return new long[] {0x1000, operation, 0, 0, 0x2000, 0};
    }

    @ParameterizedTest
    @ValueSource(longs = {0, 0x80, 0x100, 0x180, 0xdeadbeef00000000L})
    void concernsTheWaitsWhateverTheirFlags(long flags) {
        TreeSet<Integer> concerned = new TreeSet<>();
        for (int command = 0; command < 0x80; command++) {
            if (PriorityFutex.concerns(FUTEX, args(flags | command))) {
                concerned.add(command);
            }
        }
        assertThat(concerned).containsExactly(LOCK_PI, WAIT_REQUEUE_PI, LOCK_PI2);
    }

    @Test
    void concernsNoOtherCall() {
        assertThat(PriorityFutex.concerns(FUTEX + 1, args(LOCK_PI))).isFalse();
    }

    @Test
    void wordIsTheOneThatIsLocked() {
        assertThat(PriorityFutex.word(args(LOCK_PI | 0x80))).isEqualTo(0x1000);
        assertThat(PriorityFutex.word(args(LOCK_PI2))).isEqualTo(0x1000);
        assertThat(PriorityFutex.word(args(WAIT_REQUEUE_PI | 0x180))).isEqualTo(0x2000);
    }

    @Test
    void onlyALockHasNoEffectBeforeItsWait() {
        assertThat(PriorityFutex.locks(args(LOCK_PI))).isTrue();
        assertThat(PriorityFutex.locks(args(LOCK_PI2 | 0x80))).isTrue();
        assertThat(PriorityFutex.locks(args(WAIT_REQUEUE_PI))).isFalse();
    }
}
