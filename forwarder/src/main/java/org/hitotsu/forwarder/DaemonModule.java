package org.hitotsu.forwarder;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import org.hitotsu.forwarder.config.NodeConfig;

/**
 * A part of the daemon found through {@link java.util.ServiceLoader} and run on its event loop.
 *
 * <p>Order: {@link #probe}; the node joins, so that its id and the computer table are known; {@link #start}; then peers
 * are connected and the administration socket opens, so every handler a module registers while it starts sees
 * everything. Modules are stopped in reverse order before network and administration go.
 */
public interface DaemonModule {

    /** Finds out what this machine can do; other nodes are told. Called once on the event loop, before all else. */
    default Future<NodeProbe> probe(Vertx vertx, NodeConfig config) {
        return Future.succeededFuture(NodeProbe.NONE);
    }

    /** Called once on the event loop. The daemon becomes ready when the future succeeds; it exits if it fails. */
    Future<Void> start(DaemonContext context);

    /** Called once on the event loop, peers still being connected; also if {@link #start} was called and has failed. */
    Future<Void> stop();
}
