package org.hitotsu.forwarder.nativecall;

import java.util.Arrays;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/**
 * ptrace(2) and wait(2) requests, x86-64. Every method must be called on the one thread that traces (ptrace attaches a
 * tracee to a thread, not to a process); each instance owns scratch memory, so it belongs to that thread too.
 *
 * <p>Results follow {@link Linux}: ≥ 0, or {@code -errno}.
 */
public final class Ptrace implements AutoCloseable {
    public static final int OPTION_SYSGOOD = 1;
    public static final int OPTION_FORK = 1 << 1;
    public static final int OPTION_VFORK = 1 << 2;
    public static final int OPTION_CLONE = 1 << 3;
    public static final int OPTION_EXEC = 1 << 4;
    public static final int OPTION_EXITKILL = 1 << 20;

    public static final int EVENT_FORK = 1;
    public static final int EVENT_VFORK = 2;
    public static final int EVENT_CLONE = 3;
    public static final int EVENT_EXEC = 4;
    public static final int EVENT_STOP = 128;

    private static final int SETOPTIONS = 0x4200;
    private static final int GETEVENTMSG = 0x4201;
    private static final int GETREGS = 12;
    private static final int SETREGS = 13;
    private static final int GETREGSET = 0x4204;
    private static final int SETREGSET = 0x4205;
    private static final int SEIZE = 0x4206;
    private static final int INTERRUPT = 0x4207;
    private static final int LISTEN = 0x4208;
    private static final int GETSIGINFO = 0x4202;
    private static final int PEEKSIGINFO = 0x4209;
    private static final int SIGINFO_BYTES = 128;
    private static final int PEEKED = 64;
    /** The kernel's SYNCHRONOUS_MASK: SIGILL, SIGTRAP, SIGBUS, SIGFPE, SIGSEGV, SIGSYS. */
    private static final long FAULT_SIGNALS = 1L << 3 | 1L << 4 | 1L << 6 | 1L << 7 | 1L << 10 | 1L << 30;

    private static final int SETSIGINFO = 0x4203;
    private static final int GETSIGMASK = 0x420a;
    private static final int SETSIGMASK = 0x420b;
    private static final int SIGSET_BYTES = 8;
    private static final int GET_RSEQ_CONFIGURATION = 0x420f;
    private static final int SYSCALL = 24;
    private static final int CONT = 7;
    private static final int DETACH = 17;
    private static final int SINGLESTEP = 9;
    private static final int NT_PRSTATUS = 1;
    private static final int NT_X86_XSTATE = 0x202;
    private static final int WALL = 0x40000000;
    private static final int WNOHANG = 1;

    /** An upper bound of the extended state (AMX tiles included), bytes. */
    private static final int XSTATE_MAX = 16384;

    private static final int IOVEC = 0;
    private static final int STATUS = 16;
    private static final int SMALL = 32;
    private static final int REGISTERS = 256;
    private static final int XSTATE = 1024;

    private final NativeMemory scratch = new NativeMemory(XSTATE + XSTATE_MAX);

    /** Result of {@link #waitFor}: the thread that stopped or ended; its raw status is in {@link #lastStatus()}. */
    private int lastStatus;

    /** Under this object's monitor; 0: none. */
    private int seizing;

    private static long ptrace(int request, int tid, long address, long data) {
        return Linux.call(Linux.NR_PTRACE, request, tid, address, data, 0, 0);
    }

    /** Waits as long as the thread's process, {@code pid}, is in the middle of an execve. */
    public long seize(int pid, int tid, int options) {
        // Not the thread: the execve may end it while this waits, and then nothing tells its process any more.
        setSeizing(pid);
        try {
            return ptrace(SEIZE, tid, 0, options);
        } finally {
            setSeizing(0);
        }
    }

    private synchronized void setSeizing(int pid) {
        seizing = pid;
    }

    /**
     * Runs {@code action} with the process of the thread that {@link #seize} is about just now, if there is one. Seizing
     * returns only when the action has. Any thread.
     */
    public synchronized void whileSeizing(IntConsumer action) {
        if (seizing != 0) {
            action.accept(seizing);
        }
    }

    public long interrupt(int tid) {
        return ptrace(INTERRUPT, tid, 0, 0);
    }

    /** Replaces the options of a stopped thread. */
    public long setOptions(int tid, int options) {
        return ptrace(SETOPTIONS, tid, 0, options);
    }

