package org.hitotsu.coherence;

/** What a fault, a request or a grant is about. A page which may be written may also be read. */
public enum Access {
    READ,
    WRITE
}
