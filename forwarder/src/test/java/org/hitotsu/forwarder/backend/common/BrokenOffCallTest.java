package org.hitotsu.forwarder.backend.common;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import org.hitotsu.forwarder.backend.ThreadImage;
import org.hitotsu.forwarder.nativecall.Linux;
import org.hitotsu.forwarder.nativecall.Ptrace.Registers;
import org.junit.jupiter.api.Test;

class BrokenOffCallTest {
    private static final int SEMOP = 65;
    private static final int CLOSE = 3;

    private static ThreadImage stopped(long nr, long result) {
        long[] registers = new long[Registers.COUNT];
        for (int i = 0; i < registers.length; i++) {
            registers[i] = 1000 + i;
        }
        registers[Registers.ORIG_RAX] = nr;
        registers[Registers.RAX] = result;
        return new ThreadImage(registers, new byte[] {1, 2, 3});
    }

    private static BrokenOffCall brokenOff(ThreadImage captured) {
        return requireNonNull(BrokenOffCall.of(captured, InterruptedCall.settled(captured)));
    }

    private static void assertInCall(ThreadImage home, ThreadImage captured, long result) {
        assertThat(home.registers())
                .isEqualTo(captured.with(Registers.RAX, result).registers());
        assertThat(home.xstate()).isEqualTo(captured.xstate());
    }

    @Test
    void signalFindsTheThreadInTheCallThatItHasNotMadeAnew() {
        ThreadImage read = stopped(Linux.NR_READ, -Linux.ERESTARTSYS);
        assertInCall(brokenOff(read).takenHome(InterruptedCall.settled(read), true), read, -Linux.ERESTARTSYS);
        ThreadImage poll = stopped(Linux.NR_POLL, -Linux.ERESTART_RESTARTBLOCK);
        assertInCall(
                brokenOff(poll).takenHome(InterruptedCall.settled(poll), true), poll, -Linux.ERESTART_RESTARTBLOCK);
        ThreadImage semop = stopped(SEMOP, -Linux.EINTR);
        assertInCall(brokenOff(semop).takenHome(InterruptedCall.settled(semop), true), semop, -Linux.EINTR);
    }

    @Test
    void withoutOneTheKernelMakesItAnew() {
        ThreadImage read = stopped(Linux.NR_READ, -Linux.ERESTARTSYS);
        assertInCall(brokenOff(read).takenHome(InterruptedCall.settled(read), false), read, -Linux.ERESTARTSYS);
        ThreadImage semop = stopped(SEMOP, -Linux.EINTR);
        assertInCall(brokenOff(semop).takenHome(InterruptedCall.settled(semop), false), semop, -Linux.ERESTARTNOHAND);
    }

    @Test
    void threadThatStandsElsewhereIsLeftAsItIs() {
        ThreadImage semop = stopped(SEMOP, -Linux.EINTR);
        BrokenOffCall call = brokenOff(semop);
        ThreadImage settled = InterruptedCall.settled(semop);
        for (int register : new int[] {Registers.RIP, Registers.RSP, Registers.RAX, Registers.ORIG_RAX}) {
            ThreadImage other = settled.with(register, 7);
            assertThat(call.takenHome(other, true)).isSameAs(other);
        }
        ThreadImage trapped = settled.withTrapDue();
        assertThat(call.takenHome(trapped, true)).isSameAs(trapped);
    }

    @Test
    void callThatIsOverOrNoneIsNotBrokenOff() {
        for (ThreadImage image :
                new ThreadImage[] {stopped(CLOSE, -Linux.EINTR), stopped(Linux.NR_WRITE, 5), stopped(-1, -512)}) {
            assertThat(BrokenOffCall.of(image, InterruptedCall.settled(image))).isNull();
        }
    }
}
