package org.hitotsu.forwarder.syscall;

import java.util.List;

/**
 * One line of the table: what becomes of a system call.
 *
 * @param number the kernel's number; -1 for the rule of calls the table does not know
 * @param name the kernel's name
 * @param syscallClass what becomes of it
 * @param restartOnEintr it answers EINTR after a stop of the executing task although nobody signalled it, and the kernel
 *     does not restart it: whoever stopped the task, and knows that no signal came, executes it again
 * @param timed it ends after a time, and made anew it would wait the whole of it once more. Whether it is restarted, the rule
 *     without conditions tells
 * @param payloads memory that may travel with it; empty if there is none or it is not known
 */
public record SyscallRule(
        int number,
        String name,
        SyscallClass syscallClass,
        boolean restartOnEintr,
        boolean timed,
        List<Payload> payloads) {

    /** Copies the list. */
    public SyscallRule {
        payloads = List.copyOf(payloads);
    }
}
