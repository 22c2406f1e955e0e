package org.hitotsu.forwarder.backend.stock;

import org.hitotsu.forwarder.nativecall.Linux;
import org.hitotsu.forwarder.nativecall.NativeMemory;

/**
 * Keeps the helper under the limits of the program for which it makes memory calls. It is a process of its own and so has
 * limits of its own (getrlimit(2)), which are those that the program started with; the program may change its own at any
 * time, and others may do so (prlimit(2)). Event loop only.
 */
final class HelperLimits {
    /** DATA, STACK, MEMLOCK, AS: what mmap(2), mremap(2), mprotect(2) and brk(2) look at. */
    private static final int[] RESOURCES = {2, 3, 8, 9};

    private static final int CPU = 0;
    private static final long INFINITY = -1;

    private final long[] soft = new long[RESOURCES.length];
    private final long[] hard = new long[RESOURCES.length];
    private boolean known;

    /**
     * Processor time that it spends is not the program's, with whose limit it was born: it would be killed for it. Above the hard
     * limit only if the daemon may do that (CAP_SYS_RESOURCE).
     */
    static void noEnd(int helper) {
        try (NativeMemory limit = new NativeMemory(16)) {
            NativeMemory.putLong(limit.address(), INFINITY);
            NativeMemory.putLong(limit.address() + 8, INFINITY);
            Linux.call(Linux.NR_PRLIMIT64, helper, CPU, limit.address(), 0, 0, 0);
        }
    }

    /** To be called before the helper makes a call on behalf of the program. */
    void follow(int pid, int helper) {
        try (NativeMemory limit = new NativeMemory(16)) {
            long at = limit.address();
            for (int i = 0; i < RESOURCES.length; i++) {
                if (Linux.call(Linux.NR_PRLIMIT64, pid, RESOURCES[i], 0, at, 0, 0) != 0) {
                    return; // It has ended.
                }
                long nowSoft = NativeMemory.getLong(at);
                long nowHard = NativeMemory.getLong(at + 8);
                if (!known || soft[i] != nowSoft || hard[i] != nowHard) {
                    Linux.call(Linux.NR_PRLIMIT64, helper, RESOURCES[i], at, 0, 0, 0);
                    soft[i] = nowSoft;
                    hard[i] = nowHard;
                }
            }
            known = true;
        }
    }

    /**
     * Takes the limits off the helper, as far as the daemon may, for calls of the daemon's own: until {@link #follow}, which was
     * called before.
     */
    void lift(int helper) {
        try (NativeMemory limit = new NativeMemory(16)) {
            NativeMemory.putLong(limit.address(), INFINITY);
            NativeMemory.putLong(limit.address() + 8, INFINITY);
            for (int i = 0; i < RESOURCES.length; i++) {
                if (soft[i] != INFINITY) {
                    Linux.call(Linux.NR_PRLIMIT64, helper, RESOURCES[i], limit.address(), 0, 0, 0);
                    known = false;
                }
            }
        }
    }
}
