package org.hitotsu.forwarder.backend.common;

import org.hitotsu.forwarder.nativecall.Linux;

/** A step that the kernel had to take failed; the message names step and cause. */
public final class KernelException extends Exception {
    private static final long serialVersionUID = 1L;

    private final int errno;

    /** @param error as a system call returns it, negative */
    public KernelException(String step, long error) {
        super(step + ": " + Linux.errorName(error));
        this.errno = (int) -error;
    }

    public KernelException(String message) {
        super(message);
        this.errno = 0;
    }

    /** The kernel's error, positive; 0 if it was none of its errors. */
    public int errno() {
        return errno;
    }

    /** {@code result}, if it is none of the kernel's errors. */
    public static long check(String step, long result) throws KernelException {
        if (result < 0) {
            throw new KernelException(step, result);
        }
        return result;
    }
}
