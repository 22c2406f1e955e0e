package org.hitotsu.forwarder.share.threads;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.hitotsu.forwarder.nativecall.Linux;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The host has pages 0x4f0 to 0x52f (addresses 0x4f0000 to 0x52ffff) at first; the heap ends at 0x500000. */
class MemoryCallsTest {

    private static final int FIXED_ANONYMOUS = Linux.MAP_FIXED | Linux.MAP_PRIVATE | Linux.MAP_ANONYMOUS;
    private static final int RW = Linux.PROT_READ | Linux.PROT_WRITE;

    private final OriginFixture origin;

    MemoryCallsTest() throws Exception {
        origin = new OriginFixture();
    }

    @BeforeEach
    void hostHasPages() throws Exception {
        origin.hostReads(0x4f0, 64);
    }

    @AfterEach
    void close() throws Exception {
        origin.close();
    }

    private Future<@Nullable Long> start(long nr, long... args) {
        return origin.calls.run(7, nr, Arrays.copyOf(args, 6), (number, arguments) -> {
            origin.log.add("caller " + RecordingThreads.call(number, arguments));
            return Future.succeededFuture(null);
        });
    }

    /** Makes a call and answers what happened. */
    private List<String> run(long nr, long... args) throws Exception {
        origin.log.clear();
        origin.loop.await(() -> start(nr, args));
        return List.copyOf(origin.log);
    }

    @Test
    void callThatThrowsHasHadItsTurn() throws Exception {
        Future<Long> thrown = origin.loop.call(() -> origin.calls.inTurn(() -> {
            throw new IllegalStateException("no");
        }));
        assertThat(thrown.cause()).hasMessage("no");
        assertThat(run(Linux.NR_MUNMAP, 0x500000, 0x3000)).contains("munmap 500000 3000 0 0 0 0");
    }

    @Test
    void unmappedPagesAreDiscardedFirst() throws Exception {
        assertThat(run(Linux.NR_MUNMAP, 0x500000, 0x3000))
                .containsExactly("discard 500 3", "munmap 500000 3000 0 0 0 0", "changed");
    }

    /** Of the program's own memory (PIDFD_SELF), all of which comes home; other advice and other processes need nothing. */
    @Test
    void adviceToItsOwnProcessFindsAllPagesHome() throws Exception {
        assertThat(run(Linux.NR_PROCESS_MADVISE, -10000, 0x1000, 1, 4))
                .containsSubsequence("writeback 0 800000000", "caller call 440 ffffffffffffd8f0 1000 1 4 0 0");
        origin.hostReads(0x4f0, 64);
        assertThat(run(Linux.NR_PROCESS_MADVISE, -10000, 0x1000, 1, 20))
                .noneMatch(line -> line.startsWith("writeback"));
    }

    /** It may have been locked or sealed before anybody looked. */
    @Test
    void ofAProgramThatRanBeforeNoContentIsThrownAway() throws Exception {
        origin.space.watchedFromStart = false;
        MemoryCalls calls = new MemoryCalls(origin.space, origin.memory);
        origin.log.clear();
        origin.loop.await(() -> calls.run(
                7,
                Linux.NR_MUNMAP,
                new long[] {0x500000, 0x3000, 0, 0, 0, 0},
                (number, arguments) -> Future.succeededFuture(null)));
        assertThat(origin.log).containsExactly("writeback 500 3", "munmap 500000 3000 0 0 0 0", "changed");
    }

    /** The kernel rounds the length up. */
    @Test
    void pageThatARangeEndsInBelongsToIt() throws Exception {
        assertThat(run(Linux.NR_MUNMAP, 0x500000, 0x1001)).contains("discard 500 2");
        assertThat(run(Linux.NR_MUNMAP, 0x510000, 1)).contains("discard 510 1");
    }

    @Test
    void protectionKeepsTheContent() throws Exception {
        assertThat(run(Linux.NR_MPROTECT, 0x500000, 0x2000, 1))
                .containsExactly("writeback 500 2", "mprotect 500000 2000 1 0 0 0", "changed");
        assertThat(run(Linux.NR_PKEY_MPROTECT, 0x510000, 0x1000, 1, 7))
                .containsExactly("writeback 510 1", "pkey_mprotect 510000 1000 1 7 0 0", "changed");
    }

