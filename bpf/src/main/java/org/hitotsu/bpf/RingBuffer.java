package org.hitotsu.bpf;

import com.sun.jna.Memory;
import com.sun.jna.Pointer;
import org.hitotsu.bpf.impl.Errno;
import org.hitotsu.bpf.impl.Libc;

/**
 * A ring buffer of a loaded object with the handler of its records. Confined to one thread at a time.
 *
 * <p>Either put {@link #fd()} on an event loop and poll when it is readable, or poll in a loop of one's own (a poll that
 * finds nothing is two loads), or wait in {@link #await}.
 */
public final class RingBuffer implements AutoCloseable {

    private final int fd;
    private final RingBufferReader reader;
    private final RecordHandler handler;
    private final Memory pollFd = new Memory(8);
    private boolean closed;

    RingBuffer(int fd, RingBufferReader reader, RecordHandler handler) {
        this.fd = fd;
        this.reader = reader;
        this.handler = handler;
        pollFd.setInt(0, fd);
        pollFd.setShort(4, Libc.POLLIN);
    }

    /**
     * The ring's own descriptor, readable while records wait. Watch it <b>level-triggered</b>: the kernel skips the
     * wake-up of a reader which it believes to be behind, and only a level-triggered epoll looks again before it
     * sleeps. It belongs to the object: valid until the {@link Bpf} is closed, not to be closed by the caller.
     */
    public int fd() {
        return fd;
    }

    /**
     * Hands at most {@code maxRecords} records to the handler; never blocks.
     *
     * @return how many the handler got
     * @see RingBufferReader#poll
     */
    public int poll(int maxRecords) {
        return reader.poll(handler, maxRecords);
    }

    /**
     * Blocks until a record waits or the time is over. Not for event loops.
     *
     * @param timeoutMillis at most so long; negative: for ever
     * @return whether a record waits; false when closed
     */
    public boolean await(int timeoutMillis) {
        if (closed) {
            return false;
        }
        if (reader.available() > 0) {
            return true;
        }
        int ready = Libc.poll(Pointer.nativeValue(pollFd), 1, timeoutMillis);
        if (ready < 0 && Errno.last() != -Errno.EINTR) {
            throw new IllegalStateException("poll of a BPF ring buffer: " + Errno.describe(-Errno.last()));
        }
        return reader.available() > 0;
    }

    /** Bytes waiting, headers included. */
    public long available() {
        return reader.available();
    }

    /** Unmaps the ring; later polls answer 0. */
    @Override
    public void close() {
        closed = true;
        reader.close();
        pollFd.close();
    }
}
