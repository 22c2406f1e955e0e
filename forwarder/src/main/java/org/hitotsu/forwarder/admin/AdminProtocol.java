package org.hitotsu.forwarder.admin;

import java.nio.file.Path;

/**
 * What client and server of the administration socket share.
 *
 * <p>Both sides send JSON objects, one a line, UTF-8. A request has {@code "command"} (a string) and {@code "id"} (a
 * number of the client's choice), and the command's own members. Its final reply has the same {@code "id"}, {@code
 * "final": true}, and either {@code "result"} (an object) or {@code "error"}: {@code {"message": TEXT, "exit": CODE}}.
 * Objects without {@code "final"} are events of a command that streams. Requests of one connection are answered in any
 * order.
 */
public final class AdminProtocol {

    /** Where sockets are unless the user says otherwise. */
    public static final Path DIRECTORY = Path.of("/run/hitotsu");

    /** Ending of a socket's file name; the node's name is before it. */
    public static final String SUFFIX = ".sock";

    /** Names the socket in place of {@code --socket}. */
    public static final String ENVIRONMENT = "HITOTSU_SOCKET";

    /** Longest line, in bytes. */
    public static final int MAX_LINE_BYTES = 16 << 20;

    /** Longest path of a Unix domain socket in bytes: sun_path less its terminating zero (unix(7)). */
    public static final int MAX_PATH_BYTES = 107;

    /** The exit code of a failure that has no other. */
    public static final int EXIT_FAILURE = 1;

    static final String COMMAND = "command";
    static final String ID = "id";
    static final String FINAL = "final";
    static final String RESULT = "result";
    static final String ERROR = "error";
    static final String MESSAGE = "message";
    static final String EXIT = "exit";

    private AdminProtocol() {}

    /** The socket of the node called {@code name}. */
    public static Path socketOf(String name) {
        return DIRECTORY.resolve(name + SUFFIX);
    }
}
