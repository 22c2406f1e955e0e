package org.hitotsu.forwarder.backend.stock;

import static org.assertj.core.api.Assertions.assertThat;
import static org.hitotsu.forwarder.backend.stock.BpfAssembler.ALLOW;
import static org.hitotsu.forwarder.backend.stock.BpfAssembler.USER_NOTIF;
import static org.hitotsu.forwarder.nativecall.Linux.MAP_ANONYMOUS;
import static org.hitotsu.forwarder.nativecall.Linux.MAP_FIXED;
import static org.hitotsu.forwarder.nativecall.Linux.MAP_FIXED_NOREPLACE;
import static org.hitotsu.forwarder.nativecall.Linux.MAP_LOCKED;
import static org.hitotsu.forwarder.nativecall.Linux.MAP_PRIVATE;
import static org.hitotsu.forwarder.nativecall.Linux.MAP_SHARED;
import static org.hitotsu.forwarder.nativecall.Linux.NR_FUTEX;
import static org.hitotsu.forwarder.nativecall.Linux.NR_MADVISE;
import static org.hitotsu.forwarder.nativecall.Linux.NR_MMAP;
import static org.hitotsu.forwarder.nativecall.Linux.NR_RT_SIGACTION;
import static org.hitotsu.forwarder.nativecall.Linux.PROT_EXEC;
import static org.hitotsu.forwarder.nativecall.Linux.PROT_READ;
import static org.hitotsu.forwarder.nativecall.Linux.PROT_WRITE;

