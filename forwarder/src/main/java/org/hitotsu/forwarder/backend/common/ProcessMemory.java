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
            read(memFd, address, buffer);
            byte[] bytes = new byte[length];
            NativeMemory.copyOut(buffer.address(), bytes, 0, length);
            return bytes;
        }
    }

    /** Writes, whatever the mapping's protection is. */
    public static void write(int memFd, long address, byte[] bytes, int offset, int length) throws KernelException {
        try (NativeMemory buffer = new NativeMemory(length)) {
            NativeMemory.copyIn(buffer.address(), bytes, offset, length);
            write(memFd, address, buffer);
        }
    }

    /** Fills {@code to} with what is at {@code address}. */
    public static void read(int memFd, long address, NativeMemory to) throws KernelException {
        transfer("read the program's memory", Linux.NR_PREAD64, memFd, address, to);
    }

    /** Writes all of {@code from}, whatever the mapping's protection is. */
    public static void write(int memFd, long address, NativeMemory from) throws KernelException {
        transfer("write the program's memory", Linux.NR_PWRITE64, memFd, address, from);
    }

    private static void transfer(String what, int nr, int memFd, long address, NativeMemory memory)
            throws KernelException {
        long done = Linux.call(nr, memFd, memory.address(), memory.size(), address, 0, 0);
        if (done != memory.size()) {
            throw new KernelException(what, done < 0 ? done : -Linux.EFAULT);
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
