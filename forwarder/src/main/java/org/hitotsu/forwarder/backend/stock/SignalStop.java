package org.hitotsu.forwarder.backend.stock;

import java.util.function.BooleanSupplier;
import org.hitotsu.forwarder.backend.common.ProcessStatus;
import org.hitotsu.forwarder.nativecall.Linux;
import org.hitotsu.forwarder.nativecall.Ptrace;
import org.hitotsu.forwarder.nativecall.Ptrace.Registers;

/** The stops of one traced thread for signals that it is to take natively. Tracing thread only. */
final class SignalStop {
    private final int tid;
    private final long[] registers = new long[Registers.COUNT];
    private boolean groupStopped;

    SignalStop(int tid) {
        this.tid = tid;
    }

    /**
     * The thread is in a group stop, which breaks calls off without a trace too (signal(7)): what the SIGCONT that ends it
     * finds is not that signal's doing.
     */
    void groupStop() {
        groupStopped = true;
    }

    /** Has the call that the thread is in answer as it would untraced, before {@code signal} is delivered. */
    void before(Ptrace ptrace, int signal) {
        boolean continued = groupStopped && signal == Linux.SIGCONT;
        groupStopped = false;
        if (ptrace.getRegisters(tid, registers) < 0) {
            return; // It has been killed.
        }
        settle(ptrace, () -> !continued && ignores(tid, signal));
    }

    /** As {@link #before}, where the thread is stopped for no signal. */
    void unsignalled(Ptrace ptrace) {
        if (ptrace.getRegisters(tid, registers) >= 0) {
            settle(ptrace, () -> true);
        }
    }

    private void settle(Ptrace ptrace, BooleanSupplier ignored) {
        long result = SignalledCall.result(registers, ignored);
        if (result != registers[Registers.RAX]) {
            registers[Registers.RAX] = result;
            ptrace.setRegisters(tid, registers);
        }
    }

    /** Whether nothing happens when a thread is delivered a signal. */
    static boolean ignores(int tid, int signal) {
        ProcessStatus status = ProcessStatus.ifAlive(tid);
        return status != null && status.ignores(signal);
    }
}