    /** Lets a stopped thread run on, delivering {@code signal} unless it is 0. */
    public long cont(int tid, int signal) {
        return ptrace(CONT, tid, 0, signal);
    }

    /** As {@link #cont}, and stops at the next system call's entry or exit. */
    public long contToSyscall(int tid, int signal) {
        return ptrace(SYSCALL, tid, 0, signal);
    }

    public long step(int tid) {
        return ptrace(SINGLESTEP, tid, 0, 0);
    }

    public long detach(int tid, int signal) {
        return ptrace(DETACH, tid, 0, signal);
    }

    /** Leaves a thread in its group stop, and reports when SIGCONT ends it. */
    public long listen(int tid) {
        return ptrace(LISTEN, tid, 0, 0);
    }

    /** The message of the last event stop (a new thread's id for EVENT_CLONE and its kin). */
    public long eventMessage(int tid) {
        long at = scratch.address() + SMALL;
        long result = ptrace(GETEVENTMSG, tid, 0, at);
        return result < 0 ? result : NativeMemory.getLong(at);
    }

    /** si_code of the signal that a thread stopped for. */
    public long signalCode(int tid) {
        long at = scratch.address() + SMALL;
        long result = ptrace(GETSIGINFO, tid, 0, at);
        return result < 0 ? 0 : NativeMemory.getInt(at + 8);
    }

    /**
     * Gives a stopped thread the signal mask that it has outside its system call, if the call (pselect, ppoll, epoll_pwait,
     * sigsuspend) has put another in its place: PTRACE_GETSIGMASK reads the mask that is to be restored, and
     * PTRACE_SETSIGMASK sets it with nothing left to be restored (both since Linux 5.1, commit fcfc2aa0185f).
     */
    public long restoreMask(int tid) {
        long at = scratch.address() + SMALL;
        long result = ptrace(GETSIGMASK, tid, SIGSET_BYTES, at);
        return result < 0 ? result : ptrace(SETSIGMASK, tid, SIGSET_BYTES, at);
    }

    /** Blocks just the signals of {@code mask} (bit 0 is signal 1) in a stopped thread, in its system call too. */
    public long setMask(int tid, long mask) {
        long at = scratch.address() + SMALL;
        NativeMemory.putLong(at, mask);
        return ptrace(SETSIGMASK, tid, SIGSET_BYTES, at);
    }

    /** The signals that a stopped thread blocks outside of its system call ({@link #restoreMask}); all if it is gone. */
    public long mask(int tid) {
        long at = scratch.address() + SMALL;
        return ptrace(GETSIGMASK, tid, SIGSET_BYTES, at) < 0 ? -1 : NativeMemory.getLong(at);
    }

    /**
     * Whether a stopped thread, outside of system calls, will take a fault signal as its next one: the instruction that
     * raised it is done with, and the stop for an interrupt came before the signal (get_signal(); ptrace(2),
     * PTRACE_PEEKSIGINFO).
     */
    public boolean faultPending(int tid) {
        long deliverable = FAULT_SIGNALS & ~mask(tid);
        long arguments = scratch.address() + SMALL;
        long infos = scratch.address() + XSTATE;
        for (long offset = 0, got = PEEKED; got == PEEKED; offset += got) {
            NativeMemory.putLong(arguments, offset);
            NativeMemory.putInt(arguments + 8, 0);
            NativeMemory.putInt(arguments + 12, PEEKED);
            got = ptrace(PEEKSIGINFO, tid, arguments, infos);
            for (int i = 0; i < got; i++) {
                long info = infos + (long) i * SIGINFO_BYTES;
                boolean fault = (1L << NativeMemory.getInt(info) - 1 & deliverable) != 0;
                if (fault && NativeMemory.getInt(info + 8) > 0) {
                    return true;
                }
            }
        }
        return false;
    }

    /** Changes si_addr, or si_call_addr, of the signal that a thread stopped for. */
    public long setSignalAddress(int tid, long address) {
        long at = scratch.address() + SMALL;
        long result = ptrace(GETSIGINFO, tid, 0, at);
        if (result < 0) {
            return result;
        }
        NativeMemory.putLong(at + 16, address);
        return ptrace(SETSIGINFO, tid, 0, at);
    }

