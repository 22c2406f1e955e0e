package org.hitotsu.forwarder.backend.stock;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/**
 * Writes classic BPF for seccomp (struct sock_filter: u16 code, u8 jt, u8 jf, u32 k), straight-line with forward exits
 * only: every test either falls through or returns.
 */
final class BpfAssembler {
    /** Offsets in struct seccomp_data. */
    static final int NR = 0;

    static final int ARCH = 4;
    static final int IP_LOW = 8;
    static final int IP_HIGH = 12;

    static final int ALLOW = 0x7fff0000;
    static final int USER_NOTIF = 0x7fc00000;
    /** SECCOMP_RET_ERRNO with ENOSYS. */
    static final int UNKNOWN = 0x00050000 | 38;
    /** SECCOMP_RET_ERRNO with EINVAL. */
    static final int INVALID = 0x00050000 | 22;

    private static final int LD_W_ABS = 0x20;
    private static final int JEQ = 0x15;
    private static final int JSET = 0x45;
    private static final int AND = 0x54;
    private static final int RET = 0x06;

    private record Instruction(int code, int jt, int jf, int k) {}

    private final List<Instruction> code = new ArrayList<>();

    static int argLow(int arg) {
        return 16 + 8 * arg;
    }

    static int argHigh(int arg) {
        return 20 + 8 * arg;
    }

    BpfAssembler load(int offset) {
        code.add(new Instruction(LD_W_ABS, 0, 0, offset));
        return this;
    }

    /** Keeps of the accumulator what {@code mask} has. */
    BpfAssembler and(int mask) {
        code.add(new Instruction(AND, 0, 0, mask));
        return this;
    }

    BpfAssembler ret(int action) {
        code.add(new Instruction(RET, 0, 0, action));
        return this;
    }

    /** If the accumulator equals {@code value}, runs {@code body}; falls through to what follows it otherwise. */
    BpfAssembler ifEquals(int value, BpfAssembler body) {
        return conditional(JEQ, value, body, true);
    }

    BpfAssembler ifNotEquals(int value, BpfAssembler body) {
        return conditional(JEQ, value, body, false);
    }

    /** If any bit of {@code mask} is set in the accumulator. */
    BpfAssembler ifAnySet(int mask, BpfAssembler body) {
        return conditional(JSET, mask, body, true);
    }

    private BpfAssembler conditional(int op, int k, BpfAssembler body, boolean runWhenTrue) {
        int length = body.code.size();
        if (length > 255) {
            throw new IllegalArgumentException("a jump of " + length + " instructions is too far for BPF");
        }
        code.add(new Instruction(op, runWhenTrue ? 0 : length, runWhenTrue ? length : 0, k));
        code.addAll(body.code);
        return this;
    }

    BpfAssembler append(BpfAssembler other) {
        code.addAll(other.code);
        return this;
    }

    int length() {
        return code.size();
    }

    byte[] toBytes() {
        ByteBuffer bytes = ByteBuffer.allocate(code.size() * 8).order(ByteOrder.LITTLE_ENDIAN);
        for (Instruction i : code) {
            bytes.putShort((short) i.code).put((byte) i.jt).put((byte) i.jf).putInt(i.k);
        }
        return bytes.array();
    }
}
