package org.hitotsu.coherence;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A whole share in one thread and virtual time: the directory, two to five nodes, a random program, and an observer who
 * sees all memories at once. The sink of the directory, and what the daemon does at the origin beside it.
 *
 * <p>After each event: no page is writable on one node and mapped on another, and each mapped copy is the page's latest
 * version. A write makes the next version, so versions are the total order of the writes of a page, and a lost write or a
 * stale read is a copy which is not the latest.
 */
class SimulatedCluster implements DirectoryActions<Version> {

    static final int ORIGIN = 1;
    static final int REASON = 7;

    final SimulationScheduler scheduler;
    final SimulationSettings settings;
    final int pages;
    /** The newest version of each page. */
    final int[] latest;
    /** The version which zero-filled memory of the origin stands for. */
    final int[] zeros;
    /** How many DISCARD locks make the contents undefined. */
    final int[] undefined;

    final PageDirectory<Version> directory;
    final List<SimulatedThread> threads = new ArrayList<>();
    private final Map<Integer, SimulatedNode> nodes = new HashMap<>();
    private final List<SimulatedNode> all = new ArrayList<>();
    private final Map<Long, RangeOperation> ranges = new HashMap<>();
    private final byte[] permission;
    /** Pages which were recalled for a request, from whom. */
    private final Map<Long, Integer> recalled = new HashMap<>();
    /** Pages whose contents come from other nodes because of a lock, from whom. */
    private final Map<Long, Integer> comingHome = new HashMap<>();

    private boolean lostANode;
    long nextToken = 1;
    long messages;
    /** Those which were not between the directory and its own node. */
    long wireMessages;

    long faults;
    int events;

    private record RangeOperation(int first, int count, RangeUse use, boolean changesPermission, boolean closing) {}

    /** First in, first out, each message after a random delay. */
    final class Link {
        private final long maxDelay;
        private long lastArrival;
        private boolean cut;

        Link(long maxDelay) {
            this.maxDelay = maxDelay;
        }

        void send(Runnable message) {
            lastArrival = Math.max(lastArrival, scheduler.now() + scheduler.upTo(maxDelay));
            scheduler.at(lastArrival, () -> {
                if (!cut) {
                    message.run();
                }
            });
        }
    }

    SimulatedCluster(SimulationSettings settings) {
        this.settings = settings;
        scheduler = new SimulationScheduler(settings.seed());
        pages = settings.pages();
        latest = new int[pages];
        zeros = new int[pages];
        undefined = new int[pages];
        permission = new byte[pages];
        Arrays.fill(permission, SimulatedNode.WRITABLE);
        for (int i = 0; i < settings.forbiddenPages(); i++) {
            permission[scheduler.random.nextInt(pages)] = (byte) scheduler.random.nextInt(2);
        }
        directory = newDirectory();
        for (int id = ORIGIN; id < ORIGIN + settings.nodes(); id++) {
            SimulatedNode node = newNode(id);
            nodes.put(id, node);
            all.add(node);
        }
        for (int i = 0; i < settings.threads(); i++) {
            threads.add(new SimulatedThread(this, firstNode(i), settings.operations()));
        }
        for (int i = 0; i < settings.rangeOperations(); i++) {
            scheduler.after(scheduler.upTo(600), () -> startRange(false));
        }
        for (int i = 0; i < settings.lostNodes(); i++) {
            scheduler.after(scheduler.upTo(600), this::loseANode);
        }
    }

    /** Where a thread starts. */
    SimulatedNode firstNode(int thread) {
        return someNode();
    }

    /** Where a thread goes on after an operation. */
    SimulatedNode nextNode(SimulatedThread thread) {
        return settings.threadsMove() && scheduler.percent(15) ? someNode() : thread.node;
    }

    /** The page of a thread's next operation. Runs are as usual as single pages, so that prefetch has something to find. */
    int nextPage(SimulatedThread thread) {
        return scheduler.percent(40) ? (thread.page + 1) % pages : scheduler.random.nextInt(pages);
    }

    Access nextAccess(SimulatedThread thread) {
        return scheduler.percent(settings.writePercent()) ? Access.WRITE : Access.READ;
    }

    /** The directory which a mutation replaces by a faulty one. */
    PageDirectory<Version> newDirectory() {
        return new PageDirectory<>(ORIGIN, this, settings.pieceContents());
    }

    /** The node which a mutation replaces by a faulty one. */
    SimulatedNode newNode(int id) {
        return new SimulatedNode(this, id);
    }

    Link newLink(boolean local) {
        return new Link(local && scheduler.percent(50) ? 0 : settings.linkDelay());
    }

