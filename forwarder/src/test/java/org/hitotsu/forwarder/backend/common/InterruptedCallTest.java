package org.hitotsu.forwarder.backend.common;

import static org.assertj.core.api.Assertions.assertThat;

import org.hitotsu.forwarder.backend.ThreadImage;
import org.hitotsu.forwarder.nativecall.Linux;
import org.hitotsu.forwarder.nativecall.Ptrace.Registers;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class InterruptedCallTest {

    private static final long IP = 0x401002;
    private static final int EPOLL_WAIT = 232;
    private static final int CLOSE = 3;

    private static ThreadImage stopped(long nr, long result) {
        long[] registers = new long[Registers.COUNT];
        for (int i = 0; i < registers.length; i++) {
            registers[i] = 1000 + i;
        }
        registers[Registers.ORIG_RAX] = nr;
        registers[Registers.RAX] = result;
        registers[Registers.RIP] = IP;
        return new ThreadImage(registers, new byte[] {1, 2, 3});
    }

    private static void assertMadeAnew(ThreadImage settled, long nr) {
        assertThat(settled.register(Registers.RIP)).isEqualTo(IP - 2);
        assertThat(settled.register(Registers.RAX)).isEqualTo(nr);
        assertOthersKept(settled);
    }

    private static void assertFinished(ThreadImage settled, long result) {
        assertThat(settled.register(Registers.RIP)).isEqualTo(IP);
        assertThat(settled.register(Registers.RAX)).isEqualTo(result);
        assertOthersKept(settled);
    }

    /** With orig_rax negative the kernel that runs the image next sees no call that it might restart once more. */
    private static void assertOthersKept(ThreadImage settled) {
        assertThat(settled.register(Registers.ORIG_RAX)).isEqualTo(-1);
        for (int i = 0; i < Registers.COUNT; i++) {
            if (i != Registers.RIP && i != Registers.RAX && i != Registers.ORIG_RAX) {
                assertThat(settled.register(i)).as("register %d", i).isEqualTo(1000 + i);
            }
        }
        assertThat(settled.xstate()).containsExactly(1, 2, 3);
    }

    @ParameterizedTest
    @ValueSource(ints = {512, 513, 514})
    void whatTheKernelWouldRestartIsMadeAnew(int code) {
        assertMadeAnew(InterruptedCall.settled(stopped(Linux.NR_READ, -code)), Linux.NR_READ);
        assertMadeAnew(InterruptedCall.settled(stopped(CLOSE, -code)), CLOSE);
    }

    @Test
    void restartBlockIsAskedForTheRest() {
        assertMadeAnew(InterruptedCall.settled(stopped(Linux.NR_POLL, -516)), Linux.NR_RESTART_SYSCALL);
    }

    @Test
    void inventedEintrIsMadeAnewOnlyWhereTheTableSaysSo() {
        assertMadeAnew(InterruptedCall.settled(stopped(EPOLL_WAIT, -Linux.EINTR)), EPOLL_WAIT);
        assertMadeAnew(InterruptedCall.settled(stopped(Linux.NR_READ, -Linux.EINTR)), Linux.NR_READ);
        // The descriptor is gone; a second close could close somebody else's.
        assertFinished(InterruptedCall.settled(stopped(CLOSE, -Linux.EINTR)), -Linux.EINTR);
        assertFinished(InterruptedCall.settled(stopped(9999, -Linux.EINTR)), -Linux.EINTR);
    }

    @ParameterizedTest
    @ValueSource(longs = {0, 1, 4096, -2, -11, -511, -515, -517, -4096, 512, 516, Long.MIN_VALUE})
    void otherResultsAreTheProgramsToSee(long result) {
        assertFinished(InterruptedCall.settled(stopped(EPOLL_WAIT, result)), result);
    }

    /** rax of a thread that is in no system call is a number like any other. */
    @ParameterizedTest
    @ValueSource(longs = {0, -512, -513, -514, -516, -4})
    void outsideOfACallNothingChanges(long rax) {
        ThreadImage image = stopped(-1, rax);
        assertThat(InterruptedCall.settled(image)).isSameAs(image);
    }

    /** Whether there is more to transfer, its arguments tell. */
    @Test
    void transferIsLeftInItsCall() {
        ThreadImage written = stopped(Linux.NR_WRITE, 100);
        assertThat(InterruptedCall.settled(written)).isSameAs(written);
        assertFinished(InterruptedCall.settled(stopped(Linux.NR_WRITE, 0)), 0);
        assertFinished(InterruptedCall.settled(stopped(Linux.NR_WRITE, -Linux.EAGAIN)), -Linux.EAGAIN);
    }

    @Test
    void partsAreAddedUp() {
        ThreadImage inCall = stopped(Linux.NR_WRITE, -Linux.ENOSYS);
        assertFinished(InterruptedCall.behindRest(inCall, inCall.afterCall(50), 100), 150);
        assertFinished(InterruptedCall.behindRest(inCall, inCall.afterCall(-Linux.EAGAIN), 100), 100);
        // Interrupted with nothing done, or not begun: natively a signal ends the transfer, which is not made anew.
        assertFinished(InterruptedCall.behindRest(inCall, inCall.with(Registers.RAX, -Linux.ERESTARTSYS), 100), 100);
        assertFinished(InterruptedCall.behindRest(inCall, inCall.beforeCall(Linux.NR_WRITE), 100), 100);
    }

    @Test
    void onlyAnInventedEintrIsKeptFromTheProgramAtHome() {
        ThreadImage interrupted = stopped(EPOLL_WAIT, -Linux.EINTR);
        ThreadImage anew = interrupted.with(Registers.RAX, -Linux.ERESTARTNOHAND);
        assertThat(InterruptedCall.leftToKernel(interrupted, false).registers()).isEqualTo(anew.registers());
        assertThat(InterruptedCall.leftToKernel(interrupted, true)).isSameAs(interrupted);
        for (ThreadImage image : new ThreadImage[] {
            stopped(CLOSE, -Linux.EINTR), stopped(EPOLL_WAIT, 3), stopped(Linux.NR_READ, -512), stopped(-1, -4)
        }) {
            assertThat(InterruptedCall.leftToKernel(image, false)).isSameAs(image);
        }
    }
}