    @Test
    void syncedPagesAreWrittenBackBeforeTheCallerSyncs() throws Exception {
        int msync = 26;
        assertThat(run(msync, 0x500000, 0x1000, 4))
                .containsExactly("writeback 500 1", "caller call 26 500000 1000 4 0 0 0", "changed");
    }

    private long registration(long start, long length) throws Exception {
        ByteBuffer.wrap(origin.space.processors.memory)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(start)
                .putLong(length);
        return RecordingProcessors.MEMORY;
    }

    /** The kernel gives a mapping to one userfaultfd, so the daemon's has to let go of it. */
    @Test
    void whatTheProgramHandlesFaultsOfComesHomeAndStays() throws Exception {
        assertThat(run(Linux.NR_IOCTL, 5, Linux.UFFDIO_REGISTER, registration(0x500000, 0x3000)))
                .containsExactly(
                        "writeback 500 3",
                        "faults left 500000 3000",
                        "caller call 16 5 c020aa00 1000 0 0 0",
                        "changed");
    }

    /** What is moved away leaves nothing behind that could be asked for; where it goes to is registered already. */
    @Test
    void whatTheProgramMovesAwayComesHomeAndStays() throws Exception {
        registration(0x7f000000, 0x510000);
        ByteBuffer.wrap(origin.space.processors.memory)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(16, 0x2000);
        assertThat(run(Linux.NR_IOCTL, 5, Linux.UFFDIO_MOVE, RecordingProcessors.MEMORY))
                .containsExactly(
                        "writeback 510 2",
                        "faults left 510000 2000",
                        "caller call 16 5 c028aa05 1000 0 0 0",
                        "changed");
    }

    /** The kernel takes mappings from whichever userfaultfd they have, and since Linux 6.17 refuses those of another one. */
    @Test
    void whatTheProgramUnregistersComesHomeAndStays() throws Exception {
        assertThat(run(Linux.NR_IOCTL, 5, Linux.UFFDIO_UNREGISTER, registration(0x500000, 0x3000)))
                .containsExactly(
                        "writeback 500 3",
                        "faults left 500000 3000",
                        "caller call 16 5 8010aa01 1000 0 0 0",
                        "changed");
    }

    @Test
    void whatTheKernelRefusesToRegisterChangesNothing() throws Exception {
        assertThat(run(Linux.NR_IOCTL, 5, Linux.UFFDIO_REGISTER, 0x7000)).hasSize(2);
        for (long start : new long[] {0x500001, 0x7ffffffff000L, -0x1000, Long.MIN_VALUE}) {
            assertThat(run(Linux.NR_IOCTL, 5, Linux.UFFDIO_REGISTER, registration(start, 0x1000)))
                    .hasSize(2);
        }
        for (long length : new long[] {0, 1, -0x1000, Long.MAX_VALUE & -0x1000, Long.MIN_VALUE}) {
            assertThat(run(Linux.NR_IOCTL, 5, Linux.UFFDIO_REGISTER, registration(0x500000, length)))
                    .hasSize(2);
        }
    }

    /** What has no effect natively must cost no page its content. */
    @ParameterizedTest
    @ValueSource(
            longs = {Linux.NR_MUNMAP, Linux.NR_MPROTECT, Linux.NR_MADVISE, Linux.NR_PKEY_MPROTECT, Linux.NR_MREMAP})
    void callsThatTheKernelRefusesLockNothing(long nr) throws Exception {
        long advice = 4;
        assertThat(run(nr, 0x500001, 0x1000, advice)).hasSize(2).endsWith("changed");
        assertThat(run(nr, 0x500000, 0, nr == Linux.NR_MREMAP ? 0 : advice)).hasSize(2);
        assertThat(run(nr, 0x500000, -0x1000, nr == Linux.NR_MREMAP ? 0 : advice))
                .noneMatch(s -> s.contains("discard"));
        assertThat(run(nr, -0x1000, 0x1000, advice)).hasSize(2);
        assertThat(run(nr, 0x7ffffffff000L, 0x1000, advice)).hasSize(2);
        assertThat(run(nr, Long.MIN_VALUE, Long.MIN_VALUE, advice)).hasSize(2);
        assertThat(run(nr, Long.MAX_VALUE - 0xfff, 0x1000, advice)).hasSize(2);
    }

