package org.hitotsu.forwarder.backend;

import org.hitotsu.forwarder.nativecall.Ptrace.Registers;

/**
 * Everything of a thread that its CPU holds and that moves with it. What its task at the origin holds (signal mask,
 * alternate stack, robust list, credentials, name) stays there, with the deputy.
 *
 * @param registers general registers, in the order of {@code struct user_regs_struct}
 * @param xstate extended state in XSAVE's standard format, trailing zero bytes left out
 */
public record ThreadImage(long[] registers, byte[] xstate) {
    /** In place of a system call's number; like -1, it means none. */
    private static final long TRAP_DUE = -2;

    public ThreadImage {
        if (registers.length != Registers.COUNT) {
            throw new IllegalArgumentException(
                    "a thread image has " + Registers.COUNT + " registers, not " + registers.length);
        }
    }

    public long register(int index) {
        return registers[index];
    }

    /** Whether it runs 64-bit code, and not such as Wine runs for 32-bit programs. */
    public boolean runs64Bit() {
        return registers[Registers.CS] == Registers.CODE_64;
    }

    /** This image with one register changed. */
    public ThreadImage with(int index, long value) {
        long[] changed = registers.clone();
        changed[index] = value;
        return new ThreadImage(changed, xstate);
    }

    /**
     * For an image captured in a system call that has no effect yet: standing before the {@code syscall} instruction
     * again, so that wherever it runs next, it makes the call anew.
     */
    public ThreadImage beforeCall(long nr) {
        long[] changed = registers.clone();
        changed[Registers.RIP] -= 2; // both syscall and int 0x80 are two bytes long
        changed[Registers.RAX] = nr;
        changed[Registers.ORIG_RAX] = -1;
        return new ThreadImage(changed, xstate);
    }

    /** The reverse of {@link #beforeCall}: in the call that it stands before. */
    public ThreadImage inCall(long nr) {
        return with(Registers.RIP, registers[Registers.RIP] + 2).with(Registers.ORIG_RAX, nr);
    }

    /**
     * For an image behind an instruction that ran under the trap flag: with the SIGTRAP for it still to be raised, by the
     * thread's own task.
     */
    public ThreadImage withTrapDue() {
        return with(Registers.ORIG_RAX, TRAP_DUE);
    }

    /** Whether this image is to go home for a trap ({@link #withTrapDue}). */
    public boolean trapDue() {
        return registers[Registers.ORIG_RAX] == TRAP_DUE;
    }

    /** For an image captured in a system call that has been executed: behind it, with its result. */
    public ThreadImage afterCall(long result) {
        long[] changed = registers.clone();
        changed[Registers.RAX] = result;
        changed[Registers.ORIG_RAX] = -1;
        return new ThreadImage(changed, xstate);
    }
}
