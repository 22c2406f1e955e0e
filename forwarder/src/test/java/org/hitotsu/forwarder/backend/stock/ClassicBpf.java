package org.hitotsu.forwarder.backend.stock;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** What the kernel does with a seccomp filter (net/core/filter.c, kernel/seccomp.c), for the instructions seccomp takes. */
final class ClassicBpf {

    private static final int LD_W_ABS = 0x20;
    private static final int JA = 0x05;
    private static final int JEQ = 0x15;
    private static final int JGT = 0x25;
    private static final int JGE = 0x35;
    private static final int JSET = 0x45;
    private static final int AND = 0x54;
    private static final int RET = 0x06;

    private ClassicBpf() {}

    /** A struct seccomp_data. */
    static byte[] data(int nr, int arch, long ip, long... args) {
        ByteBuffer data = ByteBuffer.allocate(64).order(ByteOrder.LITTLE_ENDIAN);
        data.putInt(nr).putInt(arch).putLong(ip);
        for (long arg : args) {
            data.putLong(arg);
        }
        return data.array();
    }

    /** The filter's action; throws what the kernel's checker would refuse to load. */
    static int run(byte[] program, byte[] data) {
        ByteBuffer code = ByteBuffer.wrap(program).order(ByteOrder.LITTLE_ENDIAN);
        ByteBuffer input = ByteBuffer.wrap(data).order(ByteOrder.LITTLE_ENDIAN);
        int length = program.length / 8;
        int accumulator = 0;
        for (int pc = 0; pc < length; pc++) {
            int op = code.getShort(8 * pc) & 0xffff;
            int jt = code.get(8 * pc + 2) & 0xff;
            int jf = code.get(8 * pc + 3) & 0xff;
            int k = code.getInt(8 * pc + 4);
            switch (op) {
                case LD_W_ABS -> {
                    if ((k & 3) != 0) {
                        throw new IllegalStateException("unaligned load at " + pc);
                    }
                    accumulator = input.getInt(k);
                }
                case JA -> pc += k;
                case JEQ -> pc += accumulator == k ? jt : jf;
                case JGT -> pc += Integer.compareUnsigned(accumulator, k) > 0 ? jt : jf;
                case JGE -> pc += Integer.compareUnsigned(accumulator, k) >= 0 ? jt : jf;
                case JSET -> pc += (accumulator & k) != 0 ? jt : jf;
                case AND -> accumulator &= k;
                case RET -> {
                    return k;
                }
                default -> throw new IllegalStateException("instruction 0x" + Integer.toHexString(op) + " at " + pc);
            }
        }
        throw new IllegalStateException("ran off the end");
    }

    /** Whether every jump lands inside and the last instruction returns, which the kernel asks for. */
    static boolean wellFormed(byte[] program) {
        ByteBuffer code = ByteBuffer.wrap(program).order(ByteOrder.LITTLE_ENDIAN);
        int length = program.length / 8;
        if (program.length % 8 != 0 || length == 0 || length > 4096 || code.getShort(8 * (length - 1)) != RET) {
            return false;
        }
        for (int pc = 0; pc < length; pc++) {
            int op = code.getShort(8 * pc) & 0xffff;
            if ((op & 7) == 5 && op != JA) {
                int furthest = Math.max(code.get(8 * pc + 2) & 0xff, code.get(8 * pc + 3) & 0xff);
                if (pc + 1 + furthest >= length) {
                    return false;
                }
            }
        }
        return true;
    }
}
