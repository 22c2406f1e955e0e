package org.hitotsu.forwarder.cli;

/** What {@code hitotsu} exits with; docs/operations.md explains them to users. */
public final class ExitCodes {

    /** Done. */
    public static final int OK = 0;

    /** What was asked for could not be done. */
    public static final int FAILURE = 1;

    /** The command line makes no sense. */
    public static final int USAGE = 2;

    /** There is no daemon to ask. */
    public static final int NO_DAEMON = 3;

    /** Another node can't be reached, or refuses. */
    public static final int UNREACHABLE = 4;

    /** {@code run}: hitotsu itself failed, not the program. */
    public static final int RUN_FAILURE = 125;

    /** {@code run}: the program was found but can't be executed, as shells say it. */
    public static final int NOT_EXECUTABLE = 126;

    /** {@code run}: there is no such program, as shells say it. */
    public static final int NOT_FOUND = 127;

    private ExitCodes() {}
}
