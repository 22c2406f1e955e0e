package org.hitotsu.forwarder.backend.stock;

import static org.hitotsu.forwarder.backend.common.KernelException.check;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntConsumer;
import org.hitotsu.forwarder.backend.SpaceLayout;
import org.hitotsu.forwarder.backend.UnsharedException;
import org.hitotsu.forwarder.backend.common.KernelException;
import org.hitotsu.forwarder.backend.common.ProcessMemory;
import org.hitotsu.forwarder.backend.common.ProgramLayout;
import org.hitotsu.forwarder.backend.common.Userfault;
import org.hitotsu.forwarder.backend.common.VmaTable;
import org.hitotsu.forwarder.backend.common.VmaTable.Vma;
import org.hitotsu.forwarder.nativecall.Linux;
import org.hitotsu.forwarder.nativecall.ProcFiles;
import org.hitotsu.forwarder.nativecall.Ptrace;
import org.hitotsu.forwarder.nativecall.Ptrace.Registers;

/**
 * Prepares a program between its exec and its first instruction: maps the agent, opens a userfaultfd, turns writable
 * private file mappings into anonymous ones, starts the helper. All of it by system calls which the stopped thread is
 * made to execute; afterwards it is as it was, but for these mappings.
 *
 * <p>Runs on the tracing thread, blocking it for about a millisecond.
 */
final class ProgramPreparation {
    /**
     * What preparing leaves with the daemon.
     *
     * @param uffd descriptor of the program's userfaultfd, enabled
     * @param memFd /proc/PID/mem of its address space
     * @param helperPid process id of the helper
     */
    record Prepared(int pid, int uffd, int memFd, int helperPid, SpaceLayout layout) {}

    /** ioctl_userfaultfd(2). */
    private static final long USERFAULTFD_IOC_NEW = 0xaa00;

    private final Ptrace ptrace;
    private final AgentRegion region;
    private final int pid;
    private final int pidfd;
    private final IntConsumer offer;
    private final long[] entryRegisters = new long[Registers.COUNT];
    private final ArrayList<Integer> signals = new ArrayList<>();
    private long syscallAt;
    private int memFd = -1;
    private int uffd = -1;
    private boolean changed;
    private boolean mapped;

    /**
     * @param pid of a thread stopped at PTRACE_EVENT_EXEC
     * @param offer names the descriptor that the program is given as the answer to {@link StockOriginThreads#NR_OFFER}; -1
     *     for none
     */
    ProgramPreparation(Ptrace ptrace, AgentRegion region, int pid, int pidfd, IntConsumer offer) {
        this.offer = offer;
        this.ptrace = ptrace;
        this.region = region;
        this.pid = pid;
        this.pidfd = pidfd;
    }

    /**
     * @throws UnsharedException if a step failed; the program is stopped as it was, to be let run natively
     * @throws KernelException if it has ended, or is in doubt
     */
    Prepared run() throws KernelException, UnsharedException {
        // At the event the kernel has yet to write execve's result into rax: registers set now would be overwritten.
        check("step out of execve", ptrace.contToSyscall(pid, 0));
        awaitStop(Linux.SIGTRAP | 0x80, ptrace::contToSyscall);
        check("read registers", ptrace.getRegisters(pid, entryRegisters));
        try {
            if (!ptrace.runs64Bit(pid)) {
                undo();
                throw new UnsharedException("it is a 32-bit program; use a 64-bit build of it", null);
            }
            Prepared prepared = prepare();
            restoreRegisters();
            sendSignals();
            return prepared;
        } catch (KernelException | IOException e) {
            undo();
            throw new UnsharedException(e.getMessage() + "; " + remedy(e), e);
        }
    }

    private Prepared prepare() throws KernelException, IOException {
        memFd = (int) check("open /proc/" + pid + "/mem", Linux.open("/proc/" + pid + "/mem", Linux.O_RDWR));
        List<Vma> maps = VmaTable.parse(ProcFiles.lines(Path.of("/proc/" + pid + "/maps")));
        SpaceLayout layout = ProgramLayout.read(pid, maps);
        syscallAt = ProcessMemory.syscallInstruction(memFd, maps);
        changed = true;
        try (MoreDescriptors room = new MoreDescriptors(pid)) {
            ProgramParts.mapAgent(this::inject, give("agent's memory", region.memfd()));
            mapped = true;
            uffd = userfault();
        }
        syscallAt = AgentRegion.injectEntry();
        Userfault fault = new Userfault(uffd);
        check("UFFDIO_API", fault.enable(0));
        fault.release();
        ProgramParts.makeAnonymous(this::inject, memFd, maps, Integer.MAX_VALUE);
        return new Prepared(pid, uffd, memFd, spawnHelper(), layout);
    }

    /**
     * Gives the program a descriptor of the daemon's, as the answer to a call that is notified: it may have no path to the
     * thing, or no right to open it. The event loop does so. Not by the agent's instruction, whose calls are not notified.
     */
    private long give(String thing, int descriptor) throws KernelException {
        offer.accept(descriptor);
        try {
            return check("give it the " + thing, inject(StockOriginThreads.NR_OFFER, 0, 0));
        } finally {
            offer.accept(-1);
        }
    }

