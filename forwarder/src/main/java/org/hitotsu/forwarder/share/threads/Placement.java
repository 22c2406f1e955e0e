package org.hitotsu.forwarder.share.threads;

import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/** Where a new thread runs. Event loop only. */
public final class Placement {
    /**
     * A node that threads may be placed on.
     *
     * @param cpus processors it offers, at least 1
     */
    public record Candidate(int node, int cpus) {}

    private final boolean spread;
    private final Supplier<List<Candidate>> candidates;

    /**
     * @param spread false: every thread stays where it is made
     * @param candidates the nodes that are up now, the origin among them
     */
    public Placement(boolean spread, Supplier<List<Candidate>> candidates) {
        this.spread = spread;
        this.candidates = candidates;
    }

    /**
     * The node with the fewest threads per processor after this one is added, the origin where several are equal. A thread
     * which is on its way counts where it goes; the new one, which is in {@code threads} already, does not.
     */
    int choose(Collection<SharedThread> threads, int origin) {
        if (!spread) {
            return origin;
        }
        Map<Integer, Integer> load = new HashMap<>();
        int counted = 0;
        for (SharedThread thread : threads) {
            counted++;
            if (counted < threads.size()) {
                load.merge(thread.wanted != 0 ? thread.wanted : thread.node(), 1, Integer::sum);
            }
        }
        int best = origin;
        double least = Double.MAX_VALUE;
        for (Candidate candidate : candidates.get()) {
            double perCpu = (load.getOrDefault(candidate.node(), 0) + 1.0) / candidate.cpus();
            if (perCpu < least || perCpu == least && candidate.node() == origin) {
                least = perCpu;
                best = candidate.node();
            }
        }
        return best;
    }
}
