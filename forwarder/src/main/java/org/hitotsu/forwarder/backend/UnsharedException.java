package org.hitotsu.forwarder.backend;

import org.jspecify.annotations.Nullable;

/** A program could not be prepared for being shared, and runs on natively. The message is {@code CAUSE; REMEDY}. */
public final class UnsharedException extends Exception {
    private static final long serialVersionUID = 1L;

    public UnsharedException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
