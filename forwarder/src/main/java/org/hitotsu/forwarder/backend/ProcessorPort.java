package org.hitotsu.forwarder.backend;

import io.vertx.core.Future;
import org.jspecify.annotations.Nullable;

/**
 * The processors that the origin's kernel lets threads of a program run on, and the memory in which the program gives and
 * takes masks of them. A mask has bit {@code n} of byte {@code n / 8} for processor {@code n}. Event loop only.
 */
public interface ProcessorPort {
    /** Processors that this kernel may ever have, numbered from 0 (cpu(4): possible); at least 1. */
    int numbers();

    /** Bytes of the kernel's own masks, a multiple of 8. */
    int maskBytes();

    /**
     * The processors a thread may run on.
     *
     * @param mask {@link #maskBytes} long, to be filled
     * @return 0 or {@code -errno}
     */
    long allowed(int tid, byte[] mask);

    /** Sets the processors a thread may run on, as sched_setaffinity(2) does. 0 or {@code -errno}. */
    long allow(int tid, byte[] mask);

    /**
     * Reads the program's memory as a system call of {@code tid} would: a page which is elsewhere is waited for. Null if it
     * can't be read. May take long; nothing else waits for it.
     */
    Future<byte @Nullable []> read(int tid, long address, int length);

    /** Writes in the same way; false if it can't be written. */
    Future<Boolean> write(int tid, long address, byte[] bytes);
}
