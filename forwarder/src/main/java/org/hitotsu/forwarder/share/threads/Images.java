package org.hitotsu.forwarder.share.threads;

import org.hitotsu.forwarder.backend.ThreadImage;
import org.hitotsu.forwarder.nativecall.Ptrace.Registers;
import org.hitotsu.forwarder.share.proto.Image;

/** Thread images on the wire: registers in the header, extended state as payload. */
final class Images {
    private static final int EFLAGS = 18;
    private static final int SS = 20;
    private static final int FS_BASE = 21;
    private static final int GS_BASE = 22;
    private static final int DS = 23;
    /** What user mode may set (PTRACE_SETREGS, arch/x86/kernel/ptrace.c FLAG_MASK), and the bit that is always one. */
    private static final long USER_FLAGS = 0x254dd5 | 0x2;

    /** Of a thread that was moved and has gone to 32-bit code since (__USER32_CS). */
    private static final long CODE_32 = 0x23;

    private static final long USER_DATA = 0x2b;
    private static final long ADDRESS_LIMIT = 1L << 47;

    private Images() {}

    static Image toWire(ThreadImage image) {
        Image.Builder builder = Image.newBuilder();
        for (long register : image.registers()) {
            builder.addRegisters(register);
        }
        return builder.build();
    }

    /**
     * Takes an image from another node: what a user-mode thread can't have is refused or masked here, before the kernel
     * sees it.
     *
     * @throws IllegalArgumentException if it isn't the image of a user-mode thread
     */
    static ThreadImage fromWire(Image wire, byte[] xstate) {
        if (wire.getRegistersCount() != Registers.COUNT) {
            throw new IllegalArgumentException("a thread image with " + wire.getRegistersCount() + " registers");
        }
        long[] registers = new long[Registers.COUNT];
        for (int i = 0; i < registers.length; i++) {
            registers[i] = wire.getRegisters(i);
        }
        boolean code = registers[Registers.CS] == Registers.CODE_64 || registers[Registers.CS] == CODE_32;
        if (!code || registers[SS] != USER_DATA) {
            throw new IllegalArgumentException("a thread image with segments that aren't the kernel's");
        }
        boolean bases = inUserSpace(registers[FS_BASE]) && inUserSpace(registers[GS_BASE]);
        if (!bases || !inUserSpace(registers[Registers.RIP])) {
            throw new IllegalArgumentException("a thread image outside of user space");
        }
        registers[EFLAGS] = registers[EFLAGS] & USER_FLAGS | 0x200;
        for (int i = DS; i < Registers.COUNT; i++) {
            registers[i] &= 0xffff;
        }
        return new ThreadImage(registers, xstate);
    }

    private static boolean inUserSpace(long address) {
        return address >= 0 && address < ADDRESS_LIMIT;
    }
}