    /** Runs the program to its end, checks that everybody was served, brings all pages home and checks that too. */
    void run() {
        runThreads();
        check(ranges.isEmpty(), "range never ready", 0, ORIGIN);
        startRange(true);
        drain();
        check(ranges.isEmpty() && directory.locks() == 0, "closing range never ready", 0, ORIGIN);
        check(directory.trackedPages() == 0, "directory entries left " + directory.trackedPages(), 0, ORIGIN);
        for (SimulatedNode node : all) {
            if (node.alive) {
                node.cache.onTimer(scheduler.now() + 1_000_000);
                check(node.cache.waitingAcquires() == 0, "acquire left", 0, node.id);
                check(node.cache.trackedPages() == 0, "lines left " + node.cache.trackedPages(), 0, node.id);
            }
        }
    }

    /** Runs the program to its end and checks that everybody was served. */
    void runThreads() {
        threads.forEach(SimulatedThread::start);
        drain();
        for (SimulatedThread thread : threads) {
            check(thread.done, "thread never served, " + thread.access, page(thread.page), thread.node.id);
        }
    }

    private void drain() {
        while (scheduler.step()) {
            checkMemories();
            if (++events > settings.maxEvents()) {
                throw new AssertionError("no end after " + events + " events");
            }
        }
    }

    void checkMemories() {
        for (int p = 0; p < pages; p++) {
            int mapped = 0;
            int writable = 0;
            for (int n = 0; n < all.size(); n++) {
                SimulatedNode node = all.get(n);
                if (node.mode[p] != SimulatedNode.NONE) {
                    mapped++;
                    writable += node.mode[p] == SimulatedNode.WRITABLE ? 1 : 0;
                    checkLatest(node, p);
                }
            }
            if (writable > 0 && mapped > 1) {
                throw new AssertionError("a writer and " + (mapped - 1) + " other copies, page " + page(p));
            }
        }
    }

    void checkLatest(SimulatedNode node, int p) {
        if (undefined[p] == 0 && node.version[p] != latest[p]) {
            throw new AssertionError(
                    "stale: node " + node.id + " page " + page(p) + " has " + node.version[p] + " of " + latest[p]);
        }
    }

    void check(boolean holds, String what, long page, int node) {
        if (!holds) {
            throw new AssertionError(what + ", page " + page + " node " + node + " at " + scheduler.now());
        }
    }

    SimulatedNode node(int id) {
        SimulatedNode node = nodes.get(id);
        if (node == null) {
            throw new AssertionError("no node " + id);
        }
        return node;
    }

    int index(long page) {
        return (int) (page - settings.firstPage());
    }

    long page(int index) {
        return settings.firstPage() + index;
    }

    /** Whether the origin's VMAs allow an access; other nodes do not know. */
    boolean legal(int node, int p, Access access) {
        return node != ORIGIN
                || permission[p] >= (access == Access.WRITE ? SimulatedNode.WRITABLE : SimulatedNode.READABLE);
    }

    SimulatedNode someNode() {
        SimulatedNode node;
        do {
            node = all.get(scheduler.random.nextInt(all.size()));
        } while (!node.alive);
        return node;
    }

    /** A request as it reaches the origin's daemon, which may look at its VMAs before it asks the directory. */
    void request(int node, long first, int count, Access access) {
        int p = index(first);
        if (p < 0 || (!legal(ORIGIN, p, access) && scheduler.percent(50))) {
            directory.refuse(node, first, access, REASON);
            if (count > 1) {
                directory.refuseHints(node, first + 1, count - 1);
            }
            return;
        }
        // Hints may point outside of what the program uses.
        int inside = Math.min(count, pages - p);
        directory.onRequest(node, first, inside, access, scheduler.now());
        if (inside < count) {
            directory.refuseHints(node, first + inside, count - inside);
        }
    }

    /** A node begins to take the contents of a page. */
    void extracting(int node, long page) {
        if (node != ORIGIN && !recalled.containsKey(page)) {
            comesHome(node, page);
        }
    }

    private void comesHome(int node, long page) {
        comingHome.put(page, node);
        check(comingHome.size() <= 2 * settings.pieceContents(), "too much comes home at once", page, node);
    }

    void recallReply(int node, long page, boolean keptCopy, @Nullable Version data) {
        if (data != null) {
            recalled.remove(page);
            comingHome.remove(page);
        }
        directory.onRecallReply(node, page, keptCopy, data);
    }

    void writeback(int node, long page, Version data) {
        comingHome.remove(page);
        directory.onWriteback(node, page, data);
    }

    void countMessage(int node) {
        messages++;
        wireMessages += node == ORIGIN ? 0 : 1;
    }

    void toCache(int node, Consumer<PageCache<Version>> message) {
        countMessage(node);
        SimulatedNode target = node(node);
        target.fromDirectory.send(() -> message.accept(target.cache));
    }

    @Override
    public void grant(int node, long page, Access access, @Nullable Version data) {
        toCache(node, cache -> cache.onGrant(page, access, data, scheduler.now()));
    }

