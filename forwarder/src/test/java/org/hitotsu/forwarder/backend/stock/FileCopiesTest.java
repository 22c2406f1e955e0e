package org.hitotsu.forwarder.backend.stock;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.hitotsu.forwarder.backend.stock.FileCopies.Range;
import org.junit.jupiter.api.Test;

class FileCopiesTest {
    private static final long PAGE = 0x1000;

    private final List<Integer> closed = new ArrayList<>();
    private final FileCopies copies = new FileCopies(closed::add);

    private void add(long start, long end, int file, long offset) {
        copies.add(start, end, file, () -> file, offset);
    }

    private List<Range> all() {
        return copies.in(0, Long.MAX_VALUE);
    }

    @Test
    void aRangeIsCutToWhatIsAsked() {
        add(0x10000, 0x14000, 7, 0x5000);
        assertThat(copies.in(0x11000, 0x12000)).containsExactly(new Range(0x11000, 0x12000, 7, 0x6000));
        assertThat(copies.in(0xf000, 0x20000)).containsExactly(new Range(0x10000, 0x14000, 7, 0x5000));
        assertThat(copies.in(0xf000, 0x10000)).isEmpty();
        assertThat(copies.in(0x14000, 0x20000)).isEmpty();
    }

    @Test
    void whatIsUnmappedIsForgottenAndItsFileClosedWithTheLast() {
        add(0x10000, 0x14000, 7, 0);
        copies.forget(0x11000, 0x12000);
        assertThat(all()).containsExactly(new Range(0x10000, 0x11000, 7, 0), new Range(0x12000, 0x14000, 7, 0x2000));
        copies.forget(0x12000, 0x20000);
        assertThat(closed).isEmpty();
        copies.forget(0, 0x11000);
        assertThat(all()).isEmpty();
        assertThat(copies.isEmpty()).isTrue();
        assertThat(closed).containsExactly(7);
    }

    @Test
    void oneDescriptorIsForAllCopiesOfAFile() {
        add(0x10000, 0x11000, 7, 0);
        copies.add(0x20000, 0x21000, 7, () -> 99, 0x8000);
        assertThat(all()).containsExactly(new Range(0x10000, 0x11000, 7, 0), new Range(0x20000, 0x21000, 7, 0x8000));
        copies.clear();
        assertThat(closed).containsExactly(7);
    }

    @Test
    void aFileThatCantBeKeptIsNotACopy() {
        copies.add(0x10000, 0x11000, 7, () -> -24, 0);
        assertThat(all()).isEmpty();
        for (int file = 0; file < 300; file++) {
            add(0x100000 + file * PAGE, 0x101000 + file * PAGE, file, 0);
        }
        assertThat(all()).hasSize(256);
    }

    @Test
    void aCopyIsMoved() {
        add(0x10000, 0x14000, 7, 0);
        add(0x30000, 0x34000, 8, 0);
        copies.move(0x11000, 0x2000, 0x31000, false);
        assertThat(all())
                .containsExactly(
                        new Range(0x10000, 0x11000, 7, 0),
                        new Range(0x13000, 0x14000, 7, 0x3000),
                        new Range(0x30000, 0x31000, 8, 0),
                        new Range(0x31000, 0x33000, 7, 0x1000),
                        new Range(0x33000, 0x34000, 8, 0x3000));
        copies.move(0x10000, 0x1000, 0x33000, true);
        copies.move(0x30000, 0x1000, 0x50000, false);
        assertThat(copies.in(0x10000, 0x11000)).hasSize(1);
        assertThat(copies.in(0x33000, 0x34000)).containsExactly(new Range(0x33000, 0x34000, 7, 0));
        assertThat(closed).isEmpty();
        copies.forget(0x50000, 0x51000);
        assertThat(closed).containsExactly(8);
    }

    /** The only copy of a file: its descriptor is needed where it goes. */
    @Test
    void movingClosesNothing() {
        add(0x10000, 0x14000, 7, 0);
        copies.move(0x10000, 0x4000, 0x30000, false);
        assertThat(all()).containsExactly(new Range(0x30000, 0x34000, 7, 0));
        assertThat(closed).isEmpty();
    }

    @Test
    void whatGrowsHasTheNextBytes() {
        add(0x10000, 0x12000, 7, 0x1000);
        copies.grow(0x12000, 0x14000);
        assertThat(copies.in(0x12000, 0x20000)).containsExactly(new Range(0x12000, 0x14000, 7, 0x3000));
        copies.grow(0x13000, 0x14000);
        assertThat(copies.in(0x10000, 0x20000)).hasSize(3);
        copies.grow(0x20000, 0x21000);
        assertThat(copies.in(0x20000, 0x21000)).isEmpty();
    }

    /** Against a model that knows each page by itself. */
    @Test
    void anyOrderOfChangesIsAsPageByPage() {
        int pages = 24;
        for (int seed = 0; seed < 300; seed++) {
            Random random = new Random(seed);
            List<Integer> shut = new ArrayList<>();
            FileCopies tried = new FileCopies(shut::add);
            long[] model = new long[pages]; // 0, or file and offset
            int opened = 0;
            for (int step = 0; step < 40; step++) {
                int from = random.nextInt(pages / 2);
                int count = 1 + random.nextInt(6);
                if (random.nextInt(3) == 0) {
                    int file = 1 + random.nextInt(3);
                    int[] opens = new int[1];
                    tried.add(from * PAGE, (from + count) * PAGE, file, () -> (opens[0] = 1) * file, from * PAGE);
                    opened += opens[0];
                    for (int page = from; page < from + count; page++) {
                        model[page] = (long) file << 32 | page * PAGE;
                    }
                } else if (random.nextBoolean()) {
                    tried.forget(from * PAGE, (from + count) * PAGE);
                    Arrays.fill(model, from, from + count, 0);
                } else {
                    boolean stays = random.nextBoolean();
                    int to = random.nextInt(pages - count);
                    if (to < from + count && from < to + count) {
                        continue;
                    }
                    tried.move(from * PAGE, count * PAGE, to * PAGE, stays);
                    System.arraycopy(model, from, model, to, count);
                    if (!stays) {
                        Arrays.fill(model, from, from + count, 0);
                    }
                }
                long[] is = new long[pages];
                for (int page = 0; page < pages; page++) {
                    List<Range> there = tried.in(page * PAGE, (page + 1) * PAGE);
                    assertThat(there).hasSizeLessThan(2);
                    is[page] = there.isEmpty()
                            ? 0
                            : (long) there.get(0).fd() << 32 | there.get(0).offset();
                }
                assertThat(is).as("seed %d, step %d", seed, step).isEqualTo(model);
            }
            tried.clear();
            assertThat(shut).hasSize(opened);
        }
    }
}
