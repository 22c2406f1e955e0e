package org.hitotsu.forwarder.backend;

import io.vertx.core.Future;
import org.jspecify.annotations.Nullable;

/**
 * The memory of a program as its system calls see it: a page which is on another node is waited for. Event loop only; what
 * is asked may take long, and nothing else waits for it.
 */
public interface CallMemory {
    /** Reads as a system call of {@code tid} would. Null if it can't be read. */
    Future<byte @Nullable []> read(int tid, long address, int length);

    /** Writes in the same way; false if it can't be written. */
    Future<Boolean> write(int tid, long address, byte[] bytes);
}
