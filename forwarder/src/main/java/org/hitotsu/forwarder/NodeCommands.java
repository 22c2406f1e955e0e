package org.hitotsu.forwarder;

import io.vertx.core.Future;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import org.hitotsu.forwarder.admin.AdminServer;
import org.hitotsu.forwarder.membership.Computer;
import org.hitotsu.forwarder.membership.NodeFeatures;
import org.hitotsu.forwarder.membership.TcpPeerNetwork;

/** Administration commands about the node itself and those it knows. */
final class NodeCommands {

    private final TcpPeerNetwork network;

    NodeCommands(TcpPeerNetwork network) {
        this.network = network;
    }

    void registerWith(AdminServer admin) {
        admin.register("nodes", (request, connection) -> Future.succeededFuture(nodes()));
    }

    private JsonObject nodes() {
        NodeFeatures own = network.self().features();
        JsonArray rows = new JsonArray();
        for (Computer c : network.computers()) {
            boolean self = c.id() == network.selfId();
            long roundTrip = network.roundTripNanos(c.id());
            String obstacle = c.features().whyCannotHost(own);
            rows.add(new JsonObject()
                    .put("id", c.id())
                    .put("name", c.name())
                    .put("address", c.hostPort())
                    .put("state", self ? "self" : network.isUp(c.id()) ? "up" : "down")
                    .put("cpus", c.cpus())
                    .put("backends", new JsonArray(c.features().backends()))
                    .put("kernel", c.features().kernelRelease())
                    .put("roundTripNanos", roundTrip < 0 ? null : roundTrip)
                    .put("canHostFromHere", obstacle == null)
                    .put("obstacle", obstacle));
        }
        return new JsonObject().put("self", network.selfId()).put("nodes", rows);
    }
}
