package org.hitotsu.forwarder.backend;

import io.vertx.core.Future;

/** The threads of a shadow, which host moved threads. Event loop only. */
public interface ShadowThreads {
    /** What hosted threads do. Called on the event loop. */
    interface Events {
        /** The thread has made a system call and waits for {@link #inject} or {@link #park}. */
        void onCaptured(int tid, long nr, long[] args, boolean foreignAbi);

        /**
         * The thread raised a fault signal that only its origin can deliver; it is parked, and {@code image} makes the
         * access anew, or has its trap due.
         */
        void onTrap(int tid, int signal, ThreadImage image);

        /** The shadow's process is gone. */
        void onShadowGone(String why);
    }

    /**
     * A thread taken off a shadow.
     *
     * @param inCall whether it was captured in a system call which has had no result injected; the image stands behind
     *     the {@code syscall} instruction then
     * @param nr the number of that call
     */
    record Parked(ThreadImage image, boolean inCall, long nr) {}

    void events(Events events);

    /** Makes one more parked thread; its number. Fails if there can be no more now. */
    Future<Integer> create();

    /** Runs a parked thread from an image. */
    void resume(int tid, ThreadImage image);

    /** Stops a hosted thread and takes its image; the thread is parked. */
    Future<Parked> park(int tid);

    /**
     * The result of the captured system call; the thread goes on.
     *
     * @return false if the thread was taken out of the call before
     */
    boolean inject(int tid, long result);

    /** Ends a parked thread. */
    void remove(int tid);
}
