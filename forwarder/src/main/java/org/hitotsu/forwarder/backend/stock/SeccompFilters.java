package org.hitotsu.forwarder.backend.stock;

import static org.hitotsu.forwarder.backend.stock.BpfAssembler.ALLOW;
import static org.hitotsu.forwarder.backend.stock.BpfAssembler.ARCH;
import static org.hitotsu.forwarder.backend.stock.BpfAssembler.INVALID;
import static org.hitotsu.forwarder.backend.stock.BpfAssembler.IP_HIGH;
import static org.hitotsu.forwarder.backend.stock.BpfAssembler.IP_LOW;
import static org.hitotsu.forwarder.backend.stock.BpfAssembler.NR;
import static org.hitotsu.forwarder.backend.stock.BpfAssembler.UNKNOWN;
import static org.hitotsu.forwarder.backend.stock.BpfAssembler.USER_NOTIF;
import static org.hitotsu.forwarder.backend.stock.BpfAssembler.argHigh;
import static org.hitotsu.forwarder.backend.stock.BpfAssembler.argLow;

import org.hitotsu.forwarder.backend.common.CoreDump;
import org.hitotsu.forwarder.backend.common.DirectUse;
import org.hitotsu.forwarder.nativecall.Linux;
import org.hitotsu.forwarder.syscall.Tie;

/**
 * The two seccomp filters. Numbers are tested before anything else, so that the kernel can see which calls are always
 * allowed and skip the filter for them (its action bitmap, Linux 5.11).
 */
final class SeccompFilters {
    private static final int AUDIT_ARCH_X86_64 = 0xc000003e;
    private static final int NR_SCHED_YIELD = 24;
    /** The kernel answers it like an unknown one; but a thread that is stopped with this number is in no call. */
    private static final int NO_CALL = -1;
    /**
     * With which the agent makes a thread (agent.c): CLONE_VM, FS, FILES, SIGHAND, THREAD and SYSVSEM. It is no process, nor
     * untraced.
     */
    private static final int NEW_THREAD_FLAGS = 0x50f00;

    private static final int NR_PROCESS_MADVISE = Linux.NR_PROCESS_MADVISE;
    /** Without FUTEX_PRIVATE_FLAG and FUTEX_CLOCK_REALTIME. */
    static final int FUTEX_COMMAND = ~(0x80 | 0x100);
    /**
     * WAKE_OP, LOCK_PI, UNLOCK_PI, TRYLOCK_PI, WAIT_REQUEUE_PI, CMP_REQUEUE_PI, LOCK_PI2: they write to the program's words,
     * which the kernel does without waiting for a page (agent.c, futex_guard).
     */
    private static final int[] WRITING_FUTEX_COMMANDS = {5, 6, 7, 8, 11, 12, 13};

    /**
     * DONTNEED, FREE, REMOVE, DONTNEED_LOCKED, GUARD_INSTALL: advice that drops content. And WIPEONFORK, which is not for
     * files.
     */
    private static final int[] NOTIFIED_ADVICE = {4, 8, 9, 18, 24, 102};

    /**
     * With it and {@link #PR_SET_MEMORY_MERGE} a program offers its memory to KSM, which puts a page into the place of one that
     * is write-protected by a userfaultfd, and leaves out the protection (replace_page(), mm/ksm.c, up to Linux 6.18 at least).
     * A write would go unseen. So there is no KSM, as on a kernel without it.
     */
    private static final int MADV_MERGEABLE = 12;

    private static final int PR_SET_MEMORY_MERGE = 67;