    /**
     * A program without privileges may make no userfaultfd that sees the kernel's faults, too
     * (vm.unprivileged_userfaultfd). But whoever has the device may, and who may open that is looked at where it is opened
     * (Linux 6.1); where there is none (a container), the program has to make it itself.
     */
    private int userfault() throws KernelException, IOException {
        long device = Linux.open("/dev/userfaultfd", Linux.O_RDWR);
        if (device < 0) {
            return ProgramParts.userfault(this::inject, pidfd);
        }
        long there;
        try {
            there = give("userfaultfd device", (int) device);
        } finally {
            Linux.close((int) device);
        }
        long made;
        try {
            made = inject(Linux.NR_IOCTL, there, USERFAULTFD_IOC_NEW, Linux.O_CLOEXEC | Linux.O_NONBLOCK);
        } finally {
            inject(Linux.NR_CLOSE, there);
        }
        return ProgramParts.fetch(this::inject, pidfd, check("userfaultfd", made));
    }

    private void restoreRegisters() throws KernelException {
        check("restore registers", ptrace.setRegisters(pid, entryRegisters));
    }

    private void sendSignals() {
        for (int signal : signals) {
            Linux.tgkill(pid, pid, signal);
        }
    }

    /** Mappings that were made anonymous stay so: they have the same content. */
    private void undo() throws KernelException {
        try {
            if (mapped) {
                check("unmap the agent", inject(Linux.NR_MUNMAP, StockLayout.AGENT_BASE, StockLayout.AGENT_SIZE));
            }
            if (changed) {
                restoreRegisters();
            }
            sendSignals();
        } finally {
            for (int fd : new int[] {uffd, memFd}) {
                if (fd >= 0) {
                    Linux.close(fd);
                }
            }
        }
    }

    private static String remedy(Exception cause) {
        int errno = cause instanceof KernelException refused ? refused.errno() : 0;
        return switch (errno) {
            case Linux.EMFILE, Linux.ENOMEM, Linux.EAGAIN ->
                "give it larger limits (`ulimit -n`, `-v`, `-u`) if it is to be shared";
            case Linux.EACCES, Linux.EPERM, Linux.ENOENT ->
                "if it is to be shared, start it with the privileges and the root directory of the node";
            default -> "start it with `hitotsu run` by itself if it is to be shared";
        };
    }

    private int spawnHelper() throws KernelException {
        long[] registers = entryRegisters.clone();
        registers[Registers.RIP] = AgentRegion.spawnHelperEntry();
        registers[Registers.RBX] = AgentRegion.controlSlot();
        registers[Registers.RSP] = entryRegisters[Registers.RSP] - 512 & -16L;
        registers[Registers.ORIG_RAX] = -1;
        check("set registers", ptrace.setRegisters(pid, registers));
        check("run the agent", ptrace.cont(pid, 0));
        awaitStop(Linux.SIGTRAP, ptrace::cont);
        check("read registers", ptrace.getRegisters(pid, registers));
        return (int) check("start the helper", registers[Registers.RAX]);
    }

    /** Makes the stopped thread execute one system call. Its result, or {@code -errno}. */
    private long inject(long nr, long... args) throws KernelException {
        while (true) {
            long[] registers = entryRegisters.clone();
            registers[Registers.RIP] = syscallAt;
            registers[Registers.ORIG_RAX] = -1;
            Registers.setCall(registers, nr, args);
            check("set registers", ptrace.setRegisters(pid, registers));
            check("step", ptrace.step(pid));
            awaitStop(Linux.SIGTRAP, (tid, signal) -> ptrace.step(tid));
            check("read registers", ptrace.getRegisters(pid, registers));
            long result = registers[Registers.RAX];
            // Interrupted while its notification waited to be received: the step's trap comes before the kernel
            // restarts it.
            if (result != -Linux.ERESTARTSYS && result != -Linux.ERESTARTNOINTR) {
                return result;
            }
        }
    }

    /** Waits for the stop that the last request leads to; a signal that comes first is kept for later. */
    private void awaitStop(int signal, Resume resume) throws KernelException {
        while (true) {
            check("wait", ptrace.waitFor(pid));
            int status = ptrace.lastStatus();
            if (!Ptrace.stopped(status)) {
                throw new KernelException("the program ended while it was prepared");
            }
            // An interrupt that was asked for before the exec can still come (event), in the middle of a call even,
            // which
            // the kernel then restarts.
            if (Ptrace.event(status) == 0 && Ptrace.stopSignal(status) == signal) {
                return;
            }
            if (Ptrace.event(status) == 0) {
                signals.add(Ptrace.stopSignal(status));
            }
            check("continue", resume.resume(pid, 0));
        }
    }

    /** How the thread goes on to the stop that is waited for. */
    private interface Resume {
        long resume(int tid, int signal);
    }
}
