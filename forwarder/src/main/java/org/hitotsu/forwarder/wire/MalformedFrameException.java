package org.hitotsu.forwarder.wire;

/** What a peer sent is not a frame, or not the one expected. Its connection can't be used any further. */
public final class MalformedFrameException extends Exception {

    private static final long serialVersionUID = 1L;

    /** The message says what was found and what is allowed. */
    public MalformedFrameException(String message) {
        super(message);
    }

    /** The message says what was found and what is allowed. */
    public MalformedFrameException(String message, Throwable cause) {
        super(message, cause);
    }
}
