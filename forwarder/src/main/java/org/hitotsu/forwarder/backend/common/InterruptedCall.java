package org.hitotsu.forwarder.backend.common;

import org.hitotsu.forwarder.backend.ThreadImage;
import org.hitotsu.forwarder.nativecall.Linux;
import org.hitotsu.forwarder.nativecall.Ptrace.Registers;
import org.hitotsu.forwarder.syscall.SyscallTable;
import org.hitotsu.forwarder.syscall.Transfers;

/** What becomes of a system call that a stop of ours, and no signal, has interrupted. */
public final class InterruptedCall {
    private InterruptedCall() {}

    /**
     * The image with which the thread goes on anywhere: it makes the call anew where the kernel would have restarted it.
     *
     * <p>The image stays in a transfer that has answered how much it was ({@link Transfers#concerns}).
     *
     * <p>Some calls answer EINTR to any wake-up (signal(7), "Interruption of system calls … by stop signals"); since no
     * signal is there to be handled, the program would see an EINTR which we invented. The table names them.
     */
    public static ThreadImage settled(ThreadImage image) {
        long nr = image.register(Registers.ORIG_RAX);
        if (nr < 0) {
            return image;
        }
        long result = image.register(Registers.RAX);
        if (result == -Linux.ERESTARTSYS || result == -Linux.ERESTARTNOINTR || result == -Linux.ERESTARTNOHAND) {
            return image.beforeCall(nr);
        }
        if (result == -Linux.ERESTART_RESTARTBLOCK) {
            // The rest of the wait is in the task's restart block, and the task executes this call wherever it is
            // asked.
            return image.beforeCall(Linux.NR_RESTART_SYSCALL);
        }
        if (result == -Linux.EINTR && SyscallTable.x86_64().rule(nr).restartOnEintr()) {
            return image.beforeCall(nr);
        }
        if (result > 0 && Transfers.concerns(nr)) {
            // Whether that is all it would have transferred, its arguments tell.
            return image;
        }
        return image.afterCall(result);
    }

    /**
     * The image with which the thread's own task goes on at home: in the call, so that the kernel makes it anew when it has
     * looked for signals once more. With a signal's handler and flags it alone knows whether the call is made anew or answers
     * EINTR, and it looks at just these registers (arch_do_signal_or_restart()). Were the call made anew by the image, a
     * signal that comes just now would no longer break it off.
     *
     * @param signalled whether the task is about to take a signal that is not ignored: an EINTR is that one's then
     */
    public static ThreadImage leftToKernel(ThreadImage image, boolean signalled) {
        long nr = image.register(Registers.ORIG_RAX);
        boolean invented = !signalled
                && nr >= 0
                && image.register(Registers.RAX) == -Linux.EINTR
                && SyscallTable.x86_64().rule(nr).restartOnEintr();
        // Whatever the handler's flags are, these calls answer EINTR.
        return invented ? image.with(Registers.RAX, -Linux.ERESTARTNOHAND) : image;
    }

    /**
     * What a thread goes on with behind a transfer that was made in two parts.
     *
     * @param image captured in the call
     * @param outcome the image joined with how far the second part has come: not begun, failed, interrupted, or its result
     * @param done what the first part has transferred
     */
    public static ThreadImage behindRest(ThreadImage image, ThreadImage outcome, long done) {
        boolean made = outcome.register(Registers.RIP) == image.register(Registers.RIP);
        return image.afterCall(done + (made ? Math.max(outcome.register(Registers.RAX), 0) : 0));
    }
}
