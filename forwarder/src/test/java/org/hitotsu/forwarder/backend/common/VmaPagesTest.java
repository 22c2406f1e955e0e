package org.hitotsu.forwarder.backend.common;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.vertx.core.Context;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.hitotsu.forwarder.backend.PagePort.Denial;
import org.hitotsu.forwarder.backend.common.PageWork.Item;
import org.hitotsu.forwarder.backend.common.PageWork.Kind;
import org.hitotsu.forwarder.nativecall.Linux;
import org.hitotsu.forwarder.share.pages.TestLoop;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** On memory of this very process, which nobody touches. */
class VmaPagesTest {
    private static final int USER_MODE_ONLY = 1;
    private static final int PAGES = 8;

    private final TestLoop loop = new TestLoop();
    private long area;
    private TestPages pages;
    private Userfault programs;

    /** Registers as the stock back-end does. */
    private static final class TestPages extends VmaPages {
        TestPages(Context context, Userfault uffd) {
            super(context, uffd, new VmaTable(Linux::getpid));
        }

        @Override
        protected void take(Kind kind, List<Item> run) {}

        @Override
        protected long register(long start, long length) {
            return uffd.register(start, length);
        }

        boolean registerAt(long address) {
            return register(vmas.find(address), false);
        }

        @Override
        public void resolveLocally(long page, boolean write) {}
    }

    private static Userfault open() {
        int flags = Linux.O_CLOEXEC | Linux.O_NONBLOCK | USER_MODE_ONLY;
        long fd = Linux.call(Linux.NR_USERFAULTFD, flags, 0, 0);
        assumeTrue(fd >= 0, "userfaultfd is not allowed here: " + Linux.errorName(fd));
        Userfault opened = new Userfault((int) fd);
        assertThat(opened.enable(0)).isNotNegative();
        return opened;
    }

    @BeforeEach
    void map() throws Exception {
        Userfault ours = open();
        programs = open();
        int flags = Linux.MAP_PRIVATE | Linux.MAP_ANONYMOUS;
        // Between pages of no access, so that it is a mapping of its own.
        long around = Linux.mmap(0, (PAGES + 2L) * Linux.PAGE_SIZE, 0, flags, -1, 0);
        area = around + Linux.PAGE_SIZE;
        int protection = Linux.PROT_READ | Linux.PROT_WRITE;
        assertThat(Linux.mmap(area, length(PAGES), protection, flags | Linux.MAP_FIXED, -1, 0))
                .isEqualTo(area);
        pages = loop.call(() -> new TestPages(loop.context(), ours));
    }

    @AfterEach
    void unmap() throws Exception {
        if (pages != null) {
            loop.run(pages::close);
            programs.close();
            Linux.munmap(area - Linux.PAGE_SIZE, length(PAGES + 2));
        }
        loop.close();
    }

    private static long length(int count) {
        return (long) count * Linux.PAGE_SIZE;
    }

    private long at(int page) {
        return area + length(page);
    }

    /** The program's call for some pages, as the daemon sees it: what the kernel answers. */
    private long programRegisters(int page, int count) {
        pages.leaveFaults(at(page), length(count));
        return programs.register(at(page), length(count));
    }

    private Denial denial(int page) {
        return pages.check(at(page) >>> Linux.PAGE_SHIFT, true);
    }

    @Test
    void programGetsWhatTheDaemonHasAndKeepsWhatItHas() throws Exception {
        loop.run(() -> {
            assertThat(pages.registerAt(area)).isTrue();
            assertThat(programs.register(at(2), length(2))).isEqualTo(-Linux.EBUSY);
            assertThat(programRegisters(2, 2)).isZero();
            assertThat(denial(2)).isEqualTo(Denial.SPECIAL_MAPPING);
            assertThat(denial(1)).isNull();
            // A second time, by a call that the kernel refuses afterwards.
            pages.leaveFaults(at(0), length(PAGES));
            assertThat(pages.register(at(2), length(2)))
                    .as("the program still has the pages")
                    .isEqualTo(-Linux.EBUSY);
            assertThat(programs.register(at(0), length(PAGES)))
                    .as("the daemon has let go of all others")
                    .isZero();
        });
    }

