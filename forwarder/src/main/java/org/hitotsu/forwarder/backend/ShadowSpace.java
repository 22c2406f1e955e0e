package org.hitotsu.forwarder.backend;

/** The process on this node that hosts moved threads of a shared process whose origin is elsewhere. Event loop only. */
public interface ShadowSpace {
    int pid();

    ShadowThreads threads();

    PagePort pages();

    /** Ends the shadow and frees what belongs to it. */
    void close();
}
