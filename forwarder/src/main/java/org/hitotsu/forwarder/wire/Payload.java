package org.hitotsu.forwarder.wire;

import java.util.Arrays;
import java.util.Objects;

/**
 * Raw bytes that travel behind a frame's header: a list of slices, in order.
 *
 * <p>The slices are referred to, not copied, until the frame is sent; a send has copied them before it returns, so the
 * arrays may be reused right after it. Not thread-safe; a payload belongs to the thread that builds it.
 */
public final class Payload {

    /** No bytes. Must not be added to. */
    public static final Payload EMPTY = new Payload(0);

    private byte[][] arrays;
    private int[] offsets;
    private int[] lengths;
    private int count;
    private int bytes;

    private Payload(int capacity) {
        arrays = new byte[capacity][];
        offsets = new int[capacity];
        lengths = new int[capacity];
    }

    /** An empty payload to add to, with room for {@code slices} slices before it grows. */
    public static Payload withCapacity(int slices) {
        return new Payload(Math.max(1, slices));
    }

    /** A payload of the whole of {@code array}. */
    public static Payload of(byte[] array) {
        return of(array, 0, array.length);
    }

    /** A payload of {@code length} bytes of {@code array} from {@code offset}. */
    public static Payload of(byte[] array, int offset, int length) {
        return withCapacity(1).add(array, offset, length);
    }

    /**
     * Adds {@code length} bytes of {@code array} from {@code offset} behind what is there.
     *
     * @return this
     * @throws IndexOutOfBoundsException if the range is not inside the array
     * @throws ArithmeticException if the payload would exceed {@link Integer#MAX_VALUE} bytes
     */
    public Payload add(byte[] array, int offset, int length) {
        if (this == EMPTY) {
            throw new UnsupportedOperationException("Payload.EMPTY is shared; start with withCapacity");
        }
        Objects.checkFromIndexSize(offset, length, array.length);
        int total = Math.addExact(bytes, length);
        if (count == arrays.length) {
            int grown = count * 2;
            arrays = Arrays.copyOf(arrays, grown);
            offsets = Arrays.copyOf(offsets, grown);
            lengths = Arrays.copyOf(lengths, grown);
        }
        arrays[count] = array;
        offsets[count] = offset;
        lengths[count] = length;
        count++;
        bytes = total;
        return this;
    }

    /** Sum of the lengths of the slices, in bytes. */
    public int length() {
        return bytes;
    }

    /** Number of slices. */
    public int slices() {
        return count;
    }

    /** The array of slice {@code i}. */
    public byte[] array(int i) {
        return arrays[i];
    }

    /** Where slice {@code i} starts in its array. */
    public int offset(int i) {
        return offsets[i];
    }

    /** Length of slice {@code i}, in bytes. */
    public int length(int i) {
        return lengths[i];
    }
}
