package org.hitotsu.forwarder.backend.common;

import static org.hitotsu.forwarder.backend.common.KernelException.check;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import java.util.function.IntPredicate;
import org.hitotsu.forwarder.backend.ThreadImage;
import org.hitotsu.forwarder.nativecall.Linux;
import org.hitotsu.forwarder.nativecall.ProcFiles;
import org.hitotsu.forwarder.nativecall.Ptrace;
import org.hitotsu.forwarder.nativecall.Ptrace.Registers;
import org.hitotsu.forwarder.syscall.SyscallTable;

/**
 * A running process, all threads of which are stopped at their user-mode boundary for some milliseconds by ptrace(2), and
 * can be made to make system calls there. They go on as they were: a call that the stop has interrupted is restarted by the
 * kernel, or where it would answer EINTR to any wake-up, made anew (see {@link InterruptedCall}).
 *
 * <p>On one operating-system thread, blocking it. When that thread ends, the kernel lets go of what is still traced.
 */
public final class FrozenProcess implements AutoCloseable {
    private static final long LOOK_NANOS = 100_000;
    private static final long CHILD_NANOS = 100_000_000;
    private static final long EVERY_SIGNAL = -1;
    /** The kernel forces it on a thread: one that blocks it would lose its handler for it (force_sig_info_to_task()). */
    private static final long EVERY_OTHER_SIGNAL = ~(1L << Linux.SIGSYS - 1);

    private static final int SYS_USER_DISPATCH = 2;
    private static final int SYSCALL_STOP = Linux.SIGTRAP | 0x80;
    private static final int RSEQ_CS = 8;
    private static final int RSEQ_CS_START = 8;
    private static final int RSEQ_CS_SIZE = 24;

    /** Lets a stopped thread go on. */
    public interface LetGo {
        /** @param groupStopped by SIGSTOP or its kin, which it is to stay in */
        void letGo(int tid, boolean groupStopped);
    }

    private enum State {
        AWAITED,
        STOPPED,
        /** By SIGSTOP or its kin; its registers are as in any other stop, but it can't be made to run. */
        GROUP_STOPPED,
        GONE
    }

    private final Ptrace ptrace;
    private final boolean ownPtrace;
    private final int pid;
    private final Map<Integer, State> threads = new TreeMap<>();
    private final Set<Integer> called = new HashSet<>();
    private final Set<Integer> tracedBefore = new HashSet<>();
    private LetGo letGo;
    private long syscallAt;
    private final long[] scratchRegisters = new long[Registers.COUNT];

    public FrozenProcess(int pid) {
        this(pid, new Ptrace(), true);
    }

    /** On a thread that traces others too, and does not end: see {@link #awaited}. */
    public FrozenProcess(int pid, Ptrace ptrace) {
        this(pid, ptrace, false);
    }

    private FrozenProcess(int pid, Ptrace ptrace, boolean ownPtrace) {
        this.pid = pid;
        this.ptrace = ptrace;
        this.ownPtrace = ownPtrace;
        this.letGo = (tid, groupStopped) -> ptrace.detach(tid, 0);
    }

    /** Names threads that this operating-system thread traces already, and would hear of no more. Before {@link #freeze}. */
    public void tracedBefore(Set<Integer> tids) {
        tracedBefore.addAll(tids);
    }

    /** Names what lets threads go in place of detaching them. */
    public void letGo(LetGo how) {
        letGo = how;
    }

    /**
     * Stops every thread. If this fails, {@link #thaw} lets those go that were stopped.
     *
     * @param held whether a thread is held in the kernel by other means and need not be stopped; asked again and again
     * @param timeoutNanos how long to wait for threads in calls that can't be interrupted
     */
    public void freeze(IntPredicate held, long timeoutNanos) throws KernelException {
        // Of these threads nobody else wants to hear that they have ended; here it is seen by their being gone.
        try (EndTaker.Running taker = new EndTaker.Running(new EndTaker(ptrace, (tid, status) -> {}))) {
            stopAll(held, System.nanoTime() + timeoutNanos);
        }
    }

