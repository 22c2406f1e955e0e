package org.hitotsu.forwarder;

import io.vertx.core.Future;

/**
 * A part of the daemon found through {@link java.util.ServiceLoader} and run on its event loop.
 *
 * <p>Modules are started after network and administration are set up but before either talks to anyone, so every handler
 * a module registers while it starts sees everything; they are stopped in reverse order before both go.
 */
public interface DaemonModule {

    /** Called once on the event loop. The daemon becomes ready when the future succeeds; it exits if it fails. */
    Future<Void> start(DaemonContext context);

    /** Called once on the event loop, peers still being connected. */
    Future<Void> stop();
}
