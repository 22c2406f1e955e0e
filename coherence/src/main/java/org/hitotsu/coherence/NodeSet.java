package org.hitotsu.coherence;

import java.util.Arrays;

/** A set of node ids, sorted: a copyset has few members on most pages and all nodes on some. */
final class NodeSet {

    private static final int[] EMPTY = {};

    private int[] nodes = EMPTY;
    private int size;

    int size() {
        return size;
    }

    boolean isEmpty() {
        return size == 0;
    }

    /** The member at an index, in ascending order. */
    int get(int index) {
        return nodes[index];
    }

    boolean contains(int node) {
        return size > 0 && Arrays.binarySearch(nodes, 0, size, node) >= 0;
    }

    boolean add(int node) {
        int at = Arrays.binarySearch(nodes, 0, size, node);
        if (at >= 0) {
            return false;
        }
        int index = ~at;
        if (size == nodes.length) {
            nodes = Arrays.copyOf(nodes, Math.max(2, size * 2));
        }
        System.arraycopy(nodes, index, nodes, index + 1, size - index);
        nodes[index] = node;
        size++;
        return true;
    }

    boolean remove(int node) {
        int index = Arrays.binarySearch(nodes, 0, size, node);
        if (index < 0) {
            return false;
        }
        System.arraycopy(nodes, index + 1, nodes, index, size - index - 1);
        size--;
        if (size == 0) {
            // Most sets are empty most of the time, and there are two for each tracked page.
            nodes = EMPTY;
        }
        return true;
    }

    void clear() {
        nodes = EMPTY;
        size = 0;
    }

    @Override
    public String toString() {
        return Arrays.toString(Arrays.copyOf(nodes, size));
    }
}