    /**
     * mprotect and madvise walk the mappings before they refuse (mm/mprotect.c, mm/madvise.c), so pages must be home;
     * munmap refuses at once, so none may be lost.
     */
    @ParameterizedTest
    @ValueSource(longs = {0x7fffffb00000L, 0x800000000000L, Long.MAX_VALUE - 0x500fffL})
    void rangeThatEndsOutsideOfUserSpaceIsBroughtHome(long length) throws Exception {
        String home = "writeback 510 " + Long.toHexString(0x7ffffffffL - 0x510);
        assertThat(run(Linux.NR_MPROTECT, 0x510000, length, 1)).startsWith(home);
        origin.hostReads(0x510, 32);
        assertThat(run(Linux.NR_MUNMAP, 0x510000, length)).startsWith(home);
        origin.hostReads(0x510, 32);
        assertThat(run(Linux.NR_MADVISE, 0x510000, length, 4)).startsWith(home);
    }

    /** The kernel may refuse it, for a limit, and leaves what is there. */
    @Test
    void pagesThatAreMappedOverAreHomeBefore() throws Exception {
        assertThat(run(Linux.NR_MMAP, 0x500000, 0x1800, RW, FIXED_ANONYMOUS, -1, 0))
                .containsExactly("writeback 500 2", "mmap 500000 1800 3 32 ffffffffffffffff 0", "changed");
    }

    @Test
    void mappingWhereNothingIsLocksNothing() throws Exception {
        int anonymous = Linux.MAP_PRIVATE | Linux.MAP_ANONYMOUS;
        assertThat(run(Linux.NR_MMAP, 0x500000, 0x1000, RW, anonymous, -1, 0))
                .containsExactly("caller mmap 500000 1000 3 22 ffffffffffffffff 0", "changed");
        // With what is there it fails, whether or not MAP_FIXED is set too.
        for (int fixed : new int[] {0, Linux.MAP_FIXED}) {
            assertThat(run(Linux.NR_MMAP, 0x500000, 0x1000, RW, anonymous | Linux.MAP_FIXED_NOREPLACE | fixed, -1, 0))
                    .hasSize(2)
                    .noneMatch(s -> s.startsWith("discard"));
        }
    }

    @Test
    void filesAreMappedUnderTheLockOfWhatTheyReplace() throws Exception {
        assertThat(run(Linux.NR_MMAP, 0, 0x2000, RW, Linux.MAP_PRIVATE, 5, 0x1000))
                .containsExactly("map file 0 2000 3 2 5 1000", "changed");
        assertThat(run(Linux.NR_MMAP, 0x500000, 0x2000, RW, Linux.MAP_PRIVATE | Linux.MAP_FIXED, 5, 0))
                .containsExactly("writeback 500 2", "map file 500000 2000 3 12 5 0", "changed");
    }

    @Test
    void filesThatTheSpaceDoesNotMapAreTheCallers() throws Exception {
        origin.space.mapsFiles = false;
        assertThat(run(Linux.NR_MMAP, 0, 0x2000, Linux.PROT_READ, Linux.MAP_PRIVATE, 5, 0))
                .containsExactly("map file 0 2000 1 2 5 0", "caller mmap 0 2000 1 2 5 0", "changed");
        assertThat(run(Linux.NR_MMAP, 0x500000, 0x1000, RW, Linux.MAP_SHARED | Linux.MAP_FIXED, 5, 0))
                .containsExactly(
                        "writeback 500 1",
                        "map file 500000 1000 3 11 5 0",
                        "caller mmap 500000 1000 3 11 5 0",
                        "changed");
    }

    @Test
    void movedPagesAreBroughtHome() throws Exception {
        int mayMove = 1;
        assertThat(run(Linux.NR_MREMAP, 0x500000, 0x1000, 0x3000, mayMove))
                .containsExactly(
                        "writeback 500 3", "moving 500000 1000", "mremap 500000 1000 3000 1 0 0", "moved", "changed");
        assertThat(run(Linux.NR_MREMAP, 0x510000, 0x4000, 0x1000, 0)).contains("writeback 510 4");
    }

    @Test
    void pagesThatAreMovedOntoAreHomeBefore() throws Exception {
        int fixed = 1 | 2;
        assertThat(run(Linux.NR_MREMAP, 0x500000, 0x1000, 0x2000, fixed, 0x510000))
                .containsExactly(
                        "writeback 500 1",
                        "writeback 510 2",
                        "moving 500000 1000",
                        "mremap 500000 1000 2000 3 510000 0",
                        "moved",
                        "changed");
        // Next to each other, and the target where the source would grow to.
        assertThat(run(Linux.NR_MREMAP, 0x4f0000, 0x1000, 0x4000, fixed, 0x4f1000))
                .containsExactly(
                        "writeback 4f0 1",
                        "writeback 4f1 4",
                        "moving 4f0000 1000",
                        "mremap 4f0000 1000 4000 3 4f1000 0",
                        "moved",
                        "changed");
    }