    /**
     * Reads the general registers in the order of {@code struct user_regs_struct}, of a thread that runs 32-bit code as well:
     * the set of registers is the caller's (arch_ptrace(), Linux 6.18), where PTRACE_GETREGSET's is the thread's.
     */
    public long getRegisters(int tid, long[] into) {
        long at = scratch.address() + REGISTERS;
        long result = ptrace(GETREGS, tid, 0, at);
        if (result < 0) {
            return result;
        }
        for (int i = 0; i < Registers.COUNT; i++) {
            into[i] = NativeMemory.getLong(at + 8L * i);
        }
        return 0;
    }

    /** Whether a stopped thread runs 64-bit code: of one that does not, the kernel has fewer and other registers to tell. */
    public boolean runs64Bit(int tid) {
        long at = scratch.address();
        NativeMemory.putLong(at + IOVEC, at + REGISTERS);
        NativeMemory.putLong(at + IOVEC + 8, Registers.COUNT * 8L);
        return ptrace(GETREGSET, tid, NT_PRSTATUS, at + IOVEC) < 0
                || NativeMemory.getLong(at + IOVEC + 8) == Registers.COUNT * 8L;
    }

    public long setRegisters(int tid, long[] from) {
        long at = scratch.address() + REGISTERS;
        for (int i = 0; i < Registers.COUNT; i++) {
            NativeMemory.putLong(at + 8L * i, from[i]);
        }
        return ptrace(SETREGS, tid, 0, at);
    }

    /**
     * Reads the extended state (XSAVE, standard format), without its trailing zero bytes: most of it is the untouched
     * part of wide registers.
     *
     * @return the bytes, or null when the thread is gone
     */
    public byte @Nullable [] getXstate(int tid) {
        long at = scratch.address();
        NativeMemory.putLong(at + IOVEC, at + XSTATE);
        NativeMemory.putLong(at + IOVEC + 8, XSTATE_MAX);
        if (ptrace(GETREGSET, tid, NT_X86_XSTATE, at + IOVEC) < 0) {
            return null;
        }
        int length = (int) NativeMemory.getLong(at + IOVEC + 8);
        while (length > 0 && NativeMemory.getByte(at + XSTATE + length - 1) == 0) {
            length--;
        }
        byte[] state = new byte[length];
        NativeMemory.copyOut(at + XSTATE, state, 0, length);
        return state;
    }

    /** Bytes of extended state that this kernel and CPU give a thread. */
    public int xstateSize(int tid) {
        long at = scratch.address();
        NativeMemory.putLong(at + IOVEC, at + XSTATE);
        NativeMemory.putLong(at + IOVEC + 8, XSTATE_MAX);
        return ptrace(GETREGSET, tid, NT_X86_XSTATE, at + IOVEC) < 0 ? 0 : (int) NativeMemory.getLong(at + IOVEC + 8);
    }

    /** Writes the extended state; missing trailing bytes are zero. The kernel takes exactly its own size. */
    public long setXstate(int tid, byte[] state) {
        int size = xstateSize(tid);
        if (size == 0) {
            return -Linux.ESRCH;
        }
        if (state.length > size) {
            return -Linux.EINVAL;
        }
        long at = scratch.address();
        NativeMemory.zero(at + XSTATE, size);
        NativeMemory.copyIn(at + XSTATE, state, 0, state.length);
        NativeMemory.putLong(at + IOVEC, at + XSTATE);
        NativeMemory.putLong(at + IOVEC + 8, size);
        return ptrace(SETREGSET, tid, NT_X86_XSTATE, at + IOVEC);
    }

    /** The thread's restartable sequence area: {@code {address, length, signature}}, address 0 if none (Linux 5.13). */
    public long[] rseq(int tid) {
        long at = scratch.address() + SMALL;
        NativeMemory.zero(at, 32);
        long result = ptrace(GET_RSEQ_CONFIGURATION, tid, 24, at);
        if (result < 0) {
            return new long[3];
        }
        return new long[] {
            NativeMemory.getLong(at), NativeMemory.getInt(at + 8), NativeMemory.getInt(at + 12) & 0xffffffffL
        };
    }

    /** Waits for {@code tid} to stop or end. The thread's id, or {@code -errno}. */
    public long waitFor(int tid) {
        return wait(tid, WALL);
    }

    /** As {@link #waitFor} without waiting: 0 if it has neither stopped nor ended since it was last told. */
    public long poll(int tid) {
        return wait(tid, WALL | WNOHANG);
    }

