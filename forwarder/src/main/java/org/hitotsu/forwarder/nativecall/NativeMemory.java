package org.hitotsu.forwarder.nativecall;

import java.lang.reflect.Field;
import java.util.Objects;
import sun.misc.Unsafe;

/**
 * A block of memory outside the Java heap, and access to any such memory by address.
 *
 * <p>The static accessors check nothing: an address that is not mapped ends the daemon, and one that is registered
 * with userfaultfd would stop every Java thread at the next safepoint. Only memory which this process has allocated,
 * or a mailbox region which it has mapped itself, may be touched.
 */
public final class NativeMemory implements AutoCloseable {
    private static final Unsafe UNSAFE = unsafe();
    private static final long BYTES = Unsafe.ARRAY_BYTE_BASE_OFFSET;

    private long address;
    private final long size;

    /** Allocates {@code size} zeroed bytes. */
    public NativeMemory(long size) {
        this.size = size;
        this.address = UNSAFE.allocateMemory(size);
        UNSAFE.setMemory(address, size, (byte) 0);
    }

    static NativeMemory ofString(String text) {
        byte[] bytes = Linux.zeroTerminated(text);
        NativeMemory memory = new NativeMemory(bytes.length);
        copyIn(memory.address, bytes, 0, bytes.length);
        return memory;
    }

    public long address() {
        return address;
    }

    public long size() {
        return size;
    }

    @Override
    public void close() {
        if (address != 0) {
            UNSAFE.freeMemory(address);
            address = 0;
        }
    }

    public static int getInt(long address) {
        return UNSAFE.getInt(address);
    }

    public static int getIntVolatile(long address) {
        return UNSAFE.getIntVolatile(null, address);
    }

    public static void putInt(long address, int value) {
        UNSAFE.putInt(address, value);
    }

    public static void putIntVolatile(long address, int value) {
        UNSAFE.putIntVolatile(null, address, value);
    }

    public static long getLong(long address) {
        return UNSAFE.getLong(address);
    }

    public static void putLong(long address, long value) {
        UNSAFE.putLong(address, value);
    }

    public static short getShort(long address) {
        return UNSAFE.getShort(address);
    }

    public static void putShort(long address, short value) {
        UNSAFE.putShort(address, value);
    }

    public static byte getByte(long address) {
        return UNSAFE.getByte(address);
    }

    public static void putByte(long address, byte value) {
        UNSAFE.putByte(address, value);
    }

    /** Copies {@code length} bytes of {@code source} to memory; bounds of the array are checked. */
    public static void copyIn(long address, byte[] source, int offset, int length) {
        Objects.checkFromIndexSize(offset, length, source.length);
        UNSAFE.copyMemory(source, BYTES + offset, null, address, length);
    }

    /** Copies {@code length} bytes from memory to {@code target}; bounds of the array are checked. */
    public static void copyOut(long address, byte[] target, int offset, int length) {
        Objects.checkFromIndexSize(offset, length, target.length);
        UNSAFE.copyMemory(null, address, target, BYTES + offset, length);
    }

    public static void zero(long address, long length) {
        UNSAFE.setMemory(address, length, (byte) 0);
    }

    private static Unsafe unsafe() {
        try {
            Field field = Unsafe.class.getDeclaredField("theUnsafe");
            field.setAccessible(true);
            return (Unsafe) field.get(null);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }
}
