package org.hitotsu.forwarder.backend.stock;

import static org.hitotsu.forwarder.backend.common.KernelException.check;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.hitotsu.forwarder.backend.SpaceLayout;
import org.hitotsu.forwarder.backend.common.FrozenProcess;
import org.hitotsu.forwarder.backend.common.KernelException;
import org.hitotsu.forwarder.backend.common.ProcessStatus;
import org.hitotsu.forwarder.backend.common.ProgramLayout;
import org.hitotsu.forwarder.backend.common.Userfault;
import org.hitotsu.forwarder.backend.common.VmaTable;
import org.hitotsu.forwarder.nativecall.Linux;
import org.hitotsu.forwarder.nativecall.NativeMemory;
import org.hitotsu.forwarder.nativecall.ProcFiles;
import org.hitotsu.forwarder.nativecall.Ptrace;
import org.hitotsu.forwarder.nativecall.Ptrace.Registers;

/**
 * Prepares a process that runs already as {@link ProgramPreparation} does one that has not begun; and installs the filter in
 * all its threads, which are frozen meanwhile. On the tracing thread, blocking it for some milliseconds.
 */
final class RunningPreparation {
    /** It holds up what the other programs ask of the tracing thread. */
    private static final long FREEZE_NANOS = TimeUnit.SECONDS.toNanos(1);

    private static final long THAW_NANOS = TimeUnit.MILLISECONDS.toNanos(100);
    private static final int SECCOMP_SET_MODE_FILTER = 1;
    /** TSYNC, NEW_LISTENER, TSYNC_ESRCH (Linux 5.7) and WAIT_KILLABLE_RECV (5.19). */
    private static final int FILTER_FLAGS = 1 | 1 << 3 | 1 << 4 | 1 << 5;

    /** In the control slot, whose helper is not there yet. */
    private static final long PROG = AgentRegion.controlSlot() + StockLayout.SHADOW_FILTER - 16;

    /** For struct sigaction, where the filter was. */
    private static final long ACTION = AgentRegion.controlSlot() + StockLayout.SHADOW_FILTER;

    private static final int SIGNALS = 64;

    private static final long FILTER = AgentRegion.controlSlot() + StockLayout.SHADOW_FILTER;

    /**
     * What preparing leaves with the daemon.
     *
     * @param threads the process's threads, frozen
     * @param breaksOff whether it has a handler that makes calls answer EINTR
     */
    record Prepared(
            ProgramPreparation.Prepared program, int pidfd, int listener, List<Integer> threads, boolean breaksOff) {}

    private final Tracer tracer;
    private final Ptrace ptrace;
    private final FrozenProcess process;
    private final AgentRegion region;
    private final int pid;
    private int caller;
    private int uffd = -1;
    private int listener = -1;
    private boolean mapped;

    RunningPreparation(Tracer tracer, Ptrace ptrace, AgentRegion region, int pid) {
        this.tracer = tracer;
        this.ptrace = ptrace;
        this.process = new FrozenProcess(pid, ptrace);
        this.region = region;
        this.pid = pid;
    }

    /** Afterwards the process is frozen; if it fails, the process goes on as it was. */
    Prepared run() throws KernelException, IOException {
        int pidfd = -1;
        int memFd = -1;
        boolean done = false;
        try {
            pidfd = (int) check("pidfd_open", Linux.pidfdOpen(pid));
            process.freeze(tid -> false, FREEZE_NANOS);
            caller = process.caller();
            memFd = (int) check("open /proc/" + pid + "/mem", Linux.open("/proc/" + pid + "/mem", Linux.O_RDWR));
            List<VmaTable.Vma> maps = VmaTable.parse(ProcFiles.lines(Path.of("/proc/" + pid + "/maps")));
            SpaceLayout layout = ProgramLayout.read(pid, maps);
            ProgramParts.mapAgent(
                    this::call, ProgramParts.openAgent(this::call, region, memFd, process.stackPointer(caller)));
            mapped = true;
            uffd = ProgramParts.userfault(this::call, pidfd);
            Userfault fault = new Userfault(uffd);
            check("UFFDIO_API", fault.enable(0));
            fault.release();
            ProgramParts.makeAnonymous(this::call, memFd, maps, FileMappings.LARGEST_COPY);
            listener = ProgramParts.fetch(this::call, pidfd, installFilter());
            boolean breaksOff = breaksOff();
            int helper = spawnHelper();
            done = true;
            return new Prepared(
                    new ProgramPreparation.Prepared(pid, uffd, memFd, helper, layout),
                    pidfd,
                    listener,
                    process.stopped(),
                    breaksOff);
        } finally {
            if (!done) {
                undo(pidfd, memFd);
            }
        }
    }