    /** Takes one stopped or ended tracee without waiting: its id, 0 if there is none, or {@code -errno}. */
    public long poll() {
        return wait(-1, WALL | WNOHANG);
    }

    private long wait(int tid, int options) {
        long at = scratch.address() + STATUS;
        while (true) {
            long result = Linux.call(Linux.NR_WAIT4, tid, at, options, 0, 0, 0);
            if (result != -Linux.EINTR) {
                lastStatus = NativeMemory.getInt(at);
                return result;
            }
        }
    }

    public int lastStatus() {
        return lastStatus;
    }

    public static boolean stopped(int status) {
        return (status & 0xff) == 0x7f;
    }

    public static int stopSignal(int status) {
        return (status >> 8) & 0xff;
    }

    public static int event(int status) {
        return status >>> 16;
    }

    /** Waits, on any thread, until some tracee or child has something to report, and leaves it to be taken. */
    public static long awaitAny(long siginfoAddress) {
        int exited = 4;
        int stoppedFlag = 2;
        int leave = 0x01000000;
        return Linux.call(Linux.NR_WAITID, 0, 0, siginfoAddress, exited | stoppedFlag | leave | WALL, 0, 0);
    }

    /**
     * Takes, on any thread and without waiting, the end of a tracee, and leaves a stop to be taken.
     *
     * @param siginfoAddress 128 bytes of scratch memory
     * @return its status as of wait(2); negative if it has not ended, or somebody else has taken it
     */
    public static long takeEnd(int tid, long siginfoAddress) {
        int pidType = 1;
        int exited = 4;
        int leave = 0x01000000;
        int killedCode = 2;
        int dumpedCode = 3;
        NativeMemory.zero(siginfoAddress, SIGINFO_BYTES);
        // Of a tracee wait(2) takes stops too, whatever it is asked for.
        long there = Linux.call(Linux.NR_WAITID, pidType, tid, siginfoAddress, exited | WNOHANG | leave | WALL, 0, 0);
        int code = NativeMemory.getInt(siginfoAddress + 8);
        if (there < 0 || code < 1 || code > dumpedCode) {
            return -1;
        }
        long taken = Linux.call(Linux.NR_WAITID, pidType, tid, siginfoAddress, exited | WNOHANG | WALL, 0, 0);
        int status = NativeMemory.getInt(siginfoAddress + 24);
        if (taken < 0) {
            return taken;
        }
        return code < killedCode ? (status & 0xff) << 8 : status | (code == dumpedCode ? 0x80 : 0);
    }

    @Override
    public void close() {
        scratch.close();
    }

    /** Indexes into {@code struct user_regs_struct} (asm/user_64.h). */
    public static final class Registers {
        public static final int COUNT = 27;
        public static final int R12 = 3;
        public static final int R11 = 6;
        public static final int RBX = 5;
        public static final int RAX = 10;
        public static final int RCX = 11;
        public static final int RDX = 12;
        public static final int RSI = 13;
        public static final int RDI = 14;
        public static final int R10 = 7;
        public static final int R9 = 8;
        public static final int R8 = 9;
        public static final int ORIG_RAX = 15;
        public static final int RIP = 16;
        public static final int CS = 17;
        public static final int EFLAGS = 18;
        public static final int RSP = 19;

        /** In {@link #CS}: 64-bit code of user mode (__USER_CS). */
        public static final long CODE_64 = 0x33;

        /** The trap flag in {@link #EFLAGS}: a SIGTRAP after each instruction. */
        public static final long TRAP_FLAG = 0x100;

        private static final int[] ARGUMENTS = {RDI, RSI, RDX, R10, R8, R9};

        private Registers() {}

        /** Puts system call {@code nr} with its arguments into {@code registers}. */
        public static void setCall(long[] registers, long nr, long... args) {
            long[] padded = Arrays.copyOf(args, ARGUMENTS.length);
            registers[RAX] = nr;
            for (int i = 0; i < ARGUMENTS.length; i++) {
                registers[ARGUMENTS[i]] = padded[i];
            }
        }

        /** The six arguments of the system call that {@code registers} are in. */
        public static long[] callArguments(long[] registers) {
            return Arrays.stream(ARGUMENTS).mapToLong(slot -> registers[slot]).toArray();
        }
    }
}