    private void stopAll(IntPredicate held, long deadline) throws KernelException {
        while (true) {
            boolean complete = !seizeNewThreads();
            for (Map.Entry<Integer, State> thread : threads.entrySet()) {
                thread.setValue(now(thread.getKey(), thread.getValue()));
                complete &= thread.getValue() != State.AWAITED || held.test(thread.getKey());
            }
            // A thread that was stopped last may have made another one just before.
            if (complete) {
                if (threads.containsValue(State.STOPPED) || threads.containsValue(State.GROUP_STOPPED)) {
                    return;
                }
                // Or all that were there have ended for the execve of another one.
                if (areAllDead()) {
                    throw new KernelException("it has ended");
                }
            }
            if (System.nanoTime() - deadline > 0) {
                throw new KernelException(whoIsLate());
            }
            LockSupport.parkNanos(LOOK_NANOS);
        }
    }

    private String whoIsLate() {
        for (Map.Entry<Integer, State> thread : threads.entrySet()) {
            if (thread.getValue() == State.AWAITED) {
                return "thread " + thread.getKey() + " does not stop, it is in " + call(thread.getKey())
                        + " that can't be interrupted; try again when it has returned";
            }
        }
        return "it makes threads faster than they can be stopped; try again";
    }

    private String call(int tid) {
        try {
            return "system call " + ProcFiles.text(task(tid).resolve("syscall")).split(" ", 2)[0];
        } catch (IOException e) {
            return "a system call";
        }
    }

    private Path task(int tid) {
        return Path.of("/proc/" + pid + "/task/" + tid);
    }

    private List<Integer> taskIds() throws KernelException {
        try {
            return ProcFiles.threads(pid);
        } catch (NoSuchFileException e) {
            throw new KernelException("it has ended");
        } catch (IOException e) {
            throw new KernelException("its threads can't be listed: " + e.getMessage());
        }
    }

    private boolean seizeNewThreads() throws KernelException {
        boolean any = false;
        for (int tid : taskIds()) {
            // A first thread that has ended stays while there are others, and stops for nobody, traced or not.
            if (threads.containsKey(tid) && threads.get(tid) != State.GONE || isDead(tid)) {
                continue;
            }
            long seized = tracedBefore.contains(tid) ? 0 : ptrace.seize(pid, tid, Ptrace.OPTION_SYSGOOD);
            if (seized == -Linux.EPERM && tid == pid) {
                // By an execve the process's id may have come to another thread: one that is traced already, or not
                // yet.
                long polled = threads.isEmpty() ? -1 : ptrace.poll(tid);
                if (polled > 0) {
                    threads.put(tid, stateOf(tid, ptrace.lastStatus()));
                    any = true;
                    continue;
                }
                seized = polled == 0 ? 0 : ptrace.seize(pid, tid, Ptrace.OPTION_SYSGOOD);
            }
            if (seized < 0) {
                if (seized == -Linux.ESRCH || isDead(tid)) {
                    continue;
                }
                throw new KernelException("trace thread " + tid, seized);
            }
            ptrace.interrupt(tid);
            threads.put(tid, State.AWAITED);
            any = true;
        }
        return any;
    }

    /** A first thread that has ended stays until the others have. */
    private boolean areAllDead() throws KernelException {
        for (int tid : taskIds()) {
            if (!isDead(tid)) {
                return false;
            }
        }
        return true;
    }

    private boolean isDead(int tid) throws KernelException {
        try {
            String stat = ProcFiles.text(task(tid).resolve("stat"));
            char state = stat.charAt(stat.lastIndexOf(')') + 2);
            return state == 'Z' || state == 'X';
        } catch (NoSuchFileException e) {
            return true;
        } catch (IOException e) {
            throw new KernelException("look at a thread: " + e.getMessage());
        }
    }

