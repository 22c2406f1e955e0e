package org.hitotsu.forwarder.observe;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.hitotsu.forwarder.share.ThreadObserver.HotPage;

/**
 * The pages with the most faults, in bounded memory: the Space-Saving algorithm of Metwally, Agrawal and El Abbadi,
 * "Efficient computation of frequent and top-k elements in data streams" (ICDT 2005).
 *
 * <p>A page that is not in the table takes the place of the one with the fewest faults, and its count too, which it
 * remembers as error. So a page with more than 1/{@value #SIZE} of all faults is surely in the table, and {@code count -
 * error} of them are surely its own. Confined to one thread.
 */
final class HotPages {
    /** Pages remembered. */
    static final int SIZE = 32;

    private static final long PAGE_MASK = ~4095L;

    private final long[] pages = new long[SIZE];
    private final long[] ips = new long[SIZE];
    private final long[] counts = new long[SIZE];
    private final long[] errors = new long[SIZE];
    private int used;

    /** A fault on {@code address} by the instruction at {@code ip}. */
    void fault(long address, long ip) {
        long page = address & PAGE_MASK;
        int coldest = 0;
        for (int i = 0; i < used; i++) {
            if (pages[i] == page) {
                counts[i]++;
                ips[i] = ip;
                return;
            }
            if (counts[i] < counts[coldest]) {
                coldest = i;
            }
        }
        int at = coldest;
        if (used < SIZE) {
            at = used++;
        } else {
            errors[at] = counts[at];
        }
        pages[at] = page;
        ips[at] = ip;
        counts[at]++;
    }

    /** At most {@code limit} pages with more than one fault that is surely theirs, the most first. */
    List<HotPage> top(int limit) {
        List<HotPage> hot = new ArrayList<>();
        for (int i = 0; i < used; i++) {
            if (counts[i] - errors[i] > 1) {
                hot.add(new HotPage(pages[i], ips[i], counts[i] - errors[i]));
            }
        }
        hot.sort(Comparator.comparingLong(HotPage::faults).reversed());
        return List.copyOf(hot.subList(0, Math.min(limit, hot.size())));
    }
}