    private static final int NOTIFIED_MAP_FLAGS = Linux.MAP_FIXED | Linux.MAP_FIXED_NOREPLACE | Linux.MAP_LOCKED;
    /** Those of which every call is notified, whatever its arguments. */
    private static final int[] ALWAYS_NOTIFIED = {
        Linux.NR_MPROTECT,
        Linux.NR_MUNMAP,
        Linux.NR_BRK,
        Linux.NR_MREMAP,
        Linux.NR_CLONE,
        Linux.NR_FORK,
        Linux.NR_VFORK,
        Linux.NR_EXECVE,
        Linux.NR_EXECVEAT,
        Linux.NR_EXIT,
        Linux.NR_CLONE3,
        Linux.NR_PKEY_MPROTECT,
        Linux.NR_REMAP_FILE_PAGES,
        NR_PROCESS_MADVISE,
        Linux.NR_SHMAT,
        Linux.NR_SHMDT,
        Linux.NR_MLOCK,
        Linux.NR_MLOCKALL,
        Linux.NR_MLOCK2,
        Linux.NR_MSEAL,
        Linux.NR_SETRLIMIT,
        Linux.NR_SECCOMP,
        Linux.NR_VMSPLICE,
        Linux.NR_OPENAT2,
        Linux.NR_IO_URING_SETUP,
        Linux.NR_IO_URING_REGISTER
    };

    /** What a program asks of its own userfaultfd about a range; see MemoryCalls. */
    private static final int[] USERFAULT_REQUESTS = {
        (int) Linux.UFFDIO_REGISTER, (int) Linux.UFFDIO_UNREGISTER, (int) Linux.UFFDIO_MOVE
    };

    /** PR_SET_SECCOMP, PR_SET_TSC and PR_SET_SYSCALL_USER_DISPATCH, some of which is a {@link Tie}. */
    private static final int[] TYING_CONTROLS = {22, 26, 59};
    /** ARCH_SET_CPUID, ARCH_ENABLE_TAGGED_ADDR and ARCH_SHSTK_ENABLE. */
    private static final int[] TYING_ARCH_CONTROLS = {0x1012, 0x4002, 0x5001};
    /** The functions of modify_ldt(2) that write. */
    private static final int[] TYING_LDT_FUNCTIONS = {1, 0x11};

    private SeccompFilters() {}

