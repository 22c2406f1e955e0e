package org.hitotsu.bpf;

/** Told of each wait of a watched thread inside a syscall. Called by {@link SyscallObserver#poll} on its thread. */
@FunctionalInterface
public interface ForwardListener {

    /**
     * One wait is over.
     *
     * @param tid the thread
     * @param nr the syscall's number on this architecture
     * @param parkedAt when the thread went off its CPU, ns, comparable with {@link System#nanoTime}
     * @param resumedAt when it was running again, same clock
     * @param signal it woke with a signal pending, so the wait may have been cut short instead of answered
     */
    void onForward(int tid, int nr, long parkedAt, long resumedAt, boolean signal);
}