    @Override
    public void decline(int node, long page, long bits) {
        toCache(node, cache -> cache.onDecline(page, bits, scheduler.now()));
    }

    @Override
    public void deny(int node, long page, Access access, int reason) {
        toCache(node, cache -> cache.onDeny(page, access, reason, scheduler.now()));
    }

    @Override
    public void recall(int node, long page, boolean invalidate, boolean needData) {
        if (needData && node != ORIGIN) {
            if (directory.isLocked(page)) {
                comesHome(node, page);
            } else {
                recalled.put(page, node);
            }
        }
        toCache(node, cache -> cache.onRecall(page, invalidate, needData, scheduler.now()));
    }

    @Override
    public void restore(long page, Version data) {
        toCache(ORIGIN, cache -> cache.onRestore(page, data, scheduler.now()));
    }

    @Override
    public void retry(int node, long page, int count, Access access) {
        scheduler.after(0, () -> {
            if (node(node).alive) {
                request(node, page, count, access);
            }
        });
    }

    @Override
    public void rangeInvalidate(int node, long first, long count, boolean needData, long token) {
        toCache(node, cache -> cache.onRangeInvalidate(first, count, needData, token, scheduler.now()));
    }

    @Override
    public void rangeHome(long first, long count, boolean unprotect, long token) {
        toCache(ORIGIN, cache -> cache.onRangeHome(first, count, unprotect, token, scheduler.now()));
    }

    private void startRange(boolean closing) {
        int first = closing ? 0 : scheduler.random.nextInt(pages);
        int count = closing ? pages : 1 + scheduler.random.nextInt(pages - first);
        RangeUse use = !closing && scheduler.percent(50) ? RangeUse.DISCARD : RangeUse.WRITEBACK;
        long token = nextToken++;
        ranges.put(token, new RangeOperation(first, count, use, scheduler.percent(30), closing));
        if (use == RangeUse.DISCARD) {
            for (int p = first; p < first + count; p++) {
                undefined[p]++;
            }
        }
        if (closing || scheduler.percent(10)) {
            first = 0;
            count = pages;
            directory.lockRange(0, Pages.LIMIT, closing ? use : RangeUse.WRITEBACK, token);
        } else {
            directory.lockRange(page(first), count, use, token);
        }
    }

    @Override
    public void rangeReady(long token) {
        RangeOperation range = ranges.get(token);
        checkHome(range);
        scheduler.after(scheduler.upTo(60), () -> {
            checkHome(range);
            SimulatedNode home = node(ORIGIN);
            for (int p = range.first; p < range.first + range.count; p++) {
                if (range.use == RangeUse.DISCARD) {
                    undefined[p]--;
                    home.mode[p] = SimulatedNode.NONE;
                    zeros[p] = ++latest[p];
                }
                if (range.changesPermission) {
                    permission[p] = (byte) (scheduler.percent(60) ? 2 : scheduler.random.nextInt(2));
                }
            }
            ranges.remove(token);
            directory.unlockRange(token);
        });
    }

    private void checkHome(RangeOperation range) {
        for (int p = range.first; p < range.first + range.count; p++) {
            for (SimulatedNode node : all) {
                if (node.id != ORIGIN) {
                    check(node.mode[p] == SimulatedNode.NONE, "not home", page(p), node.id);
                } else if (range.use == RangeUse.WRITEBACK && undefined[p] == 0) {
                    check(node.mode[p] != SimulatedNode.READABLE, "still protected", page(p), ORIGIN);
                    int seen = node.mode[p] == SimulatedNode.NONE ? zeros[p] : node.version[p];
                    check(seen == latest[p], "not written back, " + seen + " of " + latest[p], page(p), ORIGIN);
                }
            }
        }
    }

    private void loseANode() {
        SimulatedNode node = someNode();
        if (node.origin) {
            return;
        }
        node.alive = false;
        lostANode = true;
        node.fromDirectory.cut = true;
        Arrays.fill(node.mode, SimulatedNode.NONE);
        for (SimulatedThread thread : threads) {
            if (thread.node == node) {
                thread.done = true;
            }
        }
        if (scheduler.percent(50)) {
            node.toDirectory.cut = true;
            scheduler.after(scheduler.upTo(settings.linkDelay()), () -> nodeLost(node.id));
        } else {
            node.toDirectory.send(() -> nodeLost(node.id));
        }
    }

    private void nodeLost(int node) {
        recalled.values().removeIf(from -> from == node);
        comingHome.values().removeIf(from -> from == node);
        directory.onNodeLost(node);
    }

    @Override
    public void pageLost(long page) {
        int p = index(page);
        check(lostANode, "lost though every node lives", page, ORIGIN);
        for (SimulatedNode node : all) {
            check(node.mode[p] == SimulatedNode.NONE, "lost though a copy lives", page, node.id);
        }
        zeros[p] = ++latest[p];
    }
}
