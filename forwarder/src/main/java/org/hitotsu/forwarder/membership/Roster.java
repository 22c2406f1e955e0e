package org.hitotsu.forwarder.membership;

import com.google.protobuf.MessageLite;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import org.hitotsu.forwarder.wire.proto.AssignReply;
import org.hitotsu.forwarder.wire.proto.AssignRequest;
import org.hitotsu.forwarder.wire.proto.Hello;
import org.hitotsu.forwarder.wire.proto.Unreachable;
import org.hitotsu.forwarder.wire.proto.WireHeader;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the computer table the same on all nodes: what is asked of the coordinator, and what it decides.
 *
 * <p>Every pair of members must be connected. So when a member reports that it has lost another, the coordinator pings
 * that one: if it is dead, its connection to the coordinator ends too and its row goes; if it answers, the two can't reach
 * each other and the later of them is removed.
 *
 * <p>A node that was given an id but never connects to the coordinator (it died in between) is removed after two leases.
 *
 * <p>Accessed from the event loop only.
 */
final class Roster {

    private static final Logger log = LoggerFactory.getLogger(Roster.class);

    /** Connections, as the roster needs them. */
    interface Links {

        boolean isConnected(int id);

        /** Sends to a node; nothing happens if it is not connected. */
        void send(int id, int bodyField, MessageLite body);

        void sendToAll(int bodyField, MessageLite body);

        /** Asks a node for a sign of life, to be told to {@link Roster#alive}. */
        void ping(int id);

        /** The table is another one now: connections to those who are not in it are to be closed. */
        void tableChanged(ComputerTable table);

        /** This node is not in the table any more. */
        void removed(String reason);
    }

    private record Accusation(int by, long nanos) {}

    private record PendingAssign(Hello hello, Doorkeeper.AssignOutcome outcome) {}

    private final TableKeeper keeper;
    private final Links links;
    private final long leaseNanos;

    // Newcomers waiting at this node for the coordinator's answer, in the order they came.
    private final Map<Long, PendingAssign> pendingAssigns = new LinkedHashMap<>();
    private long nextRequest = 1;

    // Coordinator: who is accused of being unreachable.
    private final Map<Integer, Accusation> accused = new HashMap<>();

    // Coordinator: since when a row has been without a connection.
    private final Map<Integer, Long> unconnectedSince = new HashMap<>();

    Roster(TableKeeper keeper, Links links, long leaseNanos) {
        this.keeper = keeper;
        this.links = links;
        this.leaseNanos = leaseNanos;
    }

    TableKeeper keeper() {
        return keeper;
    }

    /** Gets an id for a newcomer at this node's door. */
    void assign(Hello hello, Doorkeeper.AssignOutcome outcome) {
        if (keeper.isCoordinator()) {
            outcome.assigned(assignHere(hello));
            return;
        }
        long request = nextRequest++;
        PendingAssign pending = new PendingAssign(hello, outcome);
        pendingAssigns.put(request, pending);
        ask(request, pending);
    }

    private void ask(long request, PendingAssign pending) {
        AssignRequest message = AssignRequest.newBuilder()
                .setRequest(request)
                .setHello(pending.hello)
                .build();
        links.send(keeper.coordinator(), WireHeader.ASSIGN_REQUEST_FIELD_NUMBER, message);
    }

    private int assignHere(Hello hello) {
        int before = keeper.table().size();
        int id = keeper.assign(hello);
        if (keeper.table().size() != before) {
            log.info("node {}: {} is new at {}:{}", id, hello.getName(), hello.getIpAddr(), hello.getPort());
            publish();
        }
        return id;
    }

    /** Another member asks this node, which it takes for the coordinator, for an id. */
    void assignRequested(int from, AssignRequest request) {
        if (!keeper.isCoordinator()) {
            // The asker has lost the coordinator which this node still sees. It asks again when the table says who it
            // is.
            return;
        }
        int id = assignHere(request.getHello());
        // Behind the table that has the new row, on the same connection.
        AssignReply reply = AssignReply.newBuilder()
                .setRequest(request.getRequest())
                .setNodeId(id)
                .build();
        links.send(from, WireHeader.ASSIGN_REPLY_FIELD_NUMBER, reply);
    }

