package org.hitotsu.forwarder.membership;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import org.hitotsu.forwarder.wire.proto.Hello;

/**
 * One node's copy of the computer table, and the rules by which it changes. Pure: no clock, no socket.
 *
 * <p>The node with the lowest id is the coordinator and the only one to change the table; it sends every change to all
 * others, who replace theirs if the new one is later by (term, version). When it is lost, the lowest of the others takes
 * over with a higher term. Ids are never given twice: the table carries the smallest one that was never used, so a
 * successor goes on where its predecessor was.
 *
 * <p>Invariants: a row's (id, epoch) never changes; ids below {@code nextNodeId} that have no row belong to nodes that
 * are gone.
 */
final class TableKeeper {

    private ComputerTable table;
    private final int selfId;

    // Nodes this one has lost its connection to while the table still has them.
    private final Set<Integer> lost = new HashSet<>();

    private TableKeeper(ComputerTable table, int selfId) {
        this.table = table;
        this.selfId = selfId;
    }

    /** The table of a new cluster that consists of {@code self}, which gets id 1. */
    static TableKeeper found(Computer self) {
        Computer row = withId(self, 1);
        return new TableKeeper(new ComputerTable(1, 1, List.of(row), 2), 1);
    }

    /** The table of a cluster this node was let into as {@code selfId}. */
    static TableKeeper joined(ComputerTable table, int selfId) {
        return new TableKeeper(table, selfId);
    }

    static Computer withId(Computer c, int id) {
        return new Computer(id, c.ipAddr(), c.port(), c.name(), c.bootId(), c.epoch(), c.features());
    }

    ComputerTable table() {
        return table;
    }

    int selfId() {
        return selfId;
    }

    /** The lowest id that is not known to be lost; this node's own if it is the coordinator or is to become it. */
    int coordinator() {
        for (Computer c : table) {
            if (!lost.contains(c.id())) {
                return c.id();
            }
        }
        return selfId;
    }

    boolean isCoordinator() {
        return coordinator() == selfId;
    }

    /** Whether this node with this incarnation is in the table. */
    boolean contains(int id, long epoch) {
        Computer c = table.get(id);
        return c != null && c.epoch() == epoch;
    }

    /**
     * Coordinator only: gives an id to a newcomer and adds its row. One that has a row already (its request was sent again
     * to a new coordinator) keeps it.
     *
     * @return its id
     */
    int assign(Hello newcomer) {
        checkCoordinator();
        for (Computer c : table) {
            if (c.epoch() == newcomer.getEpoch()) {
                return c.id();
            }
        }
        int id = table.nextNodeId();
        List<Computer> rows = new ArrayList<>(table.computers());
        rows.add(WireMapping.row(id, newcomer));
        table = new ComputerTable(table.term(), table.version() + 1, rows, id + 1);
        return id;
    }

    /**
     * Coordinator only: removes a row.
     *
     * @return whether there was one
     */
    boolean remove(int id) {
        checkCoordinator();
        if (table.get(id) == null) {
            return false;
        }
        lost.remove(id);
        table = new ComputerTable(table.term(), table.version() + 1, without(c -> c.id() == id), table.nextNodeId());
        return true;
    }

    /**
     * The connection to a node is gone. If that makes this node the coordinator, it takes over: the term rises, and all
     * rows it has lost go.
     *
     * @return whether this node has just become coordinator
     */
    boolean connectionLost(int id) {
        if (table.get(id) == null) {
            return false;
        }
        boolean was = isCoordinator();
        lost.add(id);
        if (was || !isCoordinator()) {
            return false;
        }
        table = new ComputerTable(table.term() + 1, 1, without(c -> lost.contains(c.id())), table.nextNodeId());
        lost.clear();
        return true;
    }

    /**
     * A table has come from another node.
     *
     * @return whether it was later than this node's and has replaced it
     */
    boolean accept(ComputerTable other) {
        if (!other.isLaterThan(table)) {
            return false;
        }
        ComputerTable before = table;
        table = other;
        // A loss is of one incarnation; the same id with another epoch is another node.
        lost.removeIf(id -> {
            Computer then = before.get(id);
            Computer now = other.get(id);
            return then == null || now == null || then.epoch() != now.epoch();
        });
        return true;
    }

    private List<Computer> without(Predicate<Computer> removed) {
        List<Computer> rows = new ArrayList<>(table.computers());
        rows.removeIf(removed);
        return rows;
    }

    private void checkCoordinator() {
        if (!isCoordinator()) {
            throw new IllegalStateException("node " + selfId + " is not the coordinator");
        }
    }
}
