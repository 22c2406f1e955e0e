package org.hitotsu.forwarder.syscall;

/** What becomes of a system call that a moved thread makes. */
public enum SyscallClass {
    /** Executed on the node where the thread runs. */
    LOCAL,
    /** Executed by the deputy at the origin with the same arguments. */
    FORWARD,
    /** The thread goes home and executes it there itself. */
    HOME,
    /** Changes or publishes a range of the address space: executed at the origin under the range lock, shadows first. */
    MAPPED,
    /** Ends the thread. */
    EXIT,
    /** Ends the process. */
    EXIT_GROUP
}
