package org.hitotsu.forwarder.backend.common;

import io.vertx.core.Context;
import io.vertx.core.Future;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.hitotsu.forwarder.backend.ProcessorPort;
import org.hitotsu.forwarder.nativecall.Linux;
import org.hitotsu.forwarder.nativecall.NativeMemory;
import org.jspecify.annotations.Nullable;

/**
 * This computer's processors, by the daemon's own system calls, which the kernel lets it make for other processes' threads.
 *
 * <p>Memory is read and written by process_vm_readv(2) and its counterpart, which wait for a page that is missing, as long
 * as the page protocol takes: so on a worker thread, which has nothing else to do. It is in the kernel then, and holds up no
 * garbage collection.
 */
public final class KernelProcessors implements ProcessorPort {
    private static final Path POSSIBLE = Path.of("/sys/devices/system/cpu/possible");
    /** More than the 8192 processors that the largest x86-64 kernel is built for (NR_CPUS). */
    private static final int LARGEST_MASK = 8192;

    private final Context context;

    public KernelProcessors(Context context) {
        this.context = context;
    }

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

    @Override
    public Future<byte @Nullable []> read(int tid, long address, int length) {
        return context.<Optional<byte[]>>executeBlocking(
                        () -> {
                            byte[] bytes = new byte[length];
                            return transfer(Linux.NR_PROCESS_VM_READV, tid, address, bytes)
                                    ? Optional.of(bytes)
                                    : Optional.empty();
                        },
                        false)
                .map(read -> read.orElse(null));
    }

    @Override
    public Future<Boolean> write(int tid, long address, byte[] bytes) {
        return context.executeBlocking(() -> transfer(Linux.NR_PROCESS_VM_WRITEV, tid, address, bytes), false);
    }

    private static boolean transfer(long nr, int tid, long address, byte[] bytes) {
        int vectors = 32;
        try (NativeMemory memory = new NativeMemory(vectors + bytes.length)) {
            long local = memory.address();
            long data = local + vectors;
            NativeMemory.putLong(local, data);
            NativeMemory.putLong(local + 8, bytes.length);
            NativeMemory.putLong(local + 16, address);
            NativeMemory.putLong(local + 24, bytes.length);
            NativeMemory.copyIn(data, bytes, 0, bytes.length);
            boolean all = Linux.call(nr, tid, local, 1, local + 16, 1, 0) == bytes.length;
            NativeMemory.copyOut(data, bytes, 0, bytes.length);
            return all;
        }
    }
}