    /** By the agent's instruction as soon as there is one: the filter lets it pass. */
    private long call(long nr, long... args) throws KernelException, IOException {
        return mapped ? process.callAt(AgentRegion.injectEntry(), caller, nr, args) : process.call(caller, nr, args);
    }

    private long installFilter() throws KernelException, IOException {
        byte[] filter = SeccompFilters.origin(false).toBytes();
        NativeMemory.putLong(region.local(PROG), filter.length / 8);
        NativeMemory.putLong(region.local(PROG) + 8, FILTER);
        NativeMemory.copyIn(region.local(FILTER), filter, 0, filter.length);
        return check("install the seccomp filter", call(Linux.NR_SECCOMP, SECCOMP_SET_MODE_FILTER, FILTER_FLAGS, PROG));
    }

    /** Asks for each handler that the process has. */
    private boolean breaksOff() throws KernelException, IOException {
        ProcessStatus status = ProcessStatus.of(pid);
        long box = region.local(ACTION);
        for (int signal = 1; signal <= SIGNALS; signal++) {
            if (status.catches(signal)) {
                check("rt_sigaction", call(Linux.NR_RT_SIGACTION, signal, 0, ACTION, SIGNALS / 8));
                if (SignalledCall.breaksOff(NativeMemory.getLong(box), NativeMemory.getLong(box + 8))) {
                    return true;
                }
            }
        }
        return false;
    }

    /** The agent's code asks for its process id and makes the helper; then comes a trap, which is not waited for. */
    private int spawnHelper() throws KernelException {
        long stack = region.takeSlot(0);
        try {
            return (int) check("start the helper", process.run(caller, 2, registers -> {
                registers[Registers.RIP] = AgentRegion.spawnHelperEntry();
                registers[Registers.RBX] = AgentRegion.controlSlot();
                registers[Registers.RSP] = AgentRegion.stackTop(stack);
            }));
        } finally {
            region.freeSlot(stack);
        }
    }

    private void undo(int pidfd, int memFd) {
        try {
            if (mapped && listener < 0) {
                call(Linux.NR_MUNMAP, StockLayout.AGENT_BASE, StockLayout.AGENT_SIZE);
            }
        } catch (KernelException | IOException e) {
            // It has ended.
            mapped = false;
        }
        thaw();
        for (int fd : new int[] {uffd, memFd, pidfd}) {
            if (fd >= 0) {
                Linux.close(fd);
            }
        }
    }

    /** The listener of the filter, if there is one: whoever prepares the process has to answer it, come what may. */
    int listener() {
        return listener;
    }

    /** Lets the process go on, under the trace that it is to stay under. */
    void thaw(StandingTrace standing) {
        process.letGo((tid, groupStopped) -> {
            if (!standing.adopt(ptrace, tid, groupStopped)) {
                ptrace.detach(tid, 0);
            }
        });
        thaw();
    }

    private void thaw() {
        process.thaw(THAW_NANOS);
        for (int late : process.awaited()) {
            tracer.handle(late, this::onLateStop);
        }
    }

    private void onLateStop(Ptrace stopped, int tid, int status) {
        // First: the thread may be handed to somebody who wants to hear of it.
        tracer.forget(tid);
        if (!process.letGo(tid, status)) {
            tracer.handle(tid, this::onLateStop);
        }
    }
}