    void assignReplied(AssignReply reply) {
        PendingAssign pending = pendingAssigns.remove(reply.getRequest());
        if (pending == null) {
            return;
        }
        if (reply.hasRefused()) {
            pending.outcome.refused(reply.getRefused());
        } else {
            pending.outcome.assigned(reply.getNodeId());
        }
    }

    /** A table has come from a peer. */
    void tableReceived(ComputerTable table, int from) {
        int coordinatorBefore = keeper.coordinator();
        if (!keeper.accept(table)) {
            return;
        }
        if (table.get(keeper.selfId()) == null) {
            links.removed("node " + from + " has removed this node from the computer table");
            return;
        }
        links.tableChanged(table);
        if (keeper.coordinator() != coordinatorBefore) {
            coordinatorChanged();
        }
    }

    /** The connection to a node is gone, or a node given an id has never had one. */
    void connectionLost(int id, long epoch, String reason, boolean leaving) {
        if (!keeper.contains(id, epoch)) {
            return;
        }
        if (keeper.isCoordinator()) {
            remove(id, leaving ? "it has left" : reason);
            return;
        }
        int coordinatorBefore = keeper.coordinator();
        if (keeper.connectionLost(id)) {
            log.info("node {}: is coordinator now, instead of node {}", keeper.selfId(), coordinatorBefore);
            publish();
            coordinatorChanged();
            return;
        }
        if (keeper.coordinator() != coordinatorBefore) {
            coordinatorChanged();
        }
        Unreachable report = Unreachable.newBuilder()
                .setNodeId(id)
                .setEpoch(epoch)
                .setReason(reason)
                .build();
        links.send(keeper.coordinator(), WireHeader.UNREACHABLE_FIELD_NUMBER, report);
    }

    private void coordinatorChanged() {
        for (Map.Entry<Long, PendingAssign> entry : new ArrayList<>(pendingAssigns.entrySet())) {
            if (keeper.isCoordinator()) {
                pendingAssigns.remove(entry.getKey());
                entry.getValue().outcome.assigned(assignHere(entry.getValue().hello));
            } else {
                ask(entry.getKey(), entry.getValue());
            }
        }
    }

    /** A member reports that it has lost another. */
    void unreachableReported(int by, Unreachable report) {
        int id = report.getNodeId();
        if (!keeper.isCoordinator() || id == keeper.selfId() || !keeper.contains(id, report.getEpoch())) {
            return;
        }
        if (!links.isConnected(id)) {
            remove(id, "node " + by + " has lost it: " + report.getReason());
            return;
        }
        accused.put(id, new Accusation(by, System.nanoTime()));
        links.ping(id);
    }

    /** A node has answered the ping sent at {@code pingNanos}. */
    void alive(int id, long pingNanos) {
        Accusation accusation = accused.get(id);
        // The answer to an earlier ping may still be in the socket of a node that has died since.
        if (accusation == null || pingNanos - accusation.nanos < 0) {
            return;
        }
        accused.remove(id);
        int by = accusation.by;
        if (!keeper.isCoordinator() || keeper.table().get(by) == null) {
            return;
        }
        int later = Math.max(id, by);
        remove(later, "nodes " + Math.min(id, by) + " and " + later + " can't reach each other");
    }

    private void remove(int id, String reason) {
        accused.remove(id);
        unconnectedSince.remove(id);
        if (keeper.remove(id)) {
            log.info("node {}: removed from the computer table: {}", id, reason);
            publish();
        }
    }

    private void publish() {
        ComputerTable table = keeper.table();
        // First the table, then (in tableChanged) the connections of those it leaves out: they learn of it too.
        links.sendToAll(WireHeader.COMPUTER_TABLE_FIELD_NUMBER, WireMapping.toWire(table));
        links.tableChanged(table);
    }

    /** To be called about once in a ping interval. */
    void tick(long now) {
        if (!keeper.isCoordinator()) {
            unconnectedSince.clear();
            return;
        }
        for (Computer c : keeper.table()) {
            if (c.id() == keeper.selfId() || links.isConnected(c.id())) {
                unconnectedSince.remove(c.id());
            } else if (now - unconnectedSince.computeIfAbsent(c.id(), id -> now) > 2 * leaseNanos) {
                remove(c.id(), "it has not connected within two leases");
            }
        }
        unconnectedSince.keySet().removeIf(id -> keeper.table().get(id) == null);
    }
}