    /**
     * For the program at its origin: calls that change the address space, its threads, a signal's handler, the limit of core
     * files, the memory of a userfaultfd or what ties a thread here ({@link Tie}) are notified, futex calls that write, and
     * those after which pages may be used directly ({@link DirectUse}); what offers memory to KSM is refused; everything else
     * runs natively. Calls of the agent itself (by instruction pointer) always run. The rendezvous is the agent's only: of
     * anybody else the kernel does not know the number.
     *
     * @param clusterCpus whether calls about affinity are notified, too
     */
    static BpfAssembler origin(boolean clusterCpus) {
        BpfAssembler trapUnlessAgent = byCaller(ALLOW, USER_NOTIF);

        // An mmap without MAP_FIXED replaces nothing; only a private, writable file mapping must become anonymous.
        // Of what is locked the kernel refuses to drop the contents, which then may not have been thrown away before.
        BpfAssembler mapAnonymous = new BpfAssembler()
                .ifAnySet(Linux.MAP_ANONYMOUS, new BpfAssembler().ret(ALLOW))
                .load(argLow(2))
                .ifAnySet(Linux.PROT_WRITE, trapUnlessAgent)
                .ret(ALLOW);
        BpfAssembler map = new BpfAssembler().load(argLow(3)).ifAnySet(NOTIFIED_MAP_FLAGS, trapUnlessAgent);
        BpfAssembler mmap = map.append(mapAnonymous);

        BpfAssembler advice = new BpfAssembler().load(argLow(2));
        for (int dropping : NOTIFIED_ADVICE) {
            advice.ifEquals(dropping, trapUnlessAgent);
        }
        BpfAssembler invalid = new BpfAssembler().ret(INVALID);
        advice.ifEquals(MADV_MERGEABLE, invalid).ret(ALLOW);

        BpfAssembler futex = new BpfAssembler().load(argLow(1)).and(FUTEX_COMMAND);
        for (int writing : WRITING_FUTEX_COMMANDS) {
            futex.ifEquals(writing, trapUnlessAgent);
        }
        futex.ret(ALLOW);

        // Asking for a handler changes none.
        BpfAssembler action = new BpfAssembler()
                .load(argLow(1))
                .ifNotEquals(0, trapUnlessAgent)
                .load(argHigh(1))
                .ifNotEquals(0, trapUnlessAgent)
                .ret(ALLOW);

        // Nor does asking for a limit.
        BpfAssembler limit = new BpfAssembler()
                .load(argLow(1))
                .ifNotEquals(CoreDump.LIMIT, new BpfAssembler().ret(ALLOW))
                .load(argLow(2))
                .ifNotEquals(0, trapUnlessAgent)
                .load(argHigh(2))
                .ifNotEquals(0, trapUnlessAgent)
                .ret(ALLOW);

        BpfAssembler open = new BpfAssembler()
                .load(argLow(1))
                .ifAnySet(DirectUse.O_DIRECT, trapUnlessAgent)
                .ret(ALLOW);
        BpfAssembler openAt = new BpfAssembler()
                .load(argLow(2))
                .ifAnySet(DirectUse.O_DIRECT, trapUnlessAgent)
                .ret(ALLOW);
        BpfAssembler descriptor = new BpfAssembler()
                .load(argLow(1))
                .ifNotEquals(DirectUse.F_SETFL, new BpfAssembler().ret(ALLOW))
                .append(openAt);

        BpfAssembler device = byArgument(1, USERFAULT_REQUESTS, trapUnlessAgent);

        BpfAssembler merging =
                new BpfAssembler().load(argLow(1)).ifNotEquals(0, invalid).ret(ALLOW);
        BpfAssembler control = new BpfAssembler()
                .load(argLow(0))
                .ifEquals(PR_SET_MEMORY_MERGE, merging)
                .append(byArgument(0, TYING_CONTROLS, trapUnlessAgent));

        BpfAssembler filter = new BpfAssembler()
                .load(ARCH)
                .ifNotEquals(AUDIT_ARCH_X86_64, new BpfAssembler().ret(ALLOW))
                .load(NR);
        filter.ifEquals(StockLayout.NR_RENDEZVOUS, byCaller(USER_NOTIF, ALLOW));
        filter.ifEquals(Linux.NR_FUTEX, futex);
        filter.ifEquals(Linux.NR_RT_SIGACTION, action);
        filter.ifEquals(Linux.NR_PRLIMIT64, limit);
        filter.ifEquals(Linux.NR_PRCTL, control);
        filter.ifEquals(Linux.NR_ARCH_PRCTL, byArgument(0, TYING_ARCH_CONTROLS, trapUnlessAgent));
        filter.ifEquals(Linux.NR_MODIFY_LDT, byArgument(0, TYING_LDT_FUNCTIONS, trapUnlessAgent));
        filter.ifEquals(Linux.NR_IOCTL, device);
        filter.ifEquals(Linux.NR_OPEN, open);
        filter.ifEquals(Linux.NR_OPENAT, openAt);
        filter.ifEquals(Linux.NR_OPEN_BY_HANDLE_AT, openAt);
        filter.ifEquals(Linux.NR_FCNTL, descriptor);
        filter.ifEquals(Linux.NR_MMAP, mmap);
        filter.ifEquals(Linux.NR_MADVISE, advice);
        for (int nr : ALWAYS_NOTIFIED) {
            filter.ifEquals(nr, trapUnlessAgent);
        }
        if (clusterCpus) {
            filter.ifEquals(Linux.NR_SCHED_SETAFFINITY, trapUnlessAgent);
            filter.ifEquals(Linux.NR_SCHED_GETAFFINITY, trapUnlessAgent);
        }
        return filter.ret(ALLOW);
    }

