package org.hitotsu.coherence;

/**
 * What a {@link SimulatedCluster} looks like. Times are nanoseconds of virtual time; each delay is drawn anew between 0 and
 * its maximum.
 */
record SimulationSettings(
        long seed,
        int nodes,
        int threads,
        boolean threadsMove,
        int operations,
        int pages,
        long firstPage,
        long linkDelay,
        long memoryDelay,
        long retryDelay,
        long thinkTime,
        int writePercent,
        int acquirePercent,
        int forbiddenPages,
        int rangeOperations,
        int pieceContents,
        int lostNodes,
        int maxEvents,
        CacheOptions options) {

    /** A small cluster with anything in it that can happen. */
    static SimulationSettings random(long seed) {
        SimulationScheduler draw = new SimulationScheduler(~seed);
        int nodes = 2 + (int) draw.upTo(3);
        int pages = 1 + (int) draw.upTo(4);
        long retryDelay = draw.upTo(10);
        int window = draw.percent(30) ? 1 : 1 << draw.upTo(6);
        long hold = draw.percent(5) ? 0 : retryDelay + draw.upTo(100);
        return new SimulationSettings(
                seed,
                nodes,
                2 + (int) draw.upTo(3),
                true,
                2 + (int) draw.upTo(5),
                pages,
                draw.percent(10) ? Pages.LIMIT - pages : draw.upTo(2),
                draw.percent(10) ? 0 : 10 + draw.upTo(90),
                draw.percent(10) ? 0 : draw.upTo(40),
                retryDelay,
                draw.upTo(60),
                20 + (int) draw.upTo(60),
                draw.percent(40) ? 0 : (int) draw.upTo(60),
                draw.percent(20) ? 1 : 0,
                draw.percent(50) ? 0 : 1 + (int) draw.upTo(2),
                1 + (int) draw.upTo(2),
                draw.percent(75) ? 0 : 1 + (int) draw.upTo(nodes - 2),
                5_000,
                new CacheOptions(hold, window, Math.min(16, window)));
    }

    /** The same with more of everything, so that queues, streams and acquires grow long. */
    static SimulationSettings randomLarge(long seed) {
        SimulationScheduler draw = new SimulationScheduler(~seed);
        SimulationSettings small = random(seed);
        int nodes = 4 + (int) draw.upTo(8);
        return new SimulationSettings(
                seed,
                nodes,
                6 + (int) draw.upTo(12),
                true,
                60,
                3 + (int) draw.upTo(80),
                10,
                small.linkDelay,
                small.memoryDelay,
                small.retryDelay,
                small.thinkTime,
                small.writePercent,
                small.acquirePercent / 2,
                small.forbiddenPages,
                (int) draw.upTo(10),
                1 + (int) draw.upTo(15),
                (int) draw.upTo(nodes / 2),
                500_000,
                small.options);
    }
}
