package org.hitotsu.forwarder.syscall;

/**
 * Memory that a system call is about to read or write, so that its pages can travel with the call.
 *
 * <p>A hint: the pointer may be null or wild and the length absurd, in which case the kernel answers EFAULT or the like,
 * and whoever uses the payload must get by without it. Memory beyond it faults page by page.
 *
 * @param argIndex which argument, 0 to 5, points to the memory
 * @param direction who reads and who writes it
 * @param lengthKind how its length is found
 * @param unit bytes of one item: the length itself for {@code FIXED}, the factor for {@code ARG}; 1 for other kinds
 * @param lengthArg for {@code ARG}, {@code BITS} and {@code IOVEC} the argument that counts the items; for {@code SOCKLEN}
 *     the argument that points to the length; -1 for other kinds
 * @param resultLimited the call's result, counted in items, limits how much was written
 */
public record Payload(
        int argIndex, Direction direction, LengthKind lengthKind, int unit, int lengthArg, boolean resultLimited) {

    /** Arguments of an x86-64 system call. */
    private static final int ARGUMENTS = 6;

    /** Which way the bytes flow, seen from the program. */
    public enum Direction {
        /** The kernel reads the memory. */
        IN,
        /** The kernel writes the memory. */
        OUT,
        /** The kernel reads, then writes it. */
        INOUT;

        /** Whether the kernel reads the memory. */
        public boolean reads() {
            return this != OUT;
        }

        /** Whether the kernel writes the memory. */
        public boolean writes() {
            return this != IN;
        }
    }

    /** How the length of a payload is found. */
    public enum LengthKind {
        /** Always {@code unit} bytes. */
        FIXED,
        /** {@code unit} times an argument. */
        ARG,
        /** An argument counts bits; whole 64-bit words (select's sets). */
        BITS,
        /** Up to and with the first NUL byte; the kernel stops at 4096 bytes for a path. */
        STRING,
        /** An argument counts the {@code struct iovec} (16 bytes each) at the pointer; they and what they name. */
        IOVEC,
        /** A {@code struct msghdr} (56 bytes) and what it names. */
        MSGHDR,
        /** An argument points to the length, 32 bits, which the kernel reads and writes too. */
        SOCKLEN
    }

    /**
     * Checks the contract above.
     *
     * @throws IllegalArgumentException if an index is out of range, or a member does not fit the kind
     */
    public Payload {
        if (argIndex < 0 || argIndex >= ARGUMENTS) {
            throw new IllegalArgumentException("argument " + argIndex + " of a system call with six");
        }
        boolean counted = lengthKind == LengthKind.ARG
                || lengthKind == LengthKind.BITS
                || lengthKind == LengthKind.IOVEC
                || lengthKind == LengthKind.SOCKLEN;
        if (counted ? lengthArg < 0 || lengthArg >= ARGUMENTS : lengthArg != -1) {
            throw new IllegalArgumentException(lengthKind + " with length argument " + lengthArg);
        }
        if (unit < 1 || unit > 4096) {
            throw new IllegalArgumentException(unit + " bytes an item, not 1 to 4096");
        }
        if (resultLimited && !direction.writes()) {
            throw new IllegalArgumentException("only what the kernel writes can be limited by the result");
        }
    }

    /**
     * Bytes of the memory behind the pointer itself, as far as the arguments alone tell.
     *
     * @param args the call's six arguments
     * @return bytes, for {@code IOVEC} and {@code MSGHDR} of the outer structure only; 0 if the pointer is null, or the
     *     count is zero, negative or so large that the product leaves 63 bits; -1 for {@code STRING} and {@code SOCKLEN},
     *     whose length is in memory
     */
    public long length(long[] args) {
        if (args[argIndex] == 0) {
            return 0;
        }
        return switch (lengthKind) {
            case FIXED -> unit;
            case ARG -> times(args[lengthArg], unit);
            case BITS -> args[lengthArg] <= 0 ? 0 : times((args[lengthArg] - 1) / 64 + 1, 8);
            case IOVEC -> times(args[lengthArg], 16);
            case MSGHDR -> 56;
            case STRING, SOCKLEN -> -1;
        };
    }

    /**
     * Bytes the kernel has written at the pointer, at most.
     *
     * @param args the call's six arguments
     * @param result what the call answered; negative is an errno
     * @return as {@link #length}, cut to the result where {@link #resultLimited}; 0 if the kernel only reads, or if the
     *     call failed and the result is the limit
     */
    public long written(long[] args, long result) {
        if (!direction.writes()) {
            return 0;
        }
        long length = length(args);
        if (!resultLimited || length <= 0 || lengthKind == LengthKind.IOVEC) {
            return length;
        }
        return Math.min(length, times(result, unit));
    }

    private static long times(long count, int bytes) {
        return count <= 0 || count > Long.MAX_VALUE / bytes ? 0 : count * bytes;
    }
}
