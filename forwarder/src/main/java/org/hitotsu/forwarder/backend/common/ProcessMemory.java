package org.hitotsu.forwarder.backend.common;

import java.util.List;
import org.hitotsu.forwarder.backend.common.VmaTable.Vma;
import org.hitotsu.forwarder.nativecall.Linux;
import org.hitotsu.forwarder.nativecall.NativeMemory;

/** Reads and writes a stopped program's memory through a descriptor of its /proc/PID/mem. Any thread. */
public final class ProcessMemory {
    private ProcessMemory() {}

    /** {@code length} bytes at {@code address}. */
    public static byte[] read(int memFd, long address, int length) throws KernelException {
        try (NativeMemory buffer = new NativeMemory(length)) {
            long got = Linux.call(Linux.NR_PREAD64, memFd, buffer.address(), length, address, 0, 0);
            if (got != length) {
                throw new KernelException("read the program's memory", got < 0 ? got : -Linux.EFAULT);
            }
            byte[] bytes = new byte[length];
            NativeMemory.copyOut(buffer.address(), bytes, 0, length);
            return bytes;
        }
    }

    /** Writes, whatever the mapping's protection is. */
    public static void write(int memFd, long address, byte[] bytes, int offset, int length) throws KernelException {
        try (NativeMemory buffer = new NativeMemory(length)) {
            NativeMemory.copyIn(buffer.address(), bytes, offset, length);
            long put = Linux.call(Linux.NR_PWRITE64, memFd, buffer.address(), length, address, 0, 0);
            if (put != length) {
                throw new KernelException("write the program's memory", put < 0 ? put : -Linux.EFAULT);
            }
        }
    }

    /** A {@code syscall} instruction in the program: the vdso has some, as fallbacks of its clocks. */
    public static long syscallInstruction(int memFd, List<Vma> maps) throws KernelException {
        for (Vma vma : maps) {
            if (vma.name().equals("[vdso]")) {
                byte[] text = read(memFd, vma.start(), (int) (vma.end() - vma.start()));
                for (int i = 0; i + 1 < text.length; i++) {
                    if (text[i] == 0x0f && text[i + 1] == 0x05) {
                        return vma.start() + i;
                    }
                }
            }
        }
        throw new KernelException("the program has no vdso to take a syscall instruction from; boot without vdso=0");
    }
}
