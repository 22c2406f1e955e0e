package org.hitotsu.forwarder;

import io.vertx.core.Context;
import io.vertx.core.Vertx;
import org.hitotsu.forwarder.admin.AdminService;
import org.hitotsu.forwarder.config.NodeConfig;
import org.hitotsu.forwarder.membership.PeerNetwork;
import org.hitotsu.forwarder.metrics.Metrics;

/**
 * What the daemon gives its modules.
 *
 * @param vertx the instance whose only event loop everything runs on
 * @param context of that event loop
 * @param network other nodes
 * @param admin commands of the administration socket
 * @param metrics what to count into
 * @param config settings of this daemon
 */
public record DaemonContext(
        Vertx vertx, Context context, PeerNetwork network, AdminService admin, Metrics metrics, NodeConfig config) {}
