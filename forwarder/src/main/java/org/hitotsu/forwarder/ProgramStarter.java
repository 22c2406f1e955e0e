package org.hitotsu.forwarder;

import java.io.IOException;
import org.hitotsu.forwarder.share.launch.LaunchOptions;

/** Starts a program as a shared one; found through {@link java.util.ServiceLoader} by {@code hitotsu run}. */
public interface ProgramStarter {

    /**
     * Makes this process the program, as exec(3) does, under the care of the daemon at {@code options.socket()}. Does not
     * return unless it fails. Called on the command line's main thread.
     *
     * @throws IOException if the program can't be started; the message is {@code THING: CAUSE; REMEDY}
     */
    void exec(LaunchOptions options) throws IOException;
}
