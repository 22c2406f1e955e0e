package org.hitotsu.forwarder.backend.stock;

import static org.hitotsu.forwarder.backend.common.KernelException.check;
import static org.hitotsu.forwarder.backend.stock.StockLayout.*;

import java.io.IOException;
import org.hitotsu.forwarder.backend.SpaceLayout;
import org.hitotsu.forwarder.backend.common.KernelException;
import org.hitotsu.forwarder.backend.common.Userfault;
import org.hitotsu.forwarder.nativecall.Linux;
import org.hitotsu.forwarder.nativecall.NativeMemory;
import org.hitotsu.forwarder.nativecall.Ptrace;

/** Starts a shadow and takes over its descriptors. Runs on the tracing thread, blocking it for some milliseconds. */
final class ShadowStart {
    /** A shadow which is stopped, ready for its first rendezvous. */
    record Started(int pid, AgentRegion region, int uffd, int canvas, int listener) {}

    private final Tracer tracer;
    private final String loader;
    private final SpaceLayout layout;

    ShadowStart(Tracer tracer, String loader, SpaceLayout layout) {
        this.tracer = tracer;
        this.loader = loader;
        this.layout = layout;
    }

    Started run(Ptrace ptrace) throws KernelException, IOException {
        AgentRegion region = new AgentRegion();
        int pid = 0;
        boolean done = false;
        try {
            long box = region.local(AgentRegion.controlSlot());
            BpfAssembler filter = SeccompFilters.shadow();
            byte[] code = filter.toBytes();
            NativeMemory.copyIn(box + SHADOW_FILTER, code, 0, code.length);
            NativeMemory.putLong(box + SHADOW_FILTER_LEN, filter.length());
            NativeMemory.putLong(box + SHADOW_SPECIAL, layout.specialStart());
            NativeMemory.putLong(box + SHADOW_SPECIAL_LEN, layout.specialLength());
            String path = "/proc/" + Linux.getpid() + "/fd/" + region.memfd();
            pid = (int) check("start " + loader, Linux.spawn(loader, path));
            int options = Ptrace.OPTION_EXITKILL | Ptrace.OPTION_CLONE | Ptrace.OPTION_SYSGOOD;
            check("trace the shadow", ptrace.seize(pid, pid, options));
            NativeMemory.putIntVolatile(box + SHADOW_GO, 1);
            Linux.futexWake(box + SHADOW_GO);
            awaitReady(ptrace, pid, box);
            int pidfd = (int) check("pidfd_open", Linux.pidfdOpen(pid));
            try {
                int uffd = fetch(pidfd, box + SHADOW_UFFD);
                int canvas = fetch(pidfd, box + SHADOW_MEMFD);
                int listener = fetch(pidfd, box + SHADOW_LISTENER);
                register(uffd);
                done = true;
                return new Started(pid, region, uffd, canvas, listener);
            } finally {
                Linux.close(pidfd);
            }
        } finally {
            if (!done) {
                if (pid > 0) {
                    Linux.kill(pid, Linux.SIGKILL);
                    tracer.forget(pid);
                }
                region.close();
            }
        }
    }

    private static void awaitReady(Ptrace ptrace, int pid, long box) throws KernelException {
        while (true) {
            check("wait for the shadow", ptrace.waitFor(pid));
            int status = ptrace.lastStatus();
            if (!Ptrace.stopped(status)) {
                throw new KernelException("the shadow ended with status " + status + " before it was ready");
            }
            if (Ptrace.event(status) == 0 && Ptrace.stopSignal(status) == Linux.SIGTRAP) {
                break;
            }
            check("continue the shadow", ptrace.cont(pid, 0));
        }
        long step = NativeMemory.getLong(box + SHADOW_FAILED);
        if (step != 0) {
            throw new KernelException("prepare the shadow, step " + step, NativeMemory.getLong(box + SHADOW_ERRNO));
        }
    }

    private static int fetch(int pidfd, long field) throws KernelException {
        return (int) check("pidfd_getfd", Linux.pidfdGetfd(pidfd, (int) NativeMemory.getLong(field)));
    }

    private void register(int fd) throws KernelException {
        Userfault uffd = new Userfault(fd);
        check("UFFDIO_API", uffd.enable(0));
        long special = layout.specialStart();
        check("register the canvas", uffd.register(CANVAS_START, AGENT_BASE - CANVAS_START));
        if (special == 0) {
            check("register the canvas", uffd.register(AGENT_END, CANVAS_END - AGENT_END));
        } else {
            long end = special + layout.specialLength();
            check("register the canvas", uffd.register(AGENT_END, special - AGENT_END));
            check("register the canvas", uffd.register(end, CANVAS_END - end));
        }
        uffd.release();
    }
}
