package org.hitotsu.bpf;

/** Told of each page fault of a watched process. Called by {@link SyscallObserver#poll} on its thread. */
@FunctionalInterface
public interface FaultListener {

    /**
     * One fault was taken.
     *
     * @param tid the thread
     * @param tgid its process
     * @param address that faulted, an unsigned number
     * @param ip the instruction that touched it
     * @param access what it was about
     * @param at when the fault was taken, ns, comparable with {@link System#nanoTime}
     */
    void onFault(int tid, int tgid, long address, long ip, FaultAccess access, long at);
}
