package org.hitotsu.coherence;

/** One thread of the simulated program: reads, writes, acquires and moves, at random. */
final class SimulatedThread {

    private final SimulatedCluster cluster;
    private final SimulationScheduler scheduler;
    private int remaining;
    /** Distinguishes this wait from an earlier one of the same thread. */
    private int turn;

    SimulatedNode node;
    int page;
    Access access = Access.READ;
    private int count = 1;
    private boolean acquires;
    boolean done;

    SimulatedThread(SimulatedCluster cluster, SimulatedNode node, int operations) {
        this.cluster = cluster;
        this.scheduler = cluster.scheduler;
        this.node = node;
        this.remaining = operations;
    }

    void start() {
        scheduler.after(scheduler.upTo(cluster.settings.thinkTime()), this::nextOperation);
    }

    private void nextOperation() {
        if (!node.alive) {
            done = true;
            return;
        }
        if (remaining-- == 0) {
            done = true;
            return;
        }
        node = cluster.nextNode(this);
        page = cluster.nextPage(this);
        access = cluster.nextAccess(this);
        acquires = scheduler.percent(cluster.settings.acquirePercent());
        turn++;
        if (acquires) {
            count = 1 + scheduler.random.nextInt(Math.min(24, cluster.pages - page));
            long token = cluster.nextToken++;
            node.acquiring.put(token, this);
            int thisTurn = turn;
            if (scheduler.percent(10)) {
                scheduler.after(scheduler.upTo(cluster.settings.linkDelay() * 3), () -> cancel(token, thisTurn));
            }
            node.cache.acquire(cluster.page(page), count, access, token, scheduler.now());
        } else {
            count = 1;
            attempt(turn);
        }
    }

    private void cancel(long token, int ofTurn) {
        if (turn == ofTurn && node.alive && node.acquiring.remove(token) != null) {
            node.cache.cancelAcquire(token, scheduler.now());
            start();
        }
    }

    private void attempt(int ofTurn) {
        if (turn != ofTurn || done) {
            return;
        }
        if (!node.alive) {
            done = true;
            return;
        }
        if (!cluster.legal(node.id, page, access)) {
            denied();
            return;
        }
        byte needed = access == Access.WRITE ? SimulatedNode.WRITABLE : SimulatedNode.READABLE;
        if (node.mode[page] >= needed) {
            perform(page);
            served();
            return;
        }
        node.waiting.add(this);
        cluster.faults++;
        SimulatedNode faultNode = node;
        long faultPage = cluster.page(page);
        Access faultAccess = access;
        scheduler.after(scheduler.upTo(cluster.settings.memoryDelay()), () -> {
            if (faultNode.alive) {
                faultNode.cache.onFault(faultPage, faultAccess, scheduler.now());
            }
        });
        if (cluster.settings.threadsMove() && scheduler.percent(5)) {
            scheduler.after(scheduler.upTo(cluster.settings.linkDelay() * 2), () -> moveAway(ofTurn));
        }
    }

    /** A thread may be moved while it waits for a page; its fault stays behind. */
    private void moveAway(int ofTurn) {
        if (turn == ofTurn && node.waiting.remove(this)) {
            node = cluster.someNode();
            retry();
        }
    }

    /** After a wake, and after the time it takes to run again. */
    void retry() {
        int ofTurn = turn;
        scheduler.after(scheduler.upTo(cluster.settings.retryDelay()), () -> attempt(ofTurn));
    }

    void denied() {
        served();
    }

    void acquired() {
        for (int p = page; p < page + count; p++) {
            if (node.origin && (node.mode[p] == SimulatedNode.NONE || cluster.undefined[p] > 0)) {
                node.touch(p, access);
            }
            byte needed = access == Access.WRITE ? SimulatedNode.WRITABLE : SimulatedNode.READABLE;
            cluster.check(node.mode[p] >= needed, "acquired without a page", cluster.page(p), node.id);
            perform(p);
        }
        served();
    }

    private void perform(int p) {
        cluster.checkLatest(node, p);
        if (access == Access.WRITE && cluster.undefined[p] == 0) {
            node.version[p] = ++cluster.latest[p];
        }
    }

    private void served() {
        turn++;
        start();
    }
}