    /** Of no length: a second view of a shared mapping, in place of what is there. */
    @Test
    void secondViewTakesThePlaceOfWhatIsThere() throws Exception {
        assertThat(run(Linux.NR_MREMAP, 0x500000, 0, 0x2000, 1 | 2, 0x510000))
                .containsExactly("writeback 510 2", "mremap 500000 0 2000 3 510000 0", "changed");
    }

    /** EINVAL in the kernel; here neither a lost page nor two locks that wait for each other. */
    @Test
    void moveThatTheKernelRefusesLocksNothing() throws Exception {
        int fixed = 1 | 2;
        long[][] refused = {
            {0x500000, 0x2000, 0x2000, fixed, 0x501000},
            {0x501000, 0x2000, 0x2000, fixed, 0x500000},
            {0x500000, 0x2000, 0x1000, fixed, 0x500000},
            {0x500000, 0x1000, 0x1000, 2, 0x510000},
            {0x500001, 0x1000, 0x1000, fixed, 0x510000},
            {0x500000, 0x1000, 0x1000, fixed, 0x510001},
            {0x500000, 0x1000, 0, fixed, 0x510000},
            {0x500000, -0x1000, 0x1000, fixed, 0x510000},
            {0x500000, 0x1000, Long.MAX_VALUE, fixed, 0x510000},
        };
        for (long[] args : refused) {
            assertThat(run(Linux.NR_MREMAP, args))
                    .as(RecordingThreads.hex(args))
                    .hasSize(2)
                    .endsWith("changed");
        }
    }

    @Test
    void growingHeapLocksNothing() throws Exception {
        assertThat(run(Linux.NR_BRK, 0x520800)).containsExactly("brk 0", "brk 520800", "changed");
        assertThat(run(Linux.NR_BRK, 0)).containsExactly("brk 0", "changed");
        assertThat(run(Linux.NR_BRK, 0x521000)).containsExactly("brk 521000", "changed");
    }

    @Test
    void shrinkingHeapDiscardsTheWholePagesBehindTheBreak() throws Exception {
        run(Linux.NR_BRK, 0x520800);
        assertThat(run(Linux.NR_BRK, 0x520001)).as("the page stays").containsExactly("brk 520001", "changed");
        assertThat(run(Linux.NR_BRK, 0x51e001)).containsExactly("discard 51f 2", "brk 51e001", "changed");
        assertThat(run(Linux.NR_BRK, 0x51e000)).containsExactly("discard 51e 1", "brk 51e000", "changed");
    }

    @Test
    void breakBelowTheHeapLosesNothing() throws Exception {
        run(Linux.NR_BRK, 0x510000);
        assertThat(run(Linux.NR_BRK, 0x4ff000)).containsExactly("writeback 4ff 11", "brk 4ff000", "changed");
        origin.hostReads(0x4ff, 0x11);
        assertThat(run(Linux.NR_BRK, 1)).containsExactly("writeback 1 50f", "brk 1", "changed");
        origin.hostReads(0x4f0, 0x20);
        // What is no address at all is refused by the kernel too.
        assertThat(run(Linux.NR_BRK, -1)).containsExactly("brk ffffffffffffffff", "changed");
        assertThat(run(Linux.NR_BRK, 0x50f000)).as("the break has not moved").contains("discard 50f 1");
    }

    @Test
    void adviceThatDropsDiscardsAndAdviceThatMayDropWritesBack() throws Exception {
        long page = 0x4f0;
        for (long advice : new long[] {4, 24}) {
            assertThat(run(Linux.NR_MADVISE, page << 12, 0x1000, advice))
                    .startsWith("discard " + Long.toHexString(page) + " 1")
                    .hasSize(3);
            page++;
        }
        for (long advice : new long[] {8, 9, 102}) {
            assertThat(run(Linux.NR_MADVISE, page << 12, 0x1000, advice))
                    .startsWith("writeback " + Long.toHexString(page) + " 1")
                    .hasSize(3);
            page++;
        }
        int wipeOnFork = 18;
        assertThat(run(Linux.NR_MADVISE, page << 12, 0x1000, wipeOnFork))
                .containsExactly("madvise " + Long.toHexString(page << 12) + " 1000 12 0 0 0", "changed");
        for (long advice : new long[] {0, 1, 2, 3, 10, 11, 14, 20, 23, 100, -1}) {
            assertThat(run(Linux.NR_MADVISE, page << 12, 0x1000, advice)).hasSize(2);
            assertThat(origin.log.get(0)).startsWith("caller madvise");
        }
    }

