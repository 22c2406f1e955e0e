package org.hitotsu.forwarder.backend.stock;

import org.hitotsu.forwarder.nativecall.Linux;

/** A step of tracing a process failed; the message names step and cause. */
final class TraceException extends Exception {
    private static final long serialVersionUID = 1L;

    TraceException(String step, long error) {
        super(step + ": " + Linux.errorName(error));
    }

    TraceException(String message) {
        super(message);
    }

    static long check(String step, long result) throws TraceException {
        if (result < 0) {
            throw new TraceException(step, result);
        }
        return result;
    }
}