    /**
     * Whether {@link #origin} notifies a call of the program by its own ABI, with these arguments (from 0), or may do so;
     * but not the rendezvous.
     */
    static boolean originNotifies(long nr, long arg0, long arg1, long arg2, long arg3) {
        return switch ((int) nr) {
            case Linux.NR_FUTEX -> contains(WRITING_FUTEX_COMMANDS, (int) arg1 & FUTEX_COMMAND);
            case Linux.NR_RT_SIGACTION -> arg1 != 0;
            case Linux.NR_PRLIMIT64 -> (int) arg1 == CoreDump.LIMIT && arg2 != 0;
            case Linux.NR_IOCTL -> contains(USERFAULT_REQUESTS, (int) arg1);
            case Linux.NR_OPEN, Linux.NR_OPENAT, Linux.NR_OPEN_BY_HANDLE_AT, Linux.NR_FCNTL ->
                DirectUse.of(nr, new long[] {arg0, arg1, arg2, arg3}) != null;
            case Linux.NR_MADVISE -> contains(NOTIFIED_ADVICE, (int) arg2);
            case Linux.NR_MMAP ->
                (arg3 & NOTIFIED_MAP_FLAGS) != 0 || (arg3 & Linux.MAP_ANONYMOUS) == 0 && (arg2 & Linux.PROT_WRITE) != 0;
            case Linux.NR_PRCTL -> contains(TYING_CONTROLS, (int) arg0);
            case Linux.NR_ARCH_PRCTL -> contains(TYING_ARCH_CONTROLS, (int) arg0);
            case Linux.NR_MODIFY_LDT -> contains(TYING_LDT_FUNCTIONS, (int) arg0);
            case Linux.NR_SCHED_SETAFFINITY, Linux.NR_SCHED_GETAFFINITY -> true;
            default -> contains(ALWAYS_NOTIFIED, (int) nr);
        };
    }

    private static boolean contains(int[] values, int value) {
        for (int each : values) {
            if (each == value) {
                return true;
            }
        }
        return false;
    }

    /**
     * For a shadow: everything is notified but sched_yield, which has no effect to share, and what the agent does there once it
     * is set up: it makes threads, and ends them or the shadow. No more is let through from its addresses, since the program
     * can jump there, too, and a shadow has the rights of root.
     */
    static BpfAssembler shadow() {
        BpfAssembler allowed = new BpfAssembler().ret(ALLOW);
        BpfAssembler newThread = new BpfAssembler()
                .load(argLow(0))
                .ifNotEquals(NEW_THREAD_FLAGS, notified())
                .load(argHigh(0))
                .ifNotEquals(0, notified())
                .ret(ALLOW);
        BpfAssembler agent = new BpfAssembler()
                .load(IP_LOW)
                .ifAnySet(0xffff0000, notified())
                .load(NR)
                .ifEquals(Linux.NR_EXIT, allowed)
                .ifEquals(Linux.NR_EXIT_GROUP, allowed)
                .ifEquals(Linux.NR_CLONE, newThread)
                .ret(USER_NOTIF);
        return new BpfAssembler()
                .load(ARCH)
                .ifNotEquals(AUDIT_ARCH_X86_64, notified())
                .load(NR)
                .ifEquals(NR_SCHED_YIELD, allowed)
                .ifEquals(NO_CALL, new BpfAssembler().ret(UNKNOWN))
                .load(IP_HIGH)
                .ifEquals((int) (StockLayout.AGENT_BASE >>> 32), agent)
                .ret(USER_NOTIF);
    }

    /** Ends with {@code agents} for a call of the agent's, by the instruction pointer, and with {@code others} else. */
    private static BpfAssembler byCaller(int agents, int others) {
        return new BpfAssembler()
                .load(IP_HIGH)
                .ifEquals(
                        (int) (StockLayout.AGENT_BASE >>> 32),
                        // The agent's code is the first 64 KiB of its region: the upper half of the low word is zero.
                        new BpfAssembler()
                                .load(IP_LOW)
                                .ifAnySet(0xffff0000, new BpfAssembler().ret(others))
                                .ret(agents))
                .ret(others);
    }

    /** Runs {@code body} if an argument (from 0), or its lower half, is one of {@code values}. */
    private static BpfAssembler byArgument(int argument, int[] values, BpfAssembler body) {
        BpfAssembler chosen = new BpfAssembler().load(argLow(argument));
        for (int value : values) {
            chosen.ifEquals(value, body);
        }
        return chosen.ret(ALLOW);
    }

    private static BpfAssembler notified() {
        return new BpfAssembler().ret(USER_NOTIF);
    }
}
