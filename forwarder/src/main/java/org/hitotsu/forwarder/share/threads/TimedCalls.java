package org.hitotsu.forwarder.share.threads;

import java.io.IOException;
import org.hitotsu.forwarder.nativecall.Linux;
import org.hitotsu.forwarder.nativecall.ProcFiles;
import org.hitotsu.forwarder.nativecall.SocketTimeouts;
import org.hitotsu.forwarder.syscall.SyscallClass;
import org.hitotsu.forwarder.syscall.SyscallRule;
import org.hitotsu.forwarder.syscall.SyscallTable;

/**
 * Calls that end by themselves after a time, and which the kernel does not restart with what is left of it (as it does
 * nanosleep(2), poll(2) or futex(2)). A thread that is moved more often than that would wait for ever in one that is made anew.
 */
final class TimedCalls {
    private static final int ARGUMENTS = 6;

    private TimedCalls() {}

    /**
     * Whether this is such a call.
     *
     * @param tid whose descriptors the call names
     */
    static boolean concerns(int pid, int tid, int nr, long[] args) {
        SyscallRule rule = SyscallTable.x86_64().rule(nr, args);
        // Of calls whose first argument is no descriptor the worst is that one is kept which need not be.
        return rule.timed()
                || rule.restartOnEintr()
                        && (SocketTimeouts.any(pid, tid, (int) args[0])
                                || nr == Linux.NR_SPLICE && SocketTimeouts.any(pid, tid, (int) args[2]));
    }

    /**
     * Whether a thread at home waits in such a call that no deputy can make for it: moved, it would come home at once and begin
     * anew. No promise: it may just be about to.
     */
    static boolean holdAtHome(int pid, int tid) {
        try {
            String[] words = ProcFiles.call(pid, tid);
            if (words.length < 1 + ARGUMENTS) {
                return false;
            }
            long[] args = new long[ARGUMENTS];
            for (int i = 0; i < ARGUMENTS; i++) {
                args[i] = Long.parseUnsignedLong(words[1 + i].substring(2), 16);
            }
            SyscallRule rule = SyscallTable.x86_64().rule(Long.parseLong(words[0]), args);
            return rule.timed() && rule.syscallClass() == SyscallClass.HOME;
        } catch (IOException gone) {
            return false;
        }
    }
}
