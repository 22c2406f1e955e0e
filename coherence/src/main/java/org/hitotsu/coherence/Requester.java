package org.hitotsu.coherence;

/** What one cache asks the directory for: one request at a time for a page, and how far ahead of a fault. */
final class Requester<D> {

    private final LineTable lines;
    private final CacheOptions options;
    private final CacheActions<D> actions;
    private StreamTable reads;
    private StreamTable writes;

    Requester(LineTable lines, CacheOptions options, CacheActions<D> actions) {
        this.lines = lines;
        this.options = options;
        this.actions = actions;
        this.reads = new StreamTable(options.maxReadWindow());
        this.writes = new StreamTable(options.maxWriteWindow());
    }

    void clear() {
        reads = new StreamTable(options.maxReadWindow());
        writes = new StreamTable(options.maxWriteWindow());
    }

    /** Asks for one page. */
    void ask(CacheLine line, Access access) {
        mark(line, access, false);
        actions.sendRequest(line.page, 1, access);
    }

    /** Asks for a page on which a thread has faulted and, if it continues a run, for its neighbours. */
    void askAhead(CacheLine line, Access access) {
        int window = (access == Access.READ ? reads : writes).fault(line.page);
        mark(line, access, false);
        int up = 1;
        while (up < window && markIfMissing(line.page + up, access, true)) {
            up++;
        }
        actions.sendRequest(line.page, up, access);
        int down = 0;
        while (down < -window - 1 && markIfMissing(line.page - down - 1, access, true)) {
            down++;
        }
        if (down > 0) {
            // The first page of a request is demanded; here that is the one which will be needed last.
            lines.track(line.page - down).hint = false;
            actions.sendRequest(line.page - down, down, access);
        }
    }

    /** Asks for all the pages which an acquire is missing, with a request for each run of them. */
    void askFor(Acquire a) {
        a.demanded = 0;
        for (int i = 0; i < a.count; ) {
            int run = 0;
            while (i + run < a.count && markIfMissing(a.first + i + run, a.access, run > 0)) {
                run++;
            }
            if (run > 0) {
                a.demand(a.first + i);
                actions.sendRequest(a.first + i, run, a.access);
            }
            i += Math.max(1, run);
        }
    }

    private static void mark(CacheLine line, Access access, boolean hint) {
        line.asked = access;
        line.hint = hint;
    }

    /** Notes that a page is asked for, if it can be now. */
    private boolean markIfMissing(long page, Access access, boolean hint) {
        if (!Pages.isRun(page, 1)) {
            return false;
        }
        CacheLine line = lines.get(page);
        if (line == null) {
            if (lines.origin) {
                return false;
            }
            line = lines.track(page);
        } else if (!line.state.stable() || line.state.allows(access) || line.asked != null || line.recalled) {
            return false;
        }
        mark(line, access, hint);
        return true;
    }
}
