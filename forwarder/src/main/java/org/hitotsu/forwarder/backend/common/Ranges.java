package org.hitotsu.forwarder.backend.common;

import java.util.Map;
import java.util.TreeMap;

/** Ranges of addresses, start → end (not in it). Any thread that has the map to itself. */
final class Ranges {
    private Ranges() {}

    /** Adds a range to others. Programs move their memory page by page, and each look goes through all ranges. */
    static void join(TreeMap<Long, Long> ranges, long start, long end) {
        long first = start;
        long last = end;
        Map.Entry<Long, Long> near = ranges.floorEntry(last);
        while (near != null && near.getValue() >= first) {
            ranges.remove(near.getKey());
            first = Math.min(first, near.getKey());
            last = Math.max(last, near.getValue());
            near = ranges.floorEntry(last);
        }
        ranges.put(first, last);
    }

    /** Takes a range out of ranges, start → end. What they have before and behind it stays. */
    static void forget(TreeMap<Long, Long> ranges, long start, long end) {
        for (Map.Entry<Long, Long> range : new TreeMap<>(ranges.headMap(end, false)).entrySet()) {
            if (range.getValue() > start) {
                ranges.remove(range.getKey());
                if (range.getKey() < start) {
                    ranges.put(range.getKey(), start);
                }
                if (range.getValue() > end) {
                    ranges.merge(end, range.getValue(), Math::max);
                }
            }
        }
    }

    /** Whether any of these ranges, start → end, which may overlap each other, has addresses from {@code start} to before {@code end}. */
    static boolean overlaps(TreeMap<Long, Long> ranges, long start, long end) {
        return ranges.headMap(end, false).values().stream().anyMatch(rangeEnd -> rangeEnd > start);
    }
}