import java.util.Arrays;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SeccompFiltersTest {

    private static final int X86_64 = 0xc000003e;
    private static final int I386 = 0x40000003;
    private static final int X32_BIT = 0x40000000;
    private static final long PROGRAM = 0x555555556000L;
    private static final long AGENT = StockLayout.AGENT_BASE + 0x1234;
    private static final int LIMIT = 600;
    private static final int SCHED_YIELD = 24;
    private static final int EXIT = 60;
    /** Kernel numbers, not the code's constants: mprotect munmap brk mremap shmat clone fork vfork execve exit shmdt mlock … */
    private static final Set<Integer> CHANGING = new TreeSet<>(Set.of(
            10, 11, 12, 25, 30, 56, 57, 58, 59, 60, 67, 149, 151, 160, 216, 278, 317, 322, 325, 329, 425, 427, 435, 437,
            440, 462));

    private final byte[] origin = SeccompFilters.origin(false).toBytes();
    private final byte[] clusterCpus = SeccompFilters.origin(true).toBytes();
    private final byte[] shadow = SeccompFilters.shadow().toBytes();

    private int origin(int nr, long ip, long... args) {
        return ClassicBpf.run(origin, ClassicBpf.data(nr, X86_64, ip, args));
    }

    private int shadow(int nr, long ip) {
        return ClassicBpf.run(shadow, ClassicBpf.data(nr, X86_64, ip));
    }

    private int mmap(int prot, int flags) {
        return origin(NR_MMAP, PROGRAM, 0, 4096, prot, flags, 3, 0);
    }

    @Test
    void kernelWouldLoadThem() {
        assertThat(ClassicBpf.wellFormed(origin)).isTrue();
        assertThat(ClassicBpf.wellFormed(shadow)).isTrue();
        assertThat(ClassicBpf.wellFormed(clusterCpus)).isTrue();
    }

    @Test
    void askedToItNotifiesAffinityToo() {
        for (int nr = 0; nr < LIMIT; nr++) {
            boolean affinity = nr == 203 || nr == 204;
            assertThat(ClassicBpf.run(clusterCpus, ClassicBpf.data(nr, X86_64, PROGRAM)))
                    .as("system call %d", nr)
                    .isEqualTo(affinity ? USER_NOTIF : origin(nr, PROGRAM));
            assertThat(ClassicBpf.run(clusterCpus, ClassicBpf.data(nr, I386, PROGRAM)))
                    .as("system call %d of another ABI", nr)
                    .isEqualTo(ALLOW);
        }
        assertThat(ClassicBpf.run(clusterCpus, ClassicBpf.data(204, X86_64, AGENT)))
                .isEqualTo(ALLOW);
    }

    @Test
    void originNotifiesWhatChangesTheAddressSpaceItsThreadsOrLimits() {
        Set<Integer> notified = new TreeSet<>();
        for (int nr = 0; nr < LIMIT; nr++) {
            int action = origin(nr, PROGRAM);
            assertThat(action).as("system call %d", nr).isIn(ALLOW, USER_NOTIF);
            // The two whose arguments decide are tested below.
            if (action == USER_NOTIF && nr != NR_MMAP && nr != NR_MADVISE) {
                notified.add(nr);
            }
        }
        assertThat(notified).isEqualTo(CHANGING);
    }

    @Test
    void handlersAreNotifiedUnlessOnlyAskedFor() {
        assertThat(origin(NR_RT_SIGACTION, PROGRAM, 10, 0, 0x7ff000001000L, 8)).isEqualTo(ALLOW);
        assertThat(origin(NR_RT_SIGACTION, PROGRAM, 10, 0x7ff000001000L, 0, 8)).isEqualTo(USER_NOTIF);
        assertThat(origin(NR_RT_SIGACTION, PROGRAM, 10, 0x7ff00000000L, 0, 8)).isEqualTo(USER_NOTIF);
        assertThat(origin(NR_RT_SIGACTION, AGENT, 10, 0x1000, 0, 8)).isEqualTo(ALLOW);
    }

    @Test
    void theLimitOfCoreFilesIsNotifiedUnlessOnlyAskedFor() {
        int prlimit = 302;
        assertThat(origin(prlimit, PROGRAM, 0, 4, 0, 0x7ff000001000L)).isEqualTo(ALLOW);
        assertThat(origin(prlimit, PROGRAM, 0, 7, 0x7ff000001000L, 0)).isEqualTo(ALLOW);
        assertThat(origin(prlimit, PROGRAM, 0, 4, 0x7ff000001000L, 0)).isEqualTo(USER_NOTIF);
        assertThat(origin(prlimit, PROGRAM, 0, 4, 0x7ff00000000L, 0)).isEqualTo(USER_NOTIF);
        assertThat(origin(prlimit, AGENT, 0, 4, 0x1000, 0)).isEqualTo(ALLOW);
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 257, 304})
    void openIsNotifiedWhereItIsDirect(int nr) {
        int direct = 0x4000;
        int flagsArgument = nr == 2 ? 1 : 2;
        long[] args = {3, 3, 3, 3};
        assertThat(origin(nr, PROGRAM, args)).isEqualTo(ALLOW);
        assertThat(mayNotify(nr, args)).isFalse();
        args[flagsArgument] |= direct;
        assertThat(origin(nr, PROGRAM, args)).isEqualTo(USER_NOTIF);
        assertThat(origin(nr, AGENT, args)).isEqualTo(ALLOW);
        assertThat(mayNotify(nr, args)).isTrue();
    }

    @Test
    void settingTheFlagOfDirectTransfersIsNotified() {
        int fcntl = 72;
        assertThat(origin(fcntl, PROGRAM, 3, 4, 0x4000)).isEqualTo(USER_NOTIF);
        assertThat(origin(fcntl, PROGRAM, 3, 4, 0x800)).isEqualTo(ALLOW);
        assertThat(origin(fcntl, PROGRAM, 3, 6, 0x7ff000004000L)).isEqualTo(ALLOW);
        assertThat(mayNotify(fcntl, 3, 4, 0x4000, 0)).isTrue();
        assertThat(mayNotify(fcntl, 3, 4, 0x800, 0)).isFalse();
    }

    @Test
    void whatMayTieAThreadIsNotified() {
        int prctl = 157;
        int ldt = 154;
        int archPrctl = 158;
        for (int control : new int[] {22, 26, 59}) {
            assertThat(origin(prctl, PROGRAM, control, 2, 0x1000)).isEqualTo(USER_NOTIF);
            assertThat(origin(prctl, AGENT, control, 2, 0x1000)).isEqualTo(ALLOW);
        }
        assertThat(origin(prctl, PROGRAM, 21)).isEqualTo(ALLOW);
        assertThat(origin(prctl, PROGRAM, 15)).isEqualTo(ALLOW);
        assertThat(origin(ldt, PROGRAM, 0)).isEqualTo(ALLOW);
        assertThat(origin(ldt, PROGRAM, 1)).isEqualTo(USER_NOTIF);
        assertThat(origin(ldt, PROGRAM, 0x11)).isEqualTo(USER_NOTIF);
        for (int control : new int[] {0x1012, 0x4002, 0x5001}) {
            assertThat(origin(archPrctl, PROGRAM, control)).isEqualTo(USER_NOTIF);
        }
        assertThat(origin(archPrctl, PROGRAM, 0x1002)).isEqualTo(ALLOW);
    }

    @Test
    void memoryIsNotOfferedForMerging() {
        int prctl = 157;
        int invalid = 0x00050000 | 22;
        assertThat(origin(NR_MADVISE, PROGRAM, 0x1000, 0x1000, 12)).isEqualTo(invalid);
        assertThat(origin(NR_MADVISE, PROGRAM, 0x1000, 0x1000, 13)).isEqualTo(ALLOW);
        assertThat(origin(prctl, PROGRAM, 67, 1)).isEqualTo(invalid);
        assertThat(origin(prctl, PROGRAM, 67, 0)).isEqualTo(ALLOW);
        assertThat(origin(prctl, PROGRAM, 68)).isEqualTo(ALLOW);
    }

    /** With every option that adds calls. */
    private boolean mayNotify(int nr, long... args) {
        return ClassicBpf.run(clusterCpus, ClassicBpf.data(nr, X86_64, PROGRAM, args)) == USER_NOTIF;
    }

    @Test
    void whatIsSaidToBeNotifiedIsWhatTheFilterNotifies() {
        long[] values = {
            0,
            1,
            2,
            3,
            4,
            7,
            8,
            9,
            10,
            11,
            24,
            102,
            0x10,
            0x12,
            0x20,
            0x22,
            0x32,
            0x80,
            0x86,
            0x187,
            0x100000,
            0x11,
            22,
            26,
            59,
            0x1002,
            0x1012,
            0x4002,
            0x5001,
            1L << 32,
            0xc020aa00L,
            0xc028aa05L
        };
        for (int nr = 0; nr < LIMIT; nr++) {
            for (long value : values) {
                for (long other : new long[] {0, 2, 0x22}) {
                    assertSaid(nr, 5, value, value, other);
                    assertSaid(nr, 22, other, other, value);
                    assertSaid(nr, value, other, other, other);
                }
            }
        }
    }

    private void assertSaid(int nr, long... args) {
        assertThat(SeccompFilters.originNotifies(nr, args[0], args[1], args[2], args[3]))
                .as("system call %d with %s", nr, Arrays.toString(args))
                .isEqualTo(mayNotify(nr, args));
    }

    @Test
    void originLetsTheAgentsOwnCallsRun() {
        for (int nr = 0; nr < LIMIT; nr++) {
            assertThat(origin(nr, AGENT, 0, 0, 4, MAP_FIXED))
                    .as("system call %d", nr)
                    .isEqualTo(ALLOW);
        }
    }

    @ParameterizedTest
    @ValueSource(
            longs = {
                StockLayout.AGENT_BASE - 1,
                StockLayout.AGENT_BASE + StockLayout.AGENT_CODE_SIZE,
                StockLayout.AGENT_END - 1,
                StockLayout.AGENT_BASE + 0x100000000L,
                StockLayout.AGENT_BASE & 0xffffffffL | 0x1234,
                0x7fff00001234L,
                0
            })
    void onlyAgentCodeCountsAsTheAgent(long ip) {
        assertThat(origin(11, ip)).isEqualTo(USER_NOTIF);
        assertThat(shadow(EXIT, ip)).isEqualTo(USER_NOTIF);
    }

    @ParameterizedTest
    @ValueSource(
            longs = {
                StockLayout.AGENT_BASE,
                StockLayout.AGENT_BASE + 1,
                StockLayout.AGENT_BASE + StockLayout.AGENT_CODE_SIZE - 1
            })
    void allAgentCodeCountsAsTheAgent(long ip) {
        assertThat(origin(11, ip)).isEqualTo(ALLOW);
        assertThat(shadow(EXIT, ip)).isEqualTo(ALLOW);
    }

    @Test
    void rendezvousIsNotifiedUnlessTheProgramMakesIt() {
        assertThat(origin(StockLayout.NR_RENDEZVOUS, AGENT)).isEqualTo(USER_NOTIF);
        assertThat(origin(StockLayout.NR_RENDEZVOUS, PROGRAM)).isEqualTo(ALLOW);
        for (long ip : new long[] {PROGRAM, AGENT}) {
            assertThat(shadow(StockLayout.NR_RENDEZVOUS, ip)).isEqualTo(USER_NOTIF);
        }
    }

    @Test
    void mmapIsNotifiedWhereItReplacesLocksOrMapsAFileWritable() {
        int anonymous = MAP_PRIVATE | MAP_ANONYMOUS;
        assertThat(mmap(PROT_READ | PROT_WRITE, anonymous)).isEqualTo(ALLOW);
        assertThat(mmap(PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS)).isEqualTo(ALLOW);
        assertThat(mmap(PROT_READ | PROT_WRITE, anonymous | MAP_FIXED)).isEqualTo(USER_NOTIF);
        assertThat(mmap(0, anonymous | MAP_FIXED)).isEqualTo(USER_NOTIF);
        assertThat(mmap(PROT_READ, anonymous | MAP_FIXED_NOREPLACE)).isEqualTo(USER_NOTIF);
        assertThat(mmap(PROT_READ, anonymous | MAP_LOCKED)).isEqualTo(USER_NOTIF);
        assertThat(mmap(PROT_READ, MAP_PRIVATE)).isEqualTo(ALLOW);
        assertThat(mmap(PROT_READ | PROT_EXEC, MAP_PRIVATE)).isEqualTo(ALLOW);
        assertThat(mmap(PROT_READ | PROT_WRITE, MAP_PRIVATE)).isEqualTo(USER_NOTIF);
        assertThat(mmap(PROT_WRITE, MAP_SHARED)).isEqualTo(USER_NOTIF);
        assertThat(mmap(PROT_READ, MAP_PRIVATE | MAP_FIXED)).isEqualTo(USER_NOTIF);
    }

    @Test
    void futexIsNotifiedWhereItWritesToTheProgramsWords() {
        Set<Integer> notified = new TreeSet<>();
        for (int command = 0; command < 0x80; command++) {
            for (int flags : new int[] {0, 0x80, 0x100, 0x180}) {
                int action = origin(NR_FUTEX, PROGRAM, 0, 0xdeadbeefL << 32 | flags | command);
                assertThat(action).as("command %d, flags %d", command, flags).isIn(ALLOW, USER_NOTIF);
                if (action == USER_NOTIF) {
                    notified.add(flags | command);
                }
            }
        }
        // WAKE_OP, LOCK_PI, UNLOCK_PI, TRYLOCK_PI, WAIT_REQUEUE_PI, CMP_REQUEUE_PI and LOCK_PI2, with each flag.
        assertThat(notified)
                .containsExactly(
                        5, 6, 7, 8, 11, 12, 13, 133, 134, 135, 136, 139, 140, 141, 261, 262, 263, 264, 267, 268, 269,
                        389, 390, 391, 392, 395, 396, 397);
        assertThat(origin(NR_FUTEX, AGENT, 0, 6)).isEqualTo(ALLOW);
    }

    /** The kernel takes 32 bits of flags and of protection; garbage above them must not hide anything. */
    @Test
    void upperHalvesOfArgumentsAreIgnored() {
        long garbage = 0xdeadbeefL << 32;
        assertThat(origin(NR_MMAP, PROGRAM, 0, 1, garbage, garbage | MAP_ANONYMOUS | MAP_FIXED, 0, 0))
                .isEqualTo(USER_NOTIF);
        assertThat(origin(NR_MMAP, PROGRAM, 0, 1, garbage | PROT_WRITE, garbage, 0, 0))
                .isEqualTo(USER_NOTIF);
        assertThat(origin(NR_MMAP, PROGRAM, 0, 1, garbage, garbage | MAP_ANONYMOUS, 0, 0))
                .isEqualTo(ALLOW);
        assertThat(origin(NR_MADVISE, PROGRAM, 0, 1, garbage | 4)).isEqualTo(USER_NOTIF);
    }

    @Test
    void givingMemoryToAUserfaultfdIsNotified() {
        int ioctl = 16;
        assertThat(origin(ioctl, PROGRAM, 3, 0xc020aa00L)).isEqualTo(USER_NOTIF);
        assertThat(origin(ioctl, PROGRAM, 3, 0xdeadbeefc020aa00L)).isEqualTo(USER_NOTIF);
        assertThat(origin(ioctl, PROGRAM, 3, 0xc028aa05L)).isEqualTo(USER_NOTIF);
        assertThat(origin(ioctl, PROGRAM, 3, 0x5401)).isEqualTo(ALLOW);
        assertThat(origin(ioctl, AGENT, 3, 0xc020aa00L)).isEqualTo(ALLOW);
    }

    @Test
    void adviceThatDropsContentOrIsNotForFilesIsNotified() {
        Set<Integer> notified = new TreeSet<>();
        for (int advice = -1; advice < 256; advice++) {
            if (origin(NR_MADVISE, PROGRAM, 0x1000, 0x1000, advice) == USER_NOTIF) {
                notified.add(advice);
            }
        }
        // MADV_DONTNEED, MADV_FREE, MADV_REMOVE, MADV_WIPEONFORK, MADV_DONTNEED_LOCKED, MADV_GUARD_INSTALL
        assertThat(notified).containsExactly(4, 8, 9, 18, 24, 102);
    }

    /** At home these run natively; the filter knows no number of theirs. */
    @Test
    void originAllowsCallsOfOtherAbis() {
        for (int nr = 0; nr < LIMIT; nr++) {
            assertThat(ClassicBpf.run(origin, ClassicBpf.data(nr, I386, PROGRAM)))
                    .isEqualTo(ALLOW);
            assertThat(origin(nr | X32_BIT, PROGRAM)).isEqualTo(ALLOW);
        }
    }

    /** In a shadow nothing may slip through, since its files and its identity are not the program's. */
    @Test
    void shadowNotifiesEverythingButSchedYield() {
        assertThat(shadow(-1, PROGRAM)).isEqualTo(0x50000 | 38); // ENOSYS
        for (int nr = 0; nr < LIMIT; nr++) {
            assertThat(shadow(nr, PROGRAM)).as("system call %d", nr).isEqualTo(nr == SCHED_YIELD ? ALLOW : USER_NOTIF);
            assertThat(shadow(nr | X32_BIT, PROGRAM)).isEqualTo(USER_NOTIF);
            assertThat(ClassicBpf.run(shadow, ClassicBpf.data(nr, I386, PROGRAM)))
                    .isEqualTo(USER_NOTIF);
            assertThat(ClassicBpf.run(shadow, ClassicBpf.data(nr, I386, AGENT))).isEqualTo(USER_NOTIF);
        }
    }

    /** The program can jump into the agent, and a shadow has root's rights. */
    @Test
    void shadowLetsTheAgentMakeAndEndThreadsAlone() {
        int thread = 0x50f00;
        int process = 0x40f00;
        int untraced = 0x850f00;
        int clone = 56;
        int exitGroup = 231;
        for (int nr = 0; nr < LIMIT; nr++) {
            boolean ends = nr == EXIT || nr == exitGroup || nr == SCHED_YIELD;
            assertThat(shadow(nr, AGENT)).as("system call %d", nr).isEqualTo(ends ? ALLOW : USER_NOTIF);
        }
        assertThat(ClassicBpf.run(shadow, ClassicBpf.data(clone, X86_64, AGENT, thread)))
                .isEqualTo(ALLOW);
        for (long other : new long[] {process, untraced, 0, 1L << 32 | thread}) {
            assertThat(ClassicBpf.run(shadow, ClassicBpf.data(clone, X86_64, AGENT, other)))
                    .isEqualTo(USER_NOTIF);
        }
    }
}
