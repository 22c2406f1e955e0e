package org.hitotsu.forwarder.share.threads;

import org.hitotsu.forwarder.backend.ThreadImage;

/**
 * The system call in which a thread has come home, and which its deputy keeps: broken off, it would answer less, or wait
 * longer, than natively.
 *
 * @param image in the call
 * @param timed whether it is kept for its time-out ({@link TimedCalls}): the thread may go on to another host in it. If not,
 *     it is a transfer, and the thread waits for its end
 */
record KeptCall(ThreadImage image, boolean timed) {}
