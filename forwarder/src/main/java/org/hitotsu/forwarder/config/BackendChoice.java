package org.hitotsu.forwarder.config;

/** Which kernel back-end a node is to use. */
public enum BackendChoice {
    /** The best one the kernel allows. */
    AUTO,
    /** ptrace, seccomp notification and userfaultfd of a kernel as distributed. */
    STOCK,
    /** The patched kernel's own operations. */
    PATCHED
}