    /**
     * What has become of a thread. One that was stopped may have been killed since, by the execve of a thread that was not
     * stopped yet, and that waits until it is taken notice of; the process's first one is then another thread, traced or not.
     */
    private State now(int tid, State last) {
        if (last == State.GONE) {
            return last;
        }
        if (last != State.AWAITED && ptrace.getRegisters(tid, scratchRegisters) >= 0) {
            return last;
        }
        State state = look(tid);
        if (state == State.AWAITED && tid == pid) {
            // If the execve that a seizing has waited for was the thread's own, it is traced under the process's id,
            // and the
            // interrupt that followed went to the one whose number it had before (exchange_tids()).
            ptrace.interrupt(tid);
        }
        return state;
    }

    private State look(int tid) {
        long polled = ptrace.poll(tid);
        if (polled == 0) {
            return State.AWAITED;
        }
        return polled < 0 ? State.GONE : stateOf(tid, ptrace.lastStatus());
    }

    private State stateOf(int tid, int status) {
        if (!Ptrace.stopped(status)) {
            return State.GONE;
        }
        if (Ptrace.event(status) == Ptrace.EVENT_STOP) {
            return Ptrace.stopSignal(status) == Linux.SIGTRAP ? State.STOPPED : State.GROUP_STOPPED;
        }
        if (Ptrace.event(status) == Ptrace.EVENT_FORK || Ptrace.event(status) == Ptrace.EVENT_VFORK) {
            letChildGo((int) ptrace.eventMessage(tid));
        }
        // A signal was there first: it is delivered, and the thread stops at its handler. An interrupt that was
        // there already was taken off by this stop, as by any (ptrace_stop(), since Linux 3.1).
        ptrace.interrupt(tid);
        ptrace.cont(tid, Ptrace.event(status) == 0 ? Ptrace.stopSignal(status) : 0);
        return State.AWAITED;
    }

    /** A process that was attached with its parent, traced before: it stops at once, if somebody else has not been told yet. */
    private void letChildGo(int child) {
        long deadline = System.nanoTime() + CHILD_NANOS;
        while (ptrace.detach(child, 0) < 0 && System.nanoTime() - deadline < 0) {
            LockSupport.parkNanos(LOOK_NANOS);
        }
    }

    /** The threads that are stopped. */
    public List<Integer> stopped() {
        return threads.entrySet().stream()
                .filter(thread -> thread.getValue() == State.STOPPED || thread.getValue() == State.GROUP_STOPPED)
                .map(Map.Entry::getKey)
                .toList();
    }

    /** A thread that {@link #canCall}, best one whose own call the kernel restarts without help. */
    public int caller() throws KernelException, IOException {
        return caller(Set.of());
    }

    /** As {@link #caller()}, but none of {@code others}. */
    public int caller(Set<Integer> others) throws KernelException, IOException {
        int fallback = 0;
        long[] registers = new long[Registers.COUNT];
        for (int tid : stopped()) {
            if (others.contains(tid) || !canCall(tid) || ptrace.getRegisters(tid, registers) < 0) {
                continue;
            }
            if (registers[Registers.ORIG_RAX] < 0
                    || registers[Registers.RAX] != -Linux.EINTR && registers[Registers.RAX] != -Linux.ERESTARTNOHAND) {
                return tid;
            }
            fallback = tid;
        }
        if (fallback == 0) {
            throw new KernelException("none of its threads can be made to make a system call now; try again");
        }
        return fallback;
    }

    /**
     * Whether a thread can be made to make calls without a trace: it is stopped, no signal waits for it, and no restartable
     * sequence would have to be broken off.
     */
    public boolean canCall(int tid) throws KernelException {
        long[] registers = new long[Registers.COUNT];
        return threads.get(tid) == State.STOPPED
                && !signalled(tid)
                && ptrace.getRegisters(tid, registers) >= 0
                && !inSequence(tid, registers);
    }

