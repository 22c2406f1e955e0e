package org.hitotsu.forwarder.syscall;

/**
 * Waits for a futex that inherits priority (futex(2), "Priority-inheritance futexes"). Behind such a wait the kernel may have
 * to write the waiter's id to the futex word, with the lock taken already: the call can't be made anew then as if it had had
 * no effect (fixup_pi_owner() in kernel/futex/pi.c).
 */
public final class PriorityFutex {
    private static final int FUTEX = 202;
    private static final int LOCK_PI = 6;
    private static final int WAIT_REQUEUE_PI = 11;
    private static final int LOCK_PI2 = 13;
    /** All but FUTEX_PRIVATE_FLAG and FUTEX_CLOCK_REALTIME. */
    private static final int COMMAND = ~(0x80 | 0x100);

    private PriorityFutex() {}

    /** Whether a call waits for such a futex. */
    public static boolean concerns(long nr, long[] args) {
        return nr == FUTEX
                && switch ((int) args[1] & COMMAND) {
                    case LOCK_PI, LOCK_PI2, WAIT_REQUEUE_PI -> true;
                    default -> false;
                };
    }

    /** The address of the word that one that {@link #concerns} waits for. */
    public static long word(long[] args) {
        // The other word of FUTEX_WAIT_REQUEUE_PI is a common futex, to which nothing is written.
        return ((int) args[1] & COMMAND) == WAIT_REQUEUE_PI ? args[4] : args[0];
    }

    /** Whether one that {@link #concerns} has no effect before its wait, so that one refused with EFAULT can be made anew. */
    public static boolean locks(long[] args) {
        return ((int) args[1] & COMMAND) != WAIT_REQUEUE_PI;
    }
}
