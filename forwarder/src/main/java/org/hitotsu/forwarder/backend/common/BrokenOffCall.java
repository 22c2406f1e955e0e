package org.hitotsu.forwarder.backend.common;

import org.hitotsu.forwarder.backend.ThreadImage;
import org.hitotsu.forwarder.nativecall.Linux;
import org.hitotsu.forwarder.nativecall.Ptrace.Registers;
import org.jspecify.annotations.Nullable;

/**
 * The system call that a thread was in when it was parked, and which it makes anew wherever it is then. Until it has, the
 * thread is still in the call as far as others can tell: they have seen it wait, and a signal ends that wait. Were its
 * handler run before the call, as of one that has not begun, the thread would wait for a signal that has been.
 *
 * @param nr the call's number
 * @param result what the kernel had it answer, by which it tells whether to restart it
 * @param next the number by which it is made anew
 * @param ip of the {@code syscall} instruction
 */
public record BrokenOffCall(long nr, long result, long next, long ip, long sp) {
    /**
     * @param captured as the thread was parked
     * @param settled the same by {@link InterruptedCall#settled}
     * @return null if the thread was in no call, or is behind it
     */
    public static @Nullable BrokenOffCall of(ThreadImage captured, ThreadImage settled) {
        long nr = captured.register(Registers.ORIG_RAX);
        if (nr < 0 || captured.register(Registers.RIP) == settled.register(Registers.RIP)) {
            return null;
        }
        return new BrokenOffCall(
                nr,
                captured.register(Registers.RAX),
                settled.register(Registers.RAX),
                settled.register(Registers.RIP),
                settled.register(Registers.RSP));
    }

    /**
     * What the thread's own task goes on with at home: where the thread has not made the call anew, in the call, the end of
     * which is left to the kernel ({@link InterruptedCall#leftToKernel}); elsewhere as it is.
     *
     * @param image the thread has finished no other call since it was parked
     * @param signalled whether the task is about to take a signal that is not ignored
     */
    public ThreadImage takenHome(ThreadImage image, boolean signalled) {
        boolean before = image.register(Registers.ORIG_RAX) == -1
                && image.register(Registers.RIP) == ip
                && image.register(Registers.RSP) == sp
                && image.register(Registers.RAX) == next;
        if (!before) {
            return image;
        }
        long left = result == -Linux.EINTR && !signalled ? -Linux.ERESTARTNOHAND : result;
        return image.inCall(nr).with(Registers.RAX, left);
    }
}
