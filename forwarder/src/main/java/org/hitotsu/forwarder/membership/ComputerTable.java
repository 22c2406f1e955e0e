package org.hitotsu.forwarder.membership;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Which nodes there are, ordered by id. An immutable snapshot.
 *
 * @param term raised when another node becomes coordinator
 * @param version raised with each change by the coordinator of that term
 * @param computers the rows
 * @param nextNodeId the smallest id never given
 */
public record ComputerTable(long term, long version, List<Computer> computers, int nextNodeId)
        implements Iterable<Computer> {

    /** Sorts the rows by id. */
    public ComputerTable {
        List<Computer> sorted = new ArrayList<>(computers);
        sorted.sort(Comparator.comparingInt(Computer::id));
        computers = List.copyOf(sorted);
    }

    /** The node with this id, or null. */
    public @Nullable Computer get(int id) {
        for (Computer c : computers) {
            if (c.id() == id) {
                return c;
            }
        }
        return null;
    }

    /** Number of nodes. */
    public int size() {
        return computers.size();
    }

    @Override
    public Iterator<Computer> iterator() {
        return computers.iterator();
    }

    /** Whether this table is to replace {@code other}: later by (term, version). */
    public boolean isLaterThan(ComputerTable other) {
        return term != other.term ? term > other.term : version > other.version;
    }
}