    /** Thrown away before, it would be seen as zeros. */
    @Test
    void whatIsRefilledComesHomeFirst() throws Exception {
        origin.space.refilled = 0x4f1000;
        assertThat(run(Linux.NR_MADVISE, 0x4f0000, 0x2000, 4)).startsWith("writeback 4f0 2");
        assertThat(run(Linux.NR_MADVISE, 0x4f2000, 0x2000, 4)).startsWith("discard 4f2 2");
    }

    @Test
    void whatSharedMemoryReplacesIsTold() throws Exception {
        int remap = 040000;
        assertThat(run(Linux.NR_SHMAT, 5, 0x500000, 0)).hasSize(2);
        assertThat(run(Linux.NR_SHMAT, 5, 0x500000, remap)).hasSize(3).startsWith("replaced from 500000");
    }

    @Test
    void callsThatChangeNoPageAreTheCallers() throws Exception {
        int mlock = 149;
        assertThat(run(mlock, 0x500000, 0x1000)).containsExactly("caller call 149 500000 1000 0 0 0 0", "changed");
    }

    @Test
    void remapRoundsItsRangeDown() throws Exception {
        assertThat(run(Linux.NR_REMAP_FILE_PAGES, 0x500fff, 0x1fff)).startsWith("writeback 500 1");
    }

    @Test
    void callWaitsUntilTheRangeIsHome() throws Exception {
        origin.hostAnswers = false;
        origin.log.clear();
        origin.loop.run(() -> start(Linux.NR_MUNMAP, 0x500000, 0x1000));
        origin.loop.settle();
        assertThat(origin.log).containsExactly("discard 500 1");
        origin.loop.run(origin::answerRanges);
        origin.loop.settle();
        assertThat(origin.log).containsExactly("discard 500 1", "munmap 500000 1000 0 0 0 0", "changed");
    }

    /** Also where their ranges have nothing in common: the later one might need what the earlier one makes. */
    @Test
    void oneAtATimeInTheOrderOfTheCalls() throws Exception {
        origin.log.clear();
        Promise<Long> first = Promise.promise();
        origin.threads.results.put(Linux.NR_MUNMAP, first.future());
        List<Long> results = new ArrayList<>();
        origin.loop.run(() -> {
            start(Linux.NR_MUNMAP, 0x500000, 0x1000).onSuccess(results::add);
            start(Linux.NR_MPROTECT, 0x510000, 0x1000, 1).onSuccess(results::add);
            start(Linux.NR_BRK, 0).onSuccess(results::add);
        });
        origin.loop.settle();
        assertThat(origin.log).containsExactly("discard 500 1", "munmap 500000 1000 0 0 0 0");
        origin.loop.run(() -> first.complete(-22L));
        origin.loop.settle();
        assertThat(results).containsExactly(-22L, 0L, 0x500000L);
        assertThat(origin.log)
                .containsSubsequence("changed", "writeback 510 1", "mprotect 510000 1000 1 0 0 0", "changed", "brk 0");
    }

    @Test
    void failureLetsTheNextOneRun() throws Exception {
        origin.threads.results.put(Linux.NR_MUNMAP, Future.failedFuture("the helper is gone"));
        assertThatThrownBy(() -> run(Linux.NR_MUNMAP, 0x500000, 0x1000)).hasMessageContaining("the helper is gone");
        assertThat(run(Linux.NR_MPROTECT, 0x510000, 0x1000, 1)).startsWith("writeback 510 1");
        origin.hostReads(0x500, 1);
        assertThat(run(Linux.NR_MPROTECT, 0x500000, 0x1000, 1))
                .as("the range was let go")
                .hasSize(3);
    }

    @Test
    void forkFindsEveryPageHome() throws Exception {
        origin.log.clear();
        origin.loop.await(() -> origin.calls.withAllPagesHome(() -> origin.threads.proceedWithFork(7)));
        assertThat(origin.log).containsExactly("writeback 0 800000000", "fork 7");
        assertThat(origin.loop.<Integer>call(origin.memory::trackedPages)).isZero();
    }
}
