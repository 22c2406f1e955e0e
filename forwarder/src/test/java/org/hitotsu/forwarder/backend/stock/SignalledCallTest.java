package org.hitotsu.forwarder.backend.stock;

import static org.assertj.core.api.Assertions.assertThat;

import org.hitotsu.forwarder.nativecall.Linux;
import org.hitotsu.forwarder.nativecall.Ptrace.Registers;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SignalledCallTest {
    private static final int EINTR = -4;
    private static final int ERESTARTSYS = -512;
    private static final int ERESTARTNOINTR = -513;
    private static final int ERESTARTNOHAND = -514;
    private static final int EPOLL_WAIT = 232;
    private static final int FUTEX_WAIT = 0;
    private static final int FUTEX_UNLOCK_PI_PRIVATE = 7 | 128;
    private static final long SA_SIGINFO = 4;
    private static final long SA_RESTART = 0x10000000L;
    private static final long HANDLER = 0x401000;

    private static long[] in(long nr, long result, long... args) {
        long[] registers = new long[Registers.COUNT];
        Registers.setCall(registers, nr, args);
        registers[Registers.ORIG_RAX] = nr;
        registers[Registers.RAX] = result;
        return registers;
    }

    private static long handled(long[] registers) {
        return SignalledCall.result(registers, () -> false);
    }

    private static long ignored(long[] registers) {
        return SignalledCall.result(registers, () -> true);
    }

    private static long unasked(long[] registers) {
        return SignalledCall.result(registers, () -> {
            throw new AssertionError("asked");
        });
    }

    @ParameterizedTest
    @ValueSource(ints = {10, 11, 12, 25, 30, 56, 57, 58, 59, 60, 67, 216, 322, 329, 435, 440})
    void callThatWaitedToBeReceivedIsMadeAgain(int nr) {
        assertThat(unasked(in(nr, ERESTARTSYS))).isEqualTo(ERESTARTNOINTR);
    }

    @Test
    void argumentsSayWhetherItWaited() {
        assertThat(unasked(in(Linux.NR_FUTEX, ERESTARTSYS, 0x1000, FUTEX_UNLOCK_PI_PRIVATE)))
                .isEqualTo(ERESTARTNOINTR);
        assertThat(unasked(in(Linux.NR_FUTEX, ERESTARTSYS, 0x1000, FUTEX_WAIT))).isEqualTo(ERESTARTSYS);
        assertThat(unasked(in(Linux.NR_RT_SIGACTION, ERESTARTSYS, 10, 0x1000))).isEqualTo(ERESTARTNOINTR);
        assertThat(unasked(in(Linux.NR_RT_SIGACTION, ERESTARTSYS, 10, 0))).isEqualTo(ERESTARTSYS);
    }

    /** They wait by themselves, and the handler's flags say what they answer. */
    @ParameterizedTest
    @ValueSource(ints = {0, 1, 7, 61, 230, EPOLL_WAIT})
    void otherCallsAreLeftToTheKernel(int nr) {
        assertThat(unasked(in(nr, ERESTARTSYS))).isEqualTo(ERESTARTSYS);
    }

    @ParameterizedTest
    @CsvSource({"10, 0", "12, 4096", "10, -4", "10, -513", "10, -514", "9, -12"})
    void otherResultsOfNotifiedCallsStay(long nr, long result) {
        assertThat(unasked(in(nr, result))).isEqualTo(result);
    }

    @Test
    void outsideOfCallsNothingIsChanged() {
        long[] registers = in(10, ERESTARTSYS);
        registers[Registers.ORIG_RAX] = -1;
        assertThat(unasked(registers)).isEqualTo(ERESTARTSYS);
        registers[Registers.RAX] = EINTR;
        assertThat(unasked(registers)).isEqualTo(EINTR);
    }

    @Test
    void signalThatIsIgnoredBreaksOffNoCall() {
        assertThat(ignored(in(EPOLL_WAIT, EINTR))).isEqualTo(ERESTARTNOHAND);
        assertThat(handled(in(EPOLL_WAIT, EINTR))).isEqualTo(EINTR);
        assertThat(unasked(in(EPOLL_WAIT, 3))).isEqualTo(3);
    }

    /** close: its descriptor is gone, whatever it answers. */
    @Test
    void callThatAnswersEintrOnlyByItselfKeepsIt() {
        assertThat(unasked(in(3, EINTR))).isEqualTo(EINTR);
    }

    /** By this code the kernel answers EINTR behind a handler, and makes the call anew without one. */
    @Test
    void whatAnIgnoredSignalLeavesIsTheKernelsToEnd() {
        assertThat(unasked(in(EPOLL_WAIT, ERESTARTNOHAND))).isEqualTo(ERESTARTNOHAND);
    }

    @Test
    void onlyHandlersWithoutRestartMatter() {
        assertThat(SignalledCall.breaksOff(HANDLER, SA_SIGINFO)).isTrue();
        assertThat(SignalledCall.breaksOff(HANDLER, 0)).isTrue();
        assertThat(SignalledCall.breaksOff(HANDLER, SA_RESTART | SA_SIGINFO)).isFalse();
        assertThat(SignalledCall.breaksOff(0, SA_SIGINFO)).isFalse();
        assertThat(SignalledCall.breaksOff(1, 0)).isFalse();
    }
}
