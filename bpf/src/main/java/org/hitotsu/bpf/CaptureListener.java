package org.hitotsu.bpf;

/** Takes what attached threads do out of the ring. */
@FunctionalInterface
public interface CaptureListener {

    /** Called on the thread that polls, in the order in which the kernel told of it. May close nothing. */
    void onEvent(CaptureEvent event);
}
