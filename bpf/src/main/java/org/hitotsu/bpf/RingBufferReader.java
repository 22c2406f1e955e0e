package org.hitotsu.bpf;

import com.sun.jna.Pointer;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.hitotsu.bpf.impl.Errno;
import org.hitotsu.bpf.impl.Libc;

/**
 * Consumer of a BPF ring buffer (BPF_MAP_TYPE_RINGBUF) through its mapped pages: no native call and no allocation per
 * record or per poll.
 *
 * <p>Layout (kernel/bpf/ringbuf.c, ABI since Linux 5.8): the page at file offset 0 holds the consumer position and is
 * writable; the page after it holds the producer position; then follow the data pages, mapped twice in a row, so that a
 * record which wraps around is still contiguous. Positions are byte counts which only grow; {@code position &
 * (size - 1)} is the index. A record is a header (u32 length with the two flag bits, u32 page offset) and its data, and
 * takes a multiple of 8 bytes.
 *
 * <p>Ordering. The producer raises its position when it <em>reserves</em>, so a visible record may still be BUSY; it
 * clears BUSY when it commits. Position and header are therefore both loaded with acquire, and the walk stops at the
 * first busy record to keep reservation order. The consumer position is stored with release after the handler returned:
 * from then on the producer may overwrite the record.
 *
 * <p>One consumer per ring. Confined to one thread at a time, {@link #close} included: a poll after the pages are
 * unmapped would crash the JVM, so a closed reader answers 0.
 */
public final class RingBufferReader implements AutoCloseable {

    static final int BUSY = 1 << 31;
    static final int DISCARD = 1 << 30;
    static final int HEADER_BYTES = 8;
    private static final int LENGTH_MASK = ~(BUSY | DISCARD);

    /** Two mappings of the data and a page fit one ByteBuffer. */
    private static final int MAX_RING_BYTES = 512 << 20;

    private static final VarHandle LONG = MethodHandles.byteBufferViewVarHandle(long[].class, ByteOrder.nativeOrder());
    private static final VarHandle INT = MethodHandles.byteBufferViewVarHandle(int[].class, ByteOrder.nativeOrder());

    private final ByteBuffer consumer;
    private final ByteBuffer producer;
    private final int dataOffset;
    private final int mask;
    private final Runnable unmap;
    private long position;
    private boolean polling;
    private boolean closed;

    /**
     * @param consumer at least 8 bytes; the consumer position is at 0
     * @param producer the producer position at 0, the data from {@code dataOffset}, twice
     * @param dataOffset bytes
     * @param ringBytes size of the data, a power of two
     * @param unmap called once by close
     */
    RingBufferReader(ByteBuffer consumer, ByteBuffer producer, int dataOffset, int ringBytes, Runnable unmap) {
        if (Integer.bitCount(ringBytes) != 1 || producer.capacity() < dataOffset + 2L * ringBytes) {
            throw new IllegalArgumentException("not a ring of " + ringBytes + " bytes mapped twice");
        }
        this.consumer = consumer.order(ByteOrder.nativeOrder());
        this.producer = producer.order(ByteOrder.nativeOrder());
        this.dataOffset = dataOffset;
        this.mask = ringBytes - 1;
        this.unmap = unmap;
        // A ring that had another consumer before goes on where that one stopped.
        this.position = (long) LONG.getAcquire(consumer, 0);
    }

    /**
     * Maps the ring behind a map descriptor. The descriptor may be closed afterwards.
     *
     * @param name of the map, for the message
     * @param fd a BPF_MAP_TYPE_RINGBUF
     * @param ringBytes its max_entries, a power of two and a multiple of the page size, at most 512 MiB
     * @throws BpfUnavailableException if it cannot be mapped
     */
    public static RingBufferReader map(String name, int fd, int ringBytes) throws BpfUnavailableException {
        if (ringBytes <= 0 || ringBytes > MAX_RING_BYTES) {
            throw new IllegalArgumentException("a ring of " + ringBytes + " bytes does not fit a ByteBuffer");
        }
        int page = Libc.getpagesize();
        long producerBytes = page + 2L * ringBytes;
        long consumer = Libc.mmap(0, page, Libc.PROT_READ | Libc.PROT_WRITE, Libc.MAP_SHARED, fd, 0);
        if (consumer == Libc.MAP_FAILED) {
            throw cannotMap(name);
        }
        long producer = Libc.mmap(0, producerBytes, Libc.PROT_READ, Libc.MAP_SHARED, fd, page);
        if (producer == Libc.MAP_FAILED) {
            BpfUnavailableException failure = cannotMap(name);
            Libc.munmap(consumer, page);
            throw failure;
        }
        return new RingBufferReader(
                new Pointer(consumer).getByteBuffer(0, page),
                new Pointer(producer).getByteBuffer(0, producerBytes),
                page,
                ringBytes,
                () -> {
                    Libc.munmap(consumer, page);
                    Libc.munmap(producer, producerBytes);
                });
    }

    private static BpfUnavailableException cannotMap(String name) {
        int errno = -Errno.last();
        return new BpfUnavailableException(name, "map the ring buffer", errno, null, Errno.remedy(errno), "");
    }

    /**
     * Hands committed records to {@code handler} until the ring is drained, a record is still being written, or
     * {@code maxRecords} were looked at. Returns at once when there is none. If the handler throws, its record is
     * consumed. A handler may close the reader; a poll from within a handler answers 0.
     *
     * @param maxRecords bound on the work of one call, discarded records included
     * @return how many records the handler got
     */
    public int poll(RecordHandler handler, int maxRecords) {
        if (closed || polling) {
            return 0;
        }
        polling = true;
        try {
            return drain(handler, maxRecords);
        } finally {
            polling = false;
            if (closed) {
                unmap.run();
            }
        }
    }

    private int drain(RecordHandler handler, int maxRecords) {
        ByteBuffer data = producer;
        long at = position;
        int delivered = 0;
        int budget = maxRecords;
        try {
            // Outer loop: the producer writes its position's cache line; look again only when caught up.
            while (budget > 0) {
                long end = (long) LONG.getAcquire(data, 0);
                if (at >= end) {
                    break;
                }
                while (at < end && budget > 0 && !closed) {
                    int index = dataOffset + (int) (at & mask);
                    int header = (int) INT.getAcquire(data, index);
                    if (header < 0) {
                        return delivered;
                    }
                    int length = header & LENGTH_MASK;
                    at += (length + HEADER_BYTES + 7) & ~7;
                    budget--;
                    if ((header & DISCARD) == 0) {
                        delivered++;
                        handler.onRecord(data, index + HEADER_BYTES, length);
                    }
                    LONG.setRelease(consumer, 0, at);
                }
                if (closed) {
                    break;
                }
            }
        } finally {
            // A handler that threw has had its record.
            position = at;
            LONG.setRelease(consumer, 0, at);
        }
        return delivered;
    }

    /** Bytes reserved by producers and not consumed yet, headers included; 0 when closed. */
    public long available() {
        return closed ? 0 : (long) LONG.getAcquire(producer, 0) - position;
    }

    /** Size of the ring in bytes. */
    public int capacity() {
        return mask + 1;
    }

    /** Unmaps the ring. Records not polled yet are lost. */
    @Override
    public void close() {
        if (!closed) {
            closed = true;
            // Called by a handler: the pages are in use until its poll returns.
            if (!polling) {
                unmap.run();
            }
        }
    }
}
