package org.hitotsu.coherence;

/**
 * Recognises runs of faults and says how far to ask ahead. Each stream remembers the pages its last window covered: a
 * fault right behind them doubles the window, right before them makes or continues a descending run, inside them (a hint
 * was declined, or the page was taken away again) halves it. Any other fault starts a stream of window 1 in the place of
 * the one used longest ago, so that a few threads may walk at once.
 */
final class StreamTable {

    private static final int STREAMS = 8;

    private final int max;
    private final long[] low = new long[STREAMS];
    /** One past the last page covered; 0 for a stream not in use. */
    private final long[] high = new long[STREAMS];

    private final int[] window = new int[STREAMS];
    private final long[] lastUse = new long[STREAMS];
    private long uses;

    StreamTable(int max) {
        this.max = max;
    }

    /**
     * Notes a fault.
     *
     * @return how many pages to ask for, the faulting one included: upwards from it if positive, downwards if negative
     */
    int fault(long page) {
        if (max == 1) {
            return 1;
        }
        uses++;
        int oldest = 0;
        for (int i = 0; i < STREAMS; i++) {
            if (high[i] > 0) {
                if (page == high[i]) {
                    return forward(i, page, Math.min(max, window[i] * 2));
                }
                if (page == low[i] - 1) {
                    lastUse[i] = uses;
                    window[i] = Math.min(max, window[i] * 2);
                    low[i] = Math.max(0, page - window[i] + 1);
                    high[i] = page + 1;
                    return -window[i];
                }
                if (page >= low[i] && page < high[i]) {
                    lastUse[i] = uses;
                    window[i] = Math.max(1, window[i] / 2);
                    return window[i];
                }
            }
            if (lastUse[i] < lastUse[oldest]) {
                oldest = i;
            }
        }
        return forward(oldest, page, 1);
    }

    private int forward(int i, long page, int pages) {
        lastUse[i] = uses;
        window[i] = pages;
        low[i] = page;
        high[i] = page + pages;
        return pages;
    }
}
