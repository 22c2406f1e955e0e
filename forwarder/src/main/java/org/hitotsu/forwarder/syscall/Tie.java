package org.hitotsu.forwarder.syscall;

import org.hitotsu.forwarder.nativecall.Linux;
import org.jspecify.annotations.Nullable;

/**
 * What a system call may give a thread that ties it to the origin from then on: it neither travels with the thread, nor does
 * it leave alone what a back-end has the thread's task do.
 *
 * @param ofProcess whether the call gives it to all threads of the process
 */
public record Tie(Kind kind, boolean ofProcess) {
    /** What the thread has. */
    public enum Kind {
        /** seccomp(2). Threads that it makes have it too, and the program that it executes. */
        FILTER("has a filter of system calls of its own"),
        /** PR_SET_SYSCALL_USER_DISPATCH, which new threads and programs do not inherit. */
        DISPATCH("has its system calls dispatched to itself"),
        /** PR_SET_TSC, ARCH_SET_CPUID. */
        INSTRUCTION("has instructions fault that read the processor"),
        /** modify_ldt(2): a selector means nothing on another computer. */
        SEGMENT("has segments of its own"),
        /** ARCH_SHSTK_ENABLE: the pointer of such a stack is in no image. */
        SHADOW_STACK("has a shadow stack"),
        /** ARCH_ENABLE_TAGGED_ADDR. */
        TAGS("has tags in its addresses");

        private final String why;

        Kind(String why) {
            this.why = why;
        }

        /** Why a thread stays, or all, as the end of a sentence about it. */
        public String why() {
            return why;
        }
    }

    private static final int SECCOMP_SET_MODE_STRICT = 0;
    private static final int SECCOMP_SET_MODE_FILTER = 1;
    private static final int SECCOMP_FILTER_FLAG_TSYNC = 1;
    private static final int PR_SET_SECCOMP = 22;
    private static final int PR_SET_TSC = 26;
    private static final int PR_TSC_SIGSEGV = 2;
    private static final int PR_SET_SYSCALL_USER_DISPATCH = 59;
    /** The two functions of modify_ldt(2) that write. */
    private static final int LDT_WRITE_OLD = 1;

    private static final int LDT_WRITE = 0x11;
    private static final int ARCH_SET_CPUID = 0x1012;
    private static final int ARCH_ENABLE_TAGGED_ADDR = 0x4002;
    private static final int ARCH_SHSTK_ENABLE = 0x5001;

    /**
     * What a call is about to give, by its number and first two arguments; null for nothing. Whether it will succeed is not
     * asked: of one that fails the thread stays in vain.
     */
    public static @Nullable Tie of(long nr, long arg0, long arg1) {
        return switch ((int) nr) {
            case Linux.NR_SECCOMP ->
                (int) arg0 == SECCOMP_SET_MODE_STRICT || (int) arg0 == SECCOMP_SET_MODE_FILTER
                        ? new Tie(Kind.FILTER, (arg1 & SECCOMP_FILTER_FLAG_TSYNC) != 0)
                        : null;
            case Linux.NR_PRCTL ->
                switch ((int) arg0) {
                    case PR_SET_SECCOMP -> new Tie(Kind.FILTER, false);
                    case PR_SET_TSC -> (int) arg1 == PR_TSC_SIGSEGV ? new Tie(Kind.INSTRUCTION, false) : null;
                    case PR_SET_SYSCALL_USER_DISPATCH -> (int) arg1 != 0 ? new Tie(Kind.DISPATCH, false) : null;
                    default -> null;
                };
            case Linux.NR_MODIFY_LDT ->
                (int) arg0 == LDT_WRITE_OLD || (int) arg0 == LDT_WRITE ? new Tie(Kind.SEGMENT, true) : null;
            case Linux.NR_ARCH_PRCTL ->
                switch ((int) arg0) {
                    case ARCH_SET_CPUID -> (int) arg1 == 0 ? new Tie(Kind.INSTRUCTION, false) : null;
                    case ARCH_ENABLE_TAGGED_ADDR -> new Tie(Kind.TAGS, true);
                    case ARCH_SHSTK_ENABLE -> new Tie(Kind.SHADOW_STACK, false);
                    default -> null;
                };
            default -> null;
        };
    }
}
