package org.hitotsu.forwarder.backend;

/**
 * The processors that the origin's kernel lets threads of a program run on. A mask has bit {@code n} of byte {@code n / 8}
 * for processor {@code n}. Event loop only.
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
}
