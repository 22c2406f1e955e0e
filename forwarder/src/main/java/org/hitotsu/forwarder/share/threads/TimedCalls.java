package org.hitotsu.forwarder.share.threads;

import org.hitotsu.forwarder.nativecall.SocketTimeouts;
import org.hitotsu.forwarder.syscall.SyscallRule;
import org.hitotsu.forwarder.syscall.SyscallTable;

/**
 * Calls that end by themselves after a time, and which the kernel does not restart with what is left of it (as it does
 * nanosleep(2), poll(2) or futex(2)). A thread that is moved more often than that would wait for ever in one that is made anew.
 */
final class TimedCalls {
    private TimedCalls() {}

    /**
     * Whether this is such a call.
     *
     * @param pid whose descriptors the call names
     */
    static boolean concerns(int pid, int nr, long[] args) {
        SyscallRule rule = SyscallTable.x86_64().rule(nr, args);
        // Of calls whose first argument is no descriptor the worst is that one is kept which need not be.
        return rule.timed() || rule.restartOnEintr() && SocketTimeouts.any(pid, (int) args[0]);
    }
}
