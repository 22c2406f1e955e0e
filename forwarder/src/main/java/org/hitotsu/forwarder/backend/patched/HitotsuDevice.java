package org.hitotsu.forwarder.backend.patched;

import static org.hitotsu.forwarder.backend.patched.PatchedLayout.*;

import org.hitotsu.forwarder.backend.ThreadImage;
import org.hitotsu.forwarder.backend.common.KernelException;
import org.hitotsu.forwarder.nativecall.Linux;
import org.hitotsu.forwarder.nativecall.NativeMemory;
import org.hitotsu.forwarder.nativecall.Ptrace.Registers;
import org.jspecify.annotations.Nullable;

/**
 * One open file of /dev/hitotsu, to which one process can be attached. Closing it ends that process if it is a shadow or
 * has parked threads, and lets it go else. Results follow {@link Linux}: {@code -ESRCH} for a thread that has ended,
 * {@code -EBUSY} for one in a state that does not allow the request.
 *
 * <p>One thread at a time. Every request returns at once but for an image, which waits some microseconds until the thread
 * has come to rest.
 */
final class HitotsuDevice implements AutoCloseable {
    /** An upper bound of the extended state (AMX tiles included), bytes. */
    private static final int XSTATE_MAX = 16384;

    private static final int REGISTERS_AT = 128;
    private static final int XSTATE_AT = 512;

    /**
     * A parked thread's image, and its restartable sequences' area.
     *
     * @param rseq its address, 0 if there is none
     */
    record Captured(ThreadImage image, long rseq, int rseqLength, int rseqSignature) {}

    private final int fd;
    /** Gone once this is closed, like the descriptor: the requests look first. */
    private final NativeMemory scratch = new NativeMemory(XSTATE_AT + XSTATE_MAX);

    private final long arg = scratch.address();
    private boolean closed;

    private HitotsuDevice(int fd) {
        this.fd = fd;
    }

    static HitotsuDevice open() throws KernelException {
        return new HitotsuDevice((int) KernelException.check("open " + DEVICE, Linux.open(DEVICE, Linux.O_RDWR)));
    }

    /** Which interface the kernel has. */
    long version() {
        return request(IOC_VERSION, 0);
    }

    /** @param shadow whether the process ends with this file */
    long attach(int pid, boolean shadow, long cookie) {
        if (closed) {
            return -Linux.ESRCH;
        }
        NativeMemory.putInt(arg + Attach.PID, pid);
        NativeMemory.putInt(arg + Attach.FLAGS, shadow ? SHADOW : 0);
        NativeMemory.putLong(arg + Attach.COOKIE, cookie);
        return request(IOC_ATTACH, arg);
    }

    /** Has a running or captured thread park; a PARKED event follows, or a TRAP that was faster, or EXITING. */
    long park(int tid) {
        return thread(IOC_PARK, tid, 0, 0);
    }

    /** Makes a call that the thread executes return as if interrupted; no-op if it executes none. */
    long interrupt(int tid) {
        return thread(IOC_INTERRUPT, tid, 0, 0);
    }

    /** Gives a captured call its result. */
    long inject(int tid, long sequence, long result) {
        return thread(IOC_INJECT, tid, (int) sequence, result);
    }

    /** @param report whether an EXECUTED event is to tell of the call's end */
    long proceed(int tid, long sequence, boolean report) {
        return thread(IOC_PROCEED, tid, report ? REPORT : 0, sequence & 0xffffffffL);
    }

    private long thread(long request, int tid, int flags, long value) {
        if (closed) {
            return -Linux.ESRCH;
        }
        NativeMemory.putInt(arg + ThreadArg.TID, tid);
        NativeMemory.putInt(arg + ThreadArg.FLAGS, flags);
        NativeMemory.putLong(arg + ThreadArg.VALUE, value);
        return request(request, arg);
    }

    /** Has a parked thread, or one captured at home, make a system call; an EXECUTED event follows. */
    long exec(int tid, long nr, long... args) {
        if (closed) {
            return -Linux.ESRCH;
        }
        NativeMemory.putLong(arg + Exec.TID, tid);
        NativeMemory.putLong(arg + Exec.NR, nr);
        for (int i = 0; i < 6; i++) {
            NativeMemory.putLong(arg + Exec.ARGS + 8L * i, i < args.length ? args[i] : 0);
        }
        return request(IOC_EXEC, arg);
    }

    /** The image of a parked thread. */
    Captured image(int tid) throws KernelException {
        if (closed) {
            throw new KernelException("take the image of thread " + tid, -Linux.ESRCH);
        }
        describe(tid, HOME, Registers.COUNT * 8, XSTATE_MAX);
        KernelException.check("take the image of thread " + tid, request(IOC_IMAGE, arg));
        long[] registers = new long[Registers.COUNT];
        for (int i = 0; i < registers.length; i++) {
            registers[i] = NativeMemory.getLong(arg + REGISTERS_AT + 8L * i);
        }
        int length = NativeMemory.getInt(arg + Image.XSTATE_SIZE);
        // Most of it is the untouched part of wide registers.
        while (length > 0 && NativeMemory.getByte(arg + XSTATE_AT + length - 1) == 0) {
            length--;
        }
        byte[] xstate = new byte[length];
        NativeMemory.copyOut(arg + XSTATE_AT, xstate, 0, length);
        return new Captured(
                new ThreadImage(registers, xstate),
                NativeMemory.getLong(arg + Image.RSEQ),
                NativeMemory.getInt(arg + Image.RSEQ_SIZE),
                NativeMemory.getInt(arg + Image.RSEQ_SIGNATURE));
    }

    /**
     * Lets a parked thread run.
     *
     * @param image what it goes on with; null for what it had when it was parked
     * @param mode {@code HOME} or {@code REMOTE}
     */
    long resume(int tid, @Nullable ThreadImage image, int mode) {
        if (closed) {
            return -Linux.ESRCH;
        }
        if (image == null) {
            describe(tid, mode, 0, 0);
            return request(IOC_RESUME, arg);
        }
        byte[] xstate = image.xstate();
        if (xstate.length > XSTATE_MAX) {
            return -Linux.EINVAL;
        }
        describe(tid, mode, Registers.COUNT * 8, xstate.length);
        for (int i = 0; i < Registers.COUNT; i++) {
            NativeMemory.putLong(arg + REGISTERS_AT + 8L * i, image.register(i));
        }
        // The kernel fills up what is not given with zeros.
        NativeMemory.copyIn(arg + XSTATE_AT, xstate, 0, xstate.length);
        return request(IOC_RESUME, arg);
    }

    private void describe(int tid, int mode, int registersSize, int xstateSize) {
        NativeMemory.zero(arg, Image.SIZE);
        NativeMemory.putInt(arg + Image.TID, tid);
        NativeMemory.putInt(arg + Image.MODE, mode);
        NativeMemory.putLong(arg + Image.REGS, arg + REGISTERS_AT);
        NativeMemory.putLong(arg + Image.XSTATE, arg + XSTATE_AT);
        NativeMemory.putInt(arg + Image.REGS_SIZE, registersSize);
        NativeMemory.putInt(arg + Image.XSTATE_SIZE, xstateSize);
    }

    private long request(long request, long argument) {
        return closed ? -Linux.ESRCH : Linux.ioctl(fd, request, argument);
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            Linux.close(fd);
            scratch.close();
        }
    }
}
