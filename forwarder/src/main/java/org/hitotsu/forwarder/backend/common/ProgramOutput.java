package org.hitotsu.forwarder.backend.common;

import java.nio.charset.StandardCharsets;
import org.hitotsu.forwarder.nativecall.Linux;
import org.hitotsu.forwarder.nativecall.NativeMemory;

/** Words for the user who waits for a program, on that program's own terminal. */
public final class ProgramOutput {
    private ProgramOutput() {}

    /** Writes a line to the standard error of the process behind {@code pidfd}, unless that would block. */
    public static void printError(int pidfd, String why) {
        long stderr = Linux.pidfdGetfd(pidfd, 2);
        if (stderr < 0) {
            return;
        }
        byte[] line = ("hitotsu: " + why + "\n").getBytes(StandardCharsets.UTF_8);
        try (NativeMemory text = new NativeMemory(line.length)) {
            NativeMemory.copyIn(text.address(), line, 0, line.length);
            // A pipe that nobody reads must not stop the daemon.
            if (Linux.writableNow((int) stderr)) {
                Linux.call(Linux.NR_WRITE, stderr, text.address(), line.length);
            }
        }
        Linux.close((int) stderr);
    }
}
