package org.hitotsu.bpf;

import com.sun.jna.Memory;
import com.sun.jna.Pointer;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.hitotsu.bpf.impl.Libc;

/** The kernel's side of a BPF ring buffer in a memfd: pages laid out and mapped as the kernel does it. */
final class SimulatedRing implements AutoCloseable {

    private static final VarHandle LONG = MethodHandles.byteBufferViewVarHandle(long[].class, ByteOrder.nativeOrder());
    private static final VarHandle INT = MethodHandles.byteBufferViewVarHandle(int[].class, ByteOrder.nativeOrder());
    private static final int MAP_FIXED = 0x10;
    private static final int MAP_PRIVATE_ANONYMOUS = 0x22;
    private static final long MEMFD_CREATE = 319;
    private static final long FTRUNCATE = 77;

    private final int page = Libc.getpagesize();
    private final int bytes;
    private final long base;
    private final int fd;
    private final ByteBuffer consumer;
    private final ByteBuffer producer;

    SimulatedRing(int bytes) {
        this.bytes = bytes;
        try (Memory name = new Memory(8)) {
            name.setString(0, "ring");
            fd = (int) Libc.syscall(MEMFD_CREATE, Pointer.nativeValue(name), 0, 0);
        }
        Libc.syscall(FTRUNCATE, fd, 2L * page + bytes, 0);
        base = Libc.mmap(0, size(), 0, MAP_PRIVATE_ANONYMOUS, -1, 0);
        map(0, 2L * page + bytes, 0);
        map(2L * page + bytes, bytes, 2L * page);
        consumer = new Pointer(base).getByteBuffer(0, page).order(ByteOrder.nativeOrder());
        producer = new Pointer(base + page).getByteBuffer(0, page + 2L * bytes).order(ByteOrder.nativeOrder());
    }

    private long size() {
        return 2L * page + 2L * bytes;
    }

    private void map(long at, long length, long offset) {
        int flags = Libc.MAP_SHARED | MAP_FIXED;
        if (Libc.mmap(base + at, length, Libc.PROT_READ | Libc.PROT_WRITE, flags, fd, offset) != base + at) {
            throw new IllegalStateException("mmap");
        }
    }

    RingBufferReader reader() {
        return reader(() -> {});
    }

    RingBufferReader reader(Runnable unmap) {
        return new RingBufferReader(consumer.duplicate(), producer.duplicate(), page, bytes, unmap);
    }

    /** As __bpf_ringbuf_reserve: the header says BUSY before the position makes it visible. -1 if the ring is full. */
    synchronized long reserve(int length) {
        long at = producerPosition();
        int total = (length + RingBufferReader.HEADER_BYTES + 7) & ~7;
        if (at + total - consumerPosition() > bytes - 1) {
            return -1;
        }
        INT.set(producer, index(at), length | RingBufferReader.BUSY);
        LONG.setRelease(producer, 0, at + total);
        return at;
    }

    long reserveWhenFree(int length) {
        long at;
        while ((at = reserve(length)) < 0) {
            Thread.onSpinWait();
        }
        return at;
    }

    /** As bpf_ringbuf_commit: the whole record is filled with {@code content} before BUSY goes. */
    void commit(long at, long content, boolean discard) {
        int length = (int) INT.get(producer, index(at)) & ~RingBufferReader.BUSY;
        for (int i = 0; i + 8 <= length; i += 8) {
            producer.putLong(index(at) + RingBufferReader.HEADER_BYTES + i, content);
        }
        INT.setRelease(producer, index(at), discard ? length | RingBufferReader.DISCARD : length);
    }

    void write(int length, long content) {
        commit(reserve(length), content, false);
    }

    long producerPosition() {
        return (long) LONG.getAcquire(producer, 0);
    }

    long consumerPosition() {
        return (long) LONG.getAcquire(consumer, 0);
    }

    private int index(long position) {
        return page + (int) (position & (bytes - 1));
    }

    @Override
    public void close() {
        Libc.munmap(base, size());
        Libc.close(fd);
    }
}
