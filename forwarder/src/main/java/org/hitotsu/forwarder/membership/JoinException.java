package org.hitotsu.forwarder.membership;

/** The node could not become or stay a member. The message is {@code THING: CAUSE; REMEDY}. */
public final class JoinException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /** @param message {@code THING: CAUSE; REMEDY} */
    public JoinException(String message) {
        // Told to the user as one line; the place in the code is of no use to him.
        super(message, null, false, false);
    }
}
