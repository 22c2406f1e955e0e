package org.hitotsu.coherence;

import org.jspecify.annotations.Nullable;

/** A cluster which prints what is said and done, to follow one schedule by eye. */
final class SimulationTrace extends SimulatedCluster {

    SimulationTrace(SimulationSettings settings) {
        super(settings);
        System.out.println(settings);
    }

    private void print(String who, String what, Object... details) {
        StringBuilder line = new StringBuilder(64)
                .append(scheduler.now())
                .append(' ')
                .append(who)
                .append(' ')
                .append(what);
        for (Object detail : details) {
            line.append(' ').append(detail);
        }
        System.out.println(line);
    }

    @Override
    void request(int node, long first, int count, Access access) {
        print("directory", "got request", node, first, count, access);
        super.request(node, first, count, access);
    }

    @Override
    public void grant(int node, long page, Access access, @Nullable Version data) {
        print("directory", "grant", node, page, access, data);
        super.grant(node, page, access, data);
    }

    @Override
    public void decline(int node, long page, long bits) {
        print("directory", "decline", node, page, Long.toBinaryString(bits));
        super.decline(node, page, bits);
    }

    @Override
    public void deny(int node, long page, Access access, int reason) {
        print("directory", "deny", node, page, access);
        super.deny(node, page, access, reason);
    }

    @Override
    public void recall(int node, long page, boolean invalidate, boolean needData) {
        print("directory", "recall", node, page, invalidate ? "invalidate" : "share", needData ? "data" : "no data");
        super.recall(node, page, invalidate, needData);
    }

    @Override
    public void restore(long page, Version data) {
        print("directory", "restore", page, data);
        super.restore(page, data);
    }

    @Override
    public void retry(int node, long page, int count, Access access) {
        print("directory", "retry", node, page, count, access);
        super.retry(node, page, count, access);
    }

    @Override
    public void rangeInvalidate(int node, long first, long count, boolean needData, long token) {
        print("directory", "range invalidate", node, first, count, needData ? "data" : "no data", token);
        super.rangeInvalidate(node, first, count, needData, token);
    }

    @Override
    public void rangeHome(long first, long count, boolean unprotect, long token) {
        print("directory", "range home", first, count, token);
        super.rangeHome(first, count, unprotect, token);
    }

    @Override
    public void rangeReady(long token) {
        print("directory", "range ready", token);
        super.rangeReady(token);
    }

    @Override
    public void pageLost(long page) {
        print("directory", "page lost", page);
        super.pageLost(page);
    }

    @Override
    SimulatedNode newNode(int id) {
        return new SimulatedNode(this, id) {
            private final String who = "    node " + id;

            @Override
            public void sendRequest(long firstPage, int count, Access access) {
                print(who, "request", firstPage, count, access);
                super.sendRequest(firstPage, count, access);
            }

            @Override
            public void sendRecallReply(long page, boolean keptCopy, @Nullable Version data) {
                print(who, "reply", page, keptCopy ? "kept" : "gone", data);
                super.sendRecallReply(page, keptCopy, data);
            }

            @Override
            public void sendWriteback(long page, Version data) {
                print(who, "writeback", page, data);
                super.sendWriteback(page, data);
            }

            @Override
            public void sendRangeReply(long token) {
                print(who, "range reply", token);
                super.sendRangeReply(token);
            }

            @Override
            public void install(long page, Version data, boolean writable) {
                print(who, "install", data, writable ? "writable" : "read-only");
                super.install(page, data, writable);
            }

            @Override
            public void unprotect(long page) {
                print(who, "unprotect", page);
                super.unprotect(page);
            }

            @Override
            public void extract(long page, boolean invalidate) {
                print(who, "extract", page, invalidate ? "invalidate" : "share");
                super.extract(page, invalidate);
            }

            @Override
            public void drop(long page) {
                print(who, "drop", page);
                super.drop(page);
            }

            @Override
            public void wake(long page) {
                print(who, "wake", page);
                super.wake(page);
            }

            @Override
            public void spurious(long page, Access access) {
                print(who, "spurious", page, access);
                super.spurious(page, access);
            }

            @Override
            public void acquired(long token) {
                print(who, "acquired", token);
                super.acquired(token);
            }
        };
    }
}
