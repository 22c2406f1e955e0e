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
 * has parked threads, and lets it go else.
 *
 * <p>One thread at a time.
 */
final class HitotsuDevice implements ThreadRequests, AutoCloseable {
    /** An upper bound of the extended state (AMX tiles included), bytes. */
    private static final int XSTATE_MAX = 16384;

    private static final int REGISTERS_AT = 128;
    private static final int XSTATE_AT = 512;

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

    @Override
    public long park(int tid) {
        return thread(IOC_PARK, tid, 0, 0);
    }

    @Override
    public long interrupt(int tid) {
        return thread(IOC_INTERRUPT, tid, 0, 0);
    }

    @Override
    public long inject(int tid, long sequence, long result) {
        return thread(IOC_INJECT, tid, (int) sequence, result);
    }

    @Override
    public long proceed(int tid, long sequence, boolean report) {
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

    @Override
    public long exec(int tid, long nr, long... args) {
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

    @Override
    public Captured image(int tid) throws KernelException {
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

    @Override
    public long resume(int tid, @Nullable ThreadImage image, int mode) {
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