    /** What it becomes one with, where it is moved to, would not be watched any more. */
    @Test
    void whatIsMovedIsNotWatchedUntilItIsThere() throws Exception {
        loop.run(() -> {
            assertThat(pages.registerAt(area)).isTrue();
            Runnable made = pages.moving(at(2), length(2));
            assertThat(programs.register(at(2), length(2)))
                    .as("the daemon has let go of it")
                    .isZero();
            assertThat(programs.unregister(at(2), length(2))).isZero();
            assertThat(programs.register(at(1), length(1)))
                    .as("and of nothing else")
                    .isEqualTo(-Linux.EBUSY);
            made.run();
            assertThat(programs.register(at(2), length(2)))
                    .as("it was not moved")
                    .isEqualTo(-Linux.EBUSY);
            // What the program watches itself stays its own.
            assertThat(programRegisters(4, 2)).isZero();
            pages.moving(at(3), length(4)).run();
            assertThat(pages.register(at(4), length(2))).isEqualTo(-Linux.EBUSY);
        });
    }

    /** Its pages would be handed out empty before they have their content, or be registered with those beside them. */
    @Test
    void mappingThatIsBeingFilledStaysHere() throws Exception {
        loop.run(() -> {
            Linux.munmap(at(PAGES - 1), length(1));
            pages.filling();
            int flags = Linux.MAP_PRIVATE | Linux.MAP_ANONYMOUS | Linux.MAP_FIXED;
            Linux.mmap(at(PAGES - 1), length(1), Linux.PROT_READ | Linux.PROT_WRITE, flags, -1, 0);
            assertThat(denial(PAGES - 1)).isEqualTo(Denial.UNMAPPED);
            assertThat(denial(0)).isNull();
            assertThat(pages.registerAt(area)).isTrue();
            pages.mapped(at(PAGES - 1), length(1));
            assertThat(programs.register(at(PAGES - 1), length(1)))
                    .as("it is nobody's")
                    .isZero();
            assertThat(programs.unregister(at(PAGES - 1), length(1))).isZero();
            pages.filled();
            assertThat(denial(PAGES - 1)).isNull();
        });
    }

    /** What is registered behind and before the program's part is still known to be. */
    @Test
    void restOfARegisteredMappingIsLetGoLater() throws Exception {
        loop.run(() -> {
            assertThat(pages.registerAt(area)).isTrue();
            assertThat(programRegisters(3, 1)).isZero();
            assertThat(programRegisters(6, 2)).isZero();
            assertThat(programRegisters(0, 5)).isZero();
        });
    }

    /** The kernel gives what mremap adds to a mapping the userfaultfd that the mapping has. */
    @Test
    void mappingThatGrewIsTheDaemonsWhole() throws Exception {
        loop.run(() -> {
            assertThat(Linux.munmap(at(4), length(4))).isZero();
            assertThat(pages.registerAt(area)).isTrue();
            assertThat(Linux.call(Linux.NR_MREMAP, area, length(4), length(6))).isEqualTo(area);
            assertThat(programRegisters(4, 2)).isZero();
        });
    }

    @Test
    void partIsTakenOutOfEveryRange() {
        TreeMap<Long, Long> ranges = new TreeMap<>(Map.of(0L, 10L, 5L, 30L, 40L, 50L));
        Ranges.forget(ranges, 8, 20);
        assertThat(ranges).isEqualTo(Map.of(0L, 8L, 5L, 8L, 20L, 30L, 40L, 50L));
        Ranges.forget(ranges, 0, 40);
        assertThat(ranges).isEqualTo(Map.of(40L, 50L));
        assertThat(Ranges.overlaps(ranges, 30, 40)).isFalse();
        assertThat(Ranges.overlaps(ranges, 49, 60)).isTrue();
    }
}