    private boolean inSequence(int tid, long[] registers) throws KernelException {
        long area = registers[Registers.ORIG_RAX] >= 0 ? 0 : ptrace.rseq(tid)[0];
        if (area == 0) {
            return false;
        }
        int memory = open(tid);
        try {
            long section = word(ProcessMemory.read(memory, area + RSEQ_CS, 8), 0);
            if (section == 0) {
                return false;
            }
            byte[] bounds = ProcessMemory.read(memory, section, RSEQ_CS_SIZE);
            long into = registers[Registers.RIP] - word(bounds, RSEQ_CS_START);
            return Long.compareUnsigned(into, word(bounds, RSEQ_CS_START + 8)) < 0;
        } finally {
            Linux.close(memory);
        }
    }

    private static long word(byte[] bytes, int at) {
        return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getLong(at);
    }

    private int open(int tid) throws KernelException {
        return (int) check("open /proc/" + tid + "/mem", Linux.open("/proc/" + tid + "/mem", Linux.O_RDWR));
    }

    /** Has a stopped thread make one system call, which must not wait for long. Its result, or {@code -errno}. */
    public long call(int tid, long nr, long... args) throws KernelException, IOException {
        return callAt(syscallInstruction(tid), tid, nr, args);
    }

    /** As {@link #call}, by the {@code syscall} instruction at an address. */
    public long callAt(long instruction, int tid, long nr, long... args) throws KernelException {
        return run(tid, 1, registers -> {
            registers[Registers.RIP] = instruction;
            Registers.setCall(registers, nr, args);
        });
    }

    private long syscallInstruction(int tid) throws KernelException, IOException {
        if (syscallAt == 0) {
            int memory = open(tid);
            try {
                syscallAt = ProcessMemory.syscallInstruction(
                        memory, VmaTable.parse(ProcFiles.lines(Path.of("/proc/" + tid + "/maps"))));
            } finally {
                Linux.close(memory);
            }
        }
        return syscallAt;
    }

    /**
     * Has a stopped thread execute code up to the end of a system call in it, and puts it back.
     *
     * @param calls which system call, 1 for the first
     * @param start sets the registers with which the code begins
     * @return the system call's result
     */
    public long run(int tid, int calls, Consumer<long[]> start) throws KernelException {
        long[] before = new long[Registers.COUNT];
        check("read registers", ptrace.getRegisters(tid, before));
        long mask = ptrace.mask(tid);
        called.add(tid);
        try {
            // The thread runs for the call: a signal would be delivered with registers that are not its own.
            check("block signals", ptrace.setMask(tid, EVERY_OTHER_SIGNAL));
            long[] registers = before.clone();
            registers[Registers.ORIG_RAX] = -1;
            registers[Registers.EFLAGS] &= ~Registers.TRAP_FLAG;
            registers[Registers.CS] = Registers.CODE_64;
            start.accept(registers);
            check("set registers", ptrace.setRegisters(tid, registers));
            for (int stop = 0; stop < 2 * calls; stop++) {
                check("continue", ptrace.contToSyscall(tid, 0));
                await(tid, 0, SYSCALL_STOP);
            }
            check("read registers", ptrace.getRegisters(tid, registers));
            return registers[Registers.RAX];
        } finally {
            // Back to the stop before user mode: only on the way from there does the kernel restart an interrupted
            // call.
            ptrace.interrupt(tid);
            ptrace.cont(tid, 0);
            await(tid, Ptrace.EVENT_STOP, Linux.SIGTRAP);
            ptrace.setRegisters(tid, before);
            ptrace.setMask(tid, mask);
        }
    }

    /** A stopped thread's stack pointer. */
    public long stackPointer(int tid) throws KernelException {
        long[] registers = new long[Registers.COUNT];
        check("read registers", ptrace.getRegisters(tid, registers));
        return registers[Registers.RSP];
    }

