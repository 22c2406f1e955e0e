package org.hitotsu.forwarder.admin;

/** A command can't be carried out; says the thing, the cause and the remedy as {@code THING: CAUSE; REMEDY}. */
public final class AdminException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final int exitCode;

    /**
     * @param exitCode what the command line exits with; see docs/operations.md
     * @param message {@code THING: CAUSE; REMEDY}
     */
    public AdminException(int exitCode, String message) {
        // A stack trace would cost more than the reply and tell the user nothing.
        super(message, null, false, false);
        this.exitCode = exitCode;
    }

    /** What the command line exits with. */
    public int exitCode() {
        return exitCode;
    }
}
