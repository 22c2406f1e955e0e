package org.hitotsu.forwarder.backend.stock;

import java.util.function.BooleanSupplier;
import org.hitotsu.forwarder.nativecall.Linux;
import org.hitotsu.forwarder.nativecall.Ptrace.Registers;
import org.hitotsu.forwarder.syscall.SyscallTable;

/**
 * What a system call answers that a signal has broken off, where it would not answer the same under filter and trace as
 * without them. The kernel reads it from the registers when it delivers the signal, after the stop for that
 * (arch_do_signal_or_restart(), handle_signal()).
 */
final class SignalledCall {
    private static final int SIG_IGN = 1;
    private static final long SA_RESTART = 0x10000000L;

    private SignalledCall() {}

    /**
     * Whether a handler makes calls answer EINTR that would be restarted else. Both numbers are of the kernel's struct
     * sigaction (rt_sigaction(2)).
     */
    static boolean breaksOff(long handler, long flags) {
        return handler != 0 && handler != SIG_IGN && (flags & SA_RESTART) == 0;
    }

    /**
     * rax for a thread that is stopped for the delivery of a signal, with these registers.
     *
     * <ul>
     *   <li>A call that waits for its notification to be received ends with ERESTARTSYS (seccomp_do_user_notification()),
     *       which becomes EINTR where the handler has no SA_RESTART, whatever the call. It has not begun, so it is made
     *       again behind any handler.
     *   <li>A signal that is ignored is queued for those that trace, and wakes the thread (sig_ignored()). Without a
     *       trace it would not have broken off the call, which is made anew ({@link
     *       org.hitotsu.forwarder.syscall.SyscallRule#restartOnEintr}) by ERESTARTNOHAND: if a signal with a handler comes
     *       behind it, whether or not the thread stops for that, the EINTR is that one's.
     * </ul>
     *
     * @param ignored whether the signal is ignored; asked only if that matters
     */
    static long result(long[] registers, BooleanSupplier ignored) {
        long nr = registers[Registers.ORIG_RAX];
        long result = registers[Registers.RAX];
        if (nr < 0) {
            return result;
        }
        if (unreceived(registers)) {
            return -Linux.ERESTARTNOINTR;
        }
        boolean anew =
                result == -Linux.EINTR && SyscallTable.x86_64().rule(nr).restartOnEintr() && ignored.getAsBoolean();
        return anew ? -Linux.ERESTARTNOHAND : result;
    }

    /** Whether the call was broken off before its notification was received. */
    static boolean unreceived(long[] registers) {
        long nr = registers[Registers.ORIG_RAX];
        return nr >= 0
                && registers[Registers.RAX] == -Linux.ERESTARTSYS
                && SeccompFilters.originNotifies(
                        nr,
                        registers[Registers.RDI],
                        registers[Registers.RSI],
                        registers[Registers.RDX],
                        registers[Registers.R10]);
    }
}