    private void await(int tid, int event, int signal) throws KernelException {
        while (true) {
            check("wait", ptrace.waitFor(tid));
            int status = ptrace.lastStatus();
            if (!Ptrace.stopped(status)) {
                threads.put(tid, State.GONE);
                throw new KernelException("it has ended");
            }
            if (Ptrace.event(status) == event && Ptrace.stopSignal(status) == signal) {
                return;
            }
            ptrace.contToSyscall(tid, notOurs(tid, status));
        }
    }

    /**
     * The signal to go on with from a stop that was not awaited.
     *
     * @throws KernelException if the call that the thread was to make has gone to its own handler
     */
    private int notOurs(int tid, int status) throws KernelException {
        if (Ptrace.event(status) != 0 || Ptrace.stopSignal(status) != Linux.SIGSYS) {
            return 0;
        }
        if (ptrace.signalCode(tid) == SYS_USER_DISPATCH) {
            throw new KernelException("its thread " + tid + " has its system calls dispatched to itself, and those that"
                    + " prepare it; start it with `hitotsu run`");
        }
        // Somebody has sent it: blocked now, it is queued anew (ptrace_signal()).
        ptrace.setMask(tid, EVERY_SIGNAL);
        return Linux.SIGSYS;
    }

    /**
     * Lets all threads go on, untraced unless {@link #letGo(LetGo)} says otherwise.
     *
     * @param timeoutNanos how long to wait for those that were not stopped and can only be let go as this thread ends
     */
    public void thaw(long timeoutNanos) {
        long deadline = System.nanoTime() + timeoutNanos;
        while (true) {
            boolean awaited = false;
            for (Map.Entry<Integer, State> thread : threads.entrySet()) {
                int tid = thread.getKey();
                thread.setValue(now(tid, thread.getValue()));
                if (thread.getValue() == State.STOPPED || thread.getValue() == State.GROUP_STOPPED) {
                    settle(tid);
                    letGo.letGo(tid, thread.getValue() == State.GROUP_STOPPED);
                    thread.setValue(State.GONE);
                }
                awaited |= thread.getValue() == State.AWAITED;
            }
            if (!awaited || System.nanoTime() - deadline > 0) {
                return;
            }
            LockSupport.parkNanos(LOOK_NANOS);
        }
    }

    /** Threads that {@link #thaw} could not let go, as they have not stopped yet. */
    public List<Integer> awaited() {
        return threads.entrySet().stream()
                .filter(thread -> thread.getValue() == State.AWAITED)
                .map(Map.Entry::getKey)
                .toList();
    }

    /** Lets one of {@link #awaited} go, which has stopped or ended with this wait status. Whether it is gone. */
    public boolean letGo(int tid, int status) {
        State state = stateOf(tid, status);
        if (state == State.STOPPED || state == State.GROUP_STOPPED) {
            settle(tid);
            letGo.letGo(tid, state == State.GROUP_STOPPED);
            state = State.GONE;
        }
        threads.put(tid, state);
        return state == State.GONE;
    }

    /** A signal that is to be delivered now decides by itself, with the registers as they are, what the call answers. */
    private void settle(int tid) {
        long[] registers = new long[Registers.COUNT];
        if (ptrace.getRegisters(tid, registers) < 0 || signalled(tid)) {
            return;
        }
        long nr = registers[Registers.ORIG_RAX];
        long result = registers[Registers.RAX];
        boolean anew = result == -Linux.EINTR
                        && nr >= 0
                        && SyscallTable.x86_64().rule(nr).restartOnEintr()
                // Its mask may have been that of the call, which is made anew with its own.
                || result == -Linux.ERESTARTNOHAND && nr >= 0 && called.contains(tid);
        if (anew) {
            ptrace.restoreMask(tid);
            ptrace.setRegisters(
                    tid, new ThreadImage(registers, new byte[0]).beforeCall(nr).registers());
        }
    }

    private boolean signalled(int tid) {
        ProcessStatus status = ProcessStatus.ifAlive(tid);
        return status != null && status.signalled();
    }

    @Override
    public void close() {
        if (ownPtrace) {
            ptrace.close();
        }
    }
}
