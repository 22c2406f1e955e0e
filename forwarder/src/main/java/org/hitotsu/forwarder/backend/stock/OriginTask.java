package org.hitotsu.forwarder.backend.stock;

import io.vertx.core.Promise;
import org.hitotsu.forwarder.backend.ThreadImage;
import org.hitotsu.forwarder.backend.common.BrokenOffCall;
import org.hitotsu.forwarder.syscall.Tie;
import org.jspecify.annotations.Nullable;

/** What the daemon knows of one thread of a program at its origin. Event loop only. */
final class OriginTask {
    final int tid;
    /** The notification of a trapped call at home, 0 if none. */
    long trapped;

    /** Begins with the trapped call, which came when the thread was to be parked: for if it can't be. Else null. */
    @Nullable
    Runnable again;

    /** The arguments of the trapped call, if that is a {@link org.hitotsu.forwarder.syscall.PriorityFutex}; else null. */
    long @Nullable [] priorityWait;

    /** What ties it to the origin; null if nothing does but what ties its process. */
    Tie.@Nullable Kind tie;
    /** The trapped call, a clone, as soon as a word of the new thread's is kept; null if it is none, or begun. */
    @Nullable
    Runnable birth;
    /** The trapped call ties all threads, as soon as none of them is in the agent. */
    boolean tying;

    boolean deputy;
    boolean stoppedAtBirth;
    /** Clones, forks and execs it is in. */
    int spawning;

    /** Waits for the end of the fork that was its last call; null if that was none. */
    @Nullable
    Promise<Void> forked;

    boolean ending;
    boolean resuming;
    /** The deputy is stopped for a signal, which goes home with it. */
    boolean signalled;

    long slot;
    /** The notification of the rendezvous the deputy waits in, 0 if none. */
    long rendezvous;

    boolean rendezvousAged;
    boolean idle;
    /** Whether a request was handed out (or waits in the mailbox) whose end was not reported. */
    boolean executing;

    int queuedCommand;

    /** Stopped before a signal by which the process ends with a core file; null if it is not. */
    @Nullable
    OriginTracee dying;

    /** A request for the deputy that has to wait for something else first; null if there is none. */
    @Nullable
    Object postponed;

    @Nullable
    OriginTracee tracee;

    /** The call that it was parked in and its deputy has not finished; null for none. */
    @Nullable
    BrokenOffCall brokenOff;

    /** At home, but in the agent, which makes a call for it. */
    boolean borrowed;

    /** Its image in that call, as soon as the agent has been given it. */
    @Nullable
    ThreadImage inBorrowedCall;

    /** Restartable sequences that an ending thread has yet to take away: address, length, signature. */
    long[] rseq = new long[3];

    @Nullable
    Promise<Void> resumed;

    @Nullable
    Promise<Void> unregistered;

    /** Waits until the new deputy has taken the signals that waited for it, or comes to its first rendezvous without. */
    @Nullable
    Promise<Void> arriving;

    OriginTask(int tid) {
        this.tid = tid;
    }

    /** Whether it runs natively, untraced but for what the process as a whole is traced for. */
    boolean isQuiet() {
        return !deputy && spawning == 0 && tracee == null && !resuming && !stoppedAtBirth;
    }
}
