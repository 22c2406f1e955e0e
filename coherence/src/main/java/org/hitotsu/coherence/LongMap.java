package org.hitotsu.coherence;

import java.util.Arrays;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A map from page numbers to objects: open addressing, linear probing, deletion by shifting back (Knuth, TAOCP 3, 6.4
 * algorithm R), so that there are no tombstones. Boxes nothing. Shrinks, because a share may track a million pages and
 * then none.
 */
final class LongMap<V> {

    private static final int MIN_CAPACITY = 16;

    private long[] keys;
    private @Nullable Object[] values;
    private int size;
    private int shift;

    LongMap() {
        keys = new long[MIN_CAPACITY];
        values = new Object[MIN_CAPACITY];
        shift = Long.SIZE - Integer.numberOfTrailingZeros(MIN_CAPACITY);
    }

    int size() {
        return size;
    }

    /** Slots of the table. */
    int capacity() {
        return keys.length;
    }

    @Nullable
    V get(long key) {
        int mask = keys.length - 1;
        for (int i = home(key); ; i = (i + 1) & mask) {
            Object value = values[i];
            if (value == null) {
                return null;
            }
            if (keys[i] == key) {
                return cast(value);
            }
        }
    }

    /** Adds a mapping. The key must not be in the map. */
    void put(long key, V value) {
        if ((size + 1) * 3 > keys.length * 2) {
            resize(keys.length * 2);
        }
        insert(key, value);
        size++;
    }

    void remove(long key) {
        int mask = keys.length - 1;
        int gap = home(key);
        while (values[gap] != null && keys[gap] != key) {
            gap = (gap + 1) & mask;
        }
        if (values[gap] == null) {
            return;
        }
        // An entry further on may move into the gap unless its home lies behind the gap, cyclically.
        for (int i = (gap + 1) & mask; values[i] != null; i = (i + 1) & mask) {
            if (((i - home(keys[i])) & mask) >= ((i - gap) & mask)) {
                keys[gap] = keys[i];
                values[gap] = values[i];
                gap = i;
            }
        }
        values[gap] = null;
        size--;
        if (keys.length > MIN_CAPACITY && size * 8 < keys.length) {
            resize(keys.length / 2);
        }
    }

    void clear() {
        keys = new long[MIN_CAPACITY];
        values = new Object[MIN_CAPACITY];
        shift = Long.SIZE - Integer.numberOfTrailingZeros(MIN_CAPACITY);
        size = 0;
    }

    /**
     * The keys in a range, ascending. Costs the smaller of the range and the table, so that it may be asked of the whole
     * address space.
     */
    long[] keysIn(long first, long count) {
        long[] found = new long[(int) Math.min(count, size)];
        int n = 0;
        if (count <= keys.length) {
            for (long key = first; key < first + count && n < found.length; key++) {
                if (get(key) != null) {
                    found[n++] = key;
                }
            }
        } else {
            for (int i = 0; i < keys.length; i++) {
                if (values[i] != null && keys[i] >= first && keys[i] - first < count) {
                    found[n++] = keys[i];
                }
            }
            Arrays.sort(found, 0, n);
        }
        return n == found.length ? found : Arrays.copyOf(found, n);
    }

    /** Visits all values in no particular order. The map must not change meanwhile. */
    void forEach(Consumer<? super V> visitor) {
        for (Object value : values) {
            if (value != null) {
                visitor.accept(cast(value));
            }
        }
    }

    private int home(long key) {
        return (int) ((key * 0x9E3779B97F4A7C15L) >>> shift);
    }

    private void insert(long key, Object value) {
        int mask = keys.length - 1;
        int i = home(key);
        while (values[i] != null) {
            i = (i + 1) & mask;
        }
        keys[i] = key;
        values[i] = value;
    }

    private void resize(int capacity) {
        long[] oldKeys = keys;
        @Nullable Object[] oldValues = values;
        keys = new long[capacity];
        values = new Object[capacity];
        shift = Long.SIZE - Integer.numberOfTrailingZeros(capacity);
        for (int i = 0; i < oldKeys.length; i++) {
            Object value = oldValues[i];
            if (value != null) {
                insert(oldKeys[i], value);
            }
        }
    }

    @SuppressWarnings("unchecked") // only put() stores values
    private V cast(Object value) {
        return (V) value;
    }
}
