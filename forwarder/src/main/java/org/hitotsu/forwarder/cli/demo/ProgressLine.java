package org.hitotsu.forwarder.cli.demo;

import java.io.PrintWriter;
import java.util.concurrent.TimeUnit;

/** Says how far something is: on a terminal in one line which is written over, elsewhere in a line now and then. */
final class ProgressLine {

    private static final long PLAIN_INTERVAL_NANOS = TimeUnit.SECONDS.toNanos(2);

    private final PrintWriter out;
    private final boolean terminal;
    private boolean open;
    private long lastPlainNanos = System.nanoTime();

    ProgressLine(PrintWriter out, boolean terminal) {
        this.out = out;
        this.terminal = terminal;
    }

    /** A line that stays. */
    void say(String line) {
        end();
        out.println(line);
        out.flush();
    }

    /** A line that the next one may replace. */
    void update(String line) {
        if (terminal) {
            // Carriage return, and erase to the end of the line (ECMA-48).
            out.print("\r" + line + "\u001b[K");
            open = true;
        } else if (System.nanoTime() - lastPlainNanos > PLAIN_INTERVAL_NANOS) {
            out.println(line);
            lastPlainNanos = System.nanoTime();
        }
        out.flush();
    }

    /** Leaves the last update where it is. */
    void end() {
        if (open) {
            open = false;
            out.println();
            out.flush();
        }
    }
}
