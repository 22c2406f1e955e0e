package org.hitotsu.coherence;

/**
 * Settings of a {@link PageCache}.
 *
 * @param holdNanos how long a page stays on a node after a waiting thread could first use it, in nanoseconds, ≥ 0; 0
 *     lets two nodes steal a page from each other before either has used it
 * @param maxReadWindow most pages a read fault asks for, itself included, 1 to {@link Pages#MAX_RUN}; 1 turns prefetch off
 * @param maxWriteWindow the same for a write fault
 */
public record CacheOptions(long holdNanos, int maxReadWindow, int maxWriteWindow) {

    /** 100 µs, 64 pages and 16 pages. */
    public static final CacheOptions DEFAULT = new CacheOptions(100_000, 64, 16);

    public CacheOptions {
        if (holdNanos < 0
                || maxReadWindow < 1
                || maxReadWindow > Pages.MAX_RUN
                || maxWriteWindow < 1
                || maxWriteWindow > Pages.MAX_RUN) {
            throw new IllegalArgumentException(
                    "hold " + holdNanos + " ns, windows " + maxReadWindow + " and " + maxWriteWindow);
        }
    }
}
