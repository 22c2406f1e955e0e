package org.hitotsu.forwarder.backend.common;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.hitotsu.forwarder.backend.ProcessorPort;
import org.hitotsu.forwarder.nativecall.Linux;
import org.hitotsu.forwarder.nativecall.NativeMemory;

/**
 * This computer's processors, by the daemon's own system calls, which the kernel lets it make for other processes' threads.
 */
public final class KernelProcessors implements ProcessorPort {
    private static final Path POSSIBLE = Path.of("/sys/devices/system/cpu/possible");
    /** More than the 8192 processors that the largest x86-64 kernel is built for (NR_CPUS). */
    private static final int LARGEST_MASK = 8192;

    @Override
    public int numbers() {
        try {
            return highest(Files.readString(POSSIBLE)) + 1;
        } catch (IOException e) {
            return 8 * maskBytes();
        }
    }

    /** The last number of a list such as {@code 0-3,6}, which is in ascending order. */
    static int highest(String list) {
        String[] numbers = list.strip().split("[-,]");
        return Integer.parseInt(numbers[numbers.length - 1]);
    }

    /** sched_getaffinity answers how long they are. */
    @Override
    public int maskBytes() {
        try (NativeMemory mask = new NativeMemory(LARGEST_MASK)) {
            return (int) Linux.call(Linux.NR_SCHED_GETAFFINITY, 0, LARGEST_MASK, mask.address());
        }
    }

    @Override
    public long allowed(int tid, byte[] mask) {
        try (NativeMemory buffer = new NativeMemory(mask.length)) {
            long result = Linux.call(Linux.NR_SCHED_GETAFFINITY, tid, mask.length, buffer.address());
            if (result < 0) {
                return result;
            }
            NativeMemory.copyOut(buffer.address(), mask, 0, mask.length);
            return 0;
        }
    }

    @Override
    public long allow(int tid, byte[] mask) {
        try (NativeMemory buffer = new NativeMemory(mask.length)) {
            NativeMemory.copyIn(buffer.address(), mask, 0, mask.length);
            return Linux.call(Linux.NR_SCHED_SETAFFINITY, tid, mask.length, buffer.address());
        }
    }
}
