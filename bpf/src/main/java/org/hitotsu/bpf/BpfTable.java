package org.hitotsu.bpf;

import com.sun.jna.Memory;
import com.sun.jna.Pointer;
import org.hitotsu.bpf.impl.BpfSyscall;
import org.hitotsu.bpf.impl.Errno;
import org.hitotsu.bpf.spi.MapInfo;
import org.jspecify.annotations.Nullable;

/**
 * A map of a loaded object as a table. Keys and values are byte strings of the map's sizes, or integers: the {@code
 * long} forms take keys and values of 4 or 8 bytes. Errors that are normal (no such key, already there, full) are
 * answers and not exceptions, and the {@code long} forms allocate nothing. Confined to one thread at a time.
 */
public final class BpfTable implements AutoCloseable {

    /** Takes an entry of {@link #forEach}. */
    @FunctionalInterface
    public interface EntryVisitor {
        /** Copies of the entry's bytes; per-CPU values one after the other, each padded to 8 bytes. */
        void entry(byte[] key, byte[] value);
    }

    private final MapInfo map;
    private final int valueBytes;
    private final BpfSyscall bpf = new BpfSyscall();
    private final Memory key;
    private final Memory nextKey;
    private final Memory value;
    private boolean closed;

    BpfTable(MapInfo map, int possibleCpus) {
        this.map = map;
        this.valueBytes = map.perCpu() ? ((map.valueSize() + 7) & ~7) * possibleCpus : map.valueSize();
        this.key = new Memory(Math.max(8, map.keySize()));
        this.nextKey = new Memory(Math.max(8, map.keySize()));
        this.value = new Memory(Math.max(8, valueBytes));
    }

    /** The map's name. */
    public String name() {
        return map.name();
    }

    /** Bytes in a key. */
    public int keySize() {
        return map.keySize();
    }

    /** Bytes in a value, over all CPUs for a per-CPU map. */
    public int valueSize() {
        return valueBytes;
    }

    /** How many entries fit. */
    public int maxEntries() {
        return map.maxEntries();
    }

    /** The value at this key, or {@code missing} if there is none. */
    public long get(long key, long missing) {
        requireInteger(map.valueSize());
        setKey(key);
        int result = lookup();
        if (result < 0) {
            return missing(result, missing);
        }
        return readValue(0);
    }

    /** The sum of a per-CPU counter over all possible CPUs; 0 if there is no such key. */
    public long sum(long key) {
        requireInteger(map.valueSize());
        setKey(key);
        int result = lookup();
        if (result < 0) {
            return missing(result, 0);
        }
        long sum = 0;
        int stride = (map.valueSize() + 7) & ~7;
        for (int at = 0; at < valueBytes; at += stride) {
            sum += readValue(at);
        }
        return sum;
    }

    /** Whether there is such a key. */
    public boolean contains(long key) {
        setKey(key);
        int result = lookup();
        return result == 0 || missing(result, 0) != 0;
    }

    /** Sets an entry, new or not. Returns 0 or a negative errno: -E2BIG if the table is full. */
    public int put(long key, long value) {
        requireInteger(valueBytes);
        setKey(key);
        if (valueBytes == 4) {
            this.value.setInt(0, (int) value);
        } else {
            this.value.setLong(0, value);
        }
        return update();
    }

    /** Sets an entry, new or not, to a value of all zeroes, whatever its size. Returns 0 or a negative errno. */
    public int putZero(long key) {
        setKey(key);
        value.clear();
        return update();
    }

    /** Removes an entry. Returns 0 or a negative errno: -ENOENT if there is none. */
    public int delete(long key) {
        setKey(key);
        return delete();
    }

    /** The value at this key, or null. */
    public byte @Nullable [] get(byte[] key) {
        setKey(key);
        int result = lookup();
        if (result < 0) {
            missing(result, 0);
            return null;
        }
        return value.getByteArray(0, valueBytes);
    }

    /** Sets an entry, new or not. Returns 0 or a negative errno. */
    public int put(byte[] key, byte[] value) {
        if (value.length != valueBytes) {
            throw new IllegalArgumentException(map.name() + " has values of " + valueBytes + " bytes");
        }
        setKey(key);
        this.value.write(0, value, 0, value.length);
        return update();
    }

    /** Removes an entry. Returns 0 or a negative errno. */
    public int delete(byte[] key) {
        setKey(key);
        return delete();
    }

    /**
     * Visits the entries in the kernel's order. Weakly consistent: entries that come and go meanwhile may or may not be
     * seen, and a hash whose current key is deleted meanwhile begins anew, so an entry may come twice.
     */
    public void forEach(EntryVisitor visitor) {
        requireOpen();
        long from = 0;
        while (bpf.map(BpfSyscall.MAP_GET_NEXT_KEY, map.fd(), from, Pointer.nativeValue(nextKey), 0) == 0) {
            byte[] bytes = nextKey.getByteArray(0, map.keySize());
            byte[] found = get(bytes);
            // The visitor may use this table, so the key is put in place again behind it.
            if (found != null) {
                visitor.entry(bytes, found);
            }
            setKey(bytes);
            from = Pointer.nativeValue(key);
        }
    }

    /** Removes every entry. */
    public void clear() {
        requireOpen();
        while (bpf.map(BpfSyscall.MAP_GET_NEXT_KEY, map.fd(), 0, Pointer.nativeValue(key), 0) == 0) {
            int result = delete();
            if (result < 0 && result != -Errno.ENOENT) {
                throw failed("delete", result);
            }
        }
    }

    private int lookup() {
        return bpf.map(BpfSyscall.MAP_LOOKUP_ELEM, map.fd(), Pointer.nativeValue(key), Pointer.nativeValue(value), 0);
    }

    private int update() {
        return bpf.map(BpfSyscall.MAP_UPDATE_ELEM, map.fd(), Pointer.nativeValue(key), Pointer.nativeValue(value), 0);
    }

    private int delete() {
        return bpf.map(BpfSyscall.MAP_DELETE_ELEM, map.fd(), Pointer.nativeValue(key), 0, 0);
    }

    private long missing(int result, long answer) {
        if (result != -Errno.ENOENT) {
            throw failed("lookup", result);
        }
        return answer;
    }

    private IllegalStateException failed(String operation, int result) {
        return new IllegalStateException(operation + " in BPF map " + map.name() + ": " + Errno.describe(-result));
    }

    private void setKey(long key) {
        requireOpen();
        requireInteger(map.keySize());
        if (map.keySize() == 4) {
            this.key.setInt(0, (int) key);
        } else {
            this.key.setLong(0, key);
        }
    }

    private void setKey(byte[] key) {
        requireOpen();
        if (key.length != map.keySize()) {
            throw new IllegalArgumentException(map.name() + " has keys of " + map.keySize() + " bytes");
        }
        this.key.write(0, key, 0, key.length);
    }

    private long readValue(int at) {
        return map.valueSize() == 4 ? Integer.toUnsignedLong(value.getInt(at)) : value.getLong(at);
    }

    private void requireInteger(int size) {
        if (size != 4 && size != 8) {
            throw new IllegalStateException(map.name() + ": " + size + " bytes are not an integer");
        }
    }

    /** The buffers are plain memory: a write into freed ones would end the JVM, not throw. */
    private void requireOpen() {
        if (closed) {
            throw new IllegalStateException("BPF map " + map.name() + " is closed");
        }
    }

    /** Frees the buffers; the map lives as long as its object. */
    @Override
    public void close() {
        closed = true;
        key.close();
        nextKey.close();
        value.close();
    }
}
