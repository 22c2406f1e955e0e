package org.hitotsu.forwarder.observe;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Random;
import org.hitotsu.forwarder.share.ThreadObserver.HotPage;
import org.junit.jupiter.api.Test;

class HotPagesTest {

    private static final long BASE = 0x7f00_0000_0000L;
    private static final int PAGE = 4096;

    private final HotPages pages = new HotPages();

    @Test
    void faultsAreCountedByPage() {
        pages.fault(BASE + 8, 1);
        pages.fault(BASE + PAGE, 2);
        pages.fault(BASE + 4095, 3);
        assertThat(pages.top(10)).containsExactly(new HotPage(BASE, 3, 2));
    }

    @Test
    void theMostComeFirstAndNoMoreThanWanted() {
        for (int page = 0; page < 5; page++) {
            for (int i = 0; i < 2 + page; i++) {
                pages.fault(BASE + (long) page * PAGE, page);
            }
        }
        assertThat(pages.top(2))
                .containsExactly(new HotPage(BASE + 4L * PAGE, 4, 6), new HotPage(BASE + 3L * PAGE, 3, 5));
    }

    /** Space-Saving's promise: a page with more than 1/SIZE of all faults is there, and no count is too high. */
    @Test
    void aFrequentPageIsFoundAmongManyRareOnes() {
        Random random = new Random(42);
        int hotFaults = 0;
        int all = 100_000;
        for (int i = 0; i < all; i++) {
            boolean hot = random.nextInt(10) == 0;
            hotFaults += hot ? 1 : 0;
            pages.fault(hot ? BASE : BASE + (1L + random.nextInt(50_000)) * PAGE, 9);
        }
        List<HotPage> top = pages.top(HotPages.SIZE);
        assertThat(top.get(0).page()).isEqualTo(BASE);
        assertThat(top.get(0).faults()).isBetween((long) hotFaults - all / HotPages.SIZE, (long) hotFaults);
        assertThat(top.stream().skip(1)).allMatch(page -> page.faults() < 100);
    }
}
