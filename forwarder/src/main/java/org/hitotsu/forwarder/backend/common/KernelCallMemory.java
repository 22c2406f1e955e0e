package org.hitotsu.forwarder.backend.common;

import io.vertx.core.Context;
import io.vertx.core.Future;
import java.util.Optional;
import org.hitotsu.forwarder.backend.CallMemory;
import org.hitotsu.forwarder.nativecall.Linux;
import org.hitotsu.forwarder.nativecall.NativeMemory;
import org.jspecify.annotations.Nullable;

/**
 * By process_vm_readv(2) and its counterpart, which wait for a page that is missing, as long as the page protocol takes: so
 * on a worker thread, which has nothing else to do. It is in the kernel then, and holds up no garbage collection.
 */
public final class KernelCallMemory implements CallMemory {
    private static final int VECTORS = 32;

    private final Context context;

    public KernelCallMemory(Context context) {
        this.context = context;
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
        try (NativeMemory memory = new NativeMemory(VECTORS + bytes.length)) {
            long local = memory.address();
            long data = local + VECTORS;
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
