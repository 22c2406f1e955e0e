package org.hitotsu.forwarder.backend.patched;

import org.hitotsu.forwarder.backend.ThreadImage;
import org.hitotsu.forwarder.backend.common.KernelException;
import org.hitotsu.forwarder.nativecall.Linux;
import org.jspecify.annotations.Nullable;

/**
 * What can be asked of the threads of one attached process. Results follow {@link Linux}: {@code -ESRCH} for a thread that
 * has ended, {@code -EBUSY} or {@code -EINVAL} for one in a state that does not allow the request.
 *
 * <p>Every request returns at once but for an image, which waits some microseconds until the thread has come to rest.
 */
interface ThreadRequests {
    /**
     * A parked thread's image, and its restartable sequences' area.
     *
     * @param rseq its address, 0 if there is none
     */
    record Captured(ThreadImage image, long rseq, int rseqLength, int rseqSignature) {}

    /** Has a running or captured thread park; a PARKED event follows, or a TRAP that was faster, or EXITING. */
    long park(int tid);

    /** Makes a call that the thread executes return as if interrupted; no-op if it executes none. */
    long interrupt(int tid);

    /** Gives a captured call its result. */
    long inject(int tid, long sequence, long result);

    /**
     * Has the thread make its captured call itself.
     *
     * @param report whether an EXECUTED event is to tell of the call's end
     */
    long proceed(int tid, long sequence, boolean report);

    /** Has a parked thread, or one captured at home, make a system call; an EXECUTED event follows. */
    long exec(int tid, long nr, long... args);

    /** The image of a parked thread. */
    Captured image(int tid) throws KernelException;

    /**
     * Lets a parked thread run.
     *
     * @param image what it goes on with; null for what it had when it was parked
     * @param mode {@code HOME} or {@code REMOTE}
     */
    long resume(int tid, @Nullable ThreadImage image, int mode);
}
