package org.hitotsu.forwarder.backend.patched;

import static org.hitotsu.forwarder.backend.common.KernelException.check;

import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.List;
import java.util.Objects;
import org.hitotsu.bpf.CaptureEvent;
import org.hitotsu.forwarder.backend.SpaceLayout;
import org.hitotsu.forwarder.backend.common.KernelException;
import org.hitotsu.forwarder.backend.common.Userfault;
import org.hitotsu.forwarder.backend.patched.PatchedLayout.Loader;
import org.hitotsu.forwarder.nativecall.Linux;
import org.jspecify.annotations.Nullable;

/**
 * Makes a shadow: starts a process which only waits, parks it, and has it make the system calls that turn its address
 * space into the blank canvas, one memfd whose file offset is the address. No code runs in it. Event loop only.
 */
final class ShadowEntry {
    /** Lowest address of the canvas: mmap_min_addr's usual value. */
    static final long CANVAS_START = 0x10000;
    /** Its end: the last page below the non-canonical hole is nobody's. */
    static final long CANVAS_END = 0x7ffffffff000L;

    private static final int SIG_SETMASK = 2;
    private static final int PR_SET_NAME = 15;
    private static final int ARCH_MAP_VDSO_64 = 0x2003;
    private static final int MADV_NOHUGEPAGE = 15;
    private static final int MFD_CLOEXEC = 1;
    private static final long ALL_DESCRIPTORS = 0xffffffffL;

    /** What is left of making it: the process is parked, its memory the canvas. */
    record Made(ShadowProcess process, Attachment attachment, CallRunner calls, int canvas, Userfault uffd) {}

    /** Ranges of the canvas: all of it, but for the kernel's own mappings. */
    record Range(long start, long end) {
        long length() {
            return end - start;
        }
    }

    private final Hooks hooks;
    private final SpaceLayout layout;
    private final Promise<Made> made = Promise.promise();
    private final ShadowProcess process;
    private int canvas = -1;
    private @Nullable Userfault uffd;
    private @Nullable Attachment attachment;
    private @Nullable CallRunner calls;

    private ShadowEntry(Hooks hooks, SpaceLayout layout, ShadowProcess process) {
        this.hooks = hooks;
        this.layout = layout;
        this.process = process;
        process.onEnded(() -> fail(new KernelException("the shadow ended before it was made")));
    }

    /**
     * Starts one. On the thread that lives as long as the daemon, the event loop: when the parent's thread ends, the
     * process does too.
     *
     * @param loader path of hitotsu-blank
     */
    static Future<Made> make(Context context, Hooks hooks, String loader, SpaceLayout layout) {
        ShadowEntry entry;
        try {
            entry = new ShadowEntry(hooks, layout, ShadowProcess.start(context, loader));
        } catch (KernelException e) {
            return Future.failedFuture(e);
        }
        entry.attach();
        return entry.made.future();
    }

    private void attach() {
        int pid = process.pid();
        try {
            Attachment ours = Attachment.shadow(hooks, pid, layout.pid(), this::onEvent);
            attachment = ours;
            calls = new CallRunner(ours.device(), pid);
            long asked = ours.device().park(pid);
            // Busy: it is parked already, of which REPLACED tells.
            check("park the shadow", asked == -Linux.EBUSY ? 0 : asked);
        } catch (KernelException e) {
            fail(e);
        }
    }

    private CallRunner calls() {
        return Objects.requireNonNull(calls, "attached");
    }

    private void onEvent(CaptureEvent event) {
        switch (event.type()) {
            // Its parent is let go before its execve is over (exec_mm_release() comes before the new memory is its
            // own), so
            // it can be attached with the old one: then the end of the execve parks it, in place of the request.
            case PARKED, REPLACED -> becomeCanvas();
            case EXECUTED -> calls().onExecuted(event);
            default -> fail(new KernelException("the shadow did what it should not: " + event.type()));
        }
    }

    private void becomeCanvas() {
        CallRunner run = calls();
        // No signal is ever to reach it. Its threads inherit that.
        run.require("block signals", Linux.NR_RT_SIGPROCMASK, SIG_SETMASK, Loader.ALL_SIGNALS, 0, 8)
                .compose(ok -> run.require("name the shadow", Linux.NR_PRCTL, PR_SET_NAME, Loader.NAME))
                // Nothing of the daemon's: no descriptor, no terminal whose signals would reach it.
                .compose(ok -> run.require("close_range", Linux.NR_CLOSE_RANGE, 0, ALL_DESCRIPTORS, 0))
                .compose(ok -> run.require("setsid", Linux.NR_SETSID))
                .compose(ok -> run.require("memfd_create", Linux.NR_MEMFD_CREATE, Loader.CANVAS_NAME, MFD_CLOEXEC))
                .compose(fd -> run.require("size the canvas", Linux.NR_FTRUNCATE, fd, CANVAS_END)
                        .compose(ok -> run.require("munmap", Linux.NR_MUNMAP, 0, CANVAS_END))
                        .compose(ok -> mapSpecial())
                        .compose(ok -> mapCanvas(fd))
                        .compose(ok -> fetch(fd)))
                .compose(fd -> {
                    canvas = fd;
                    return run.require("userfaultfd", Linux.NR_USERFAULTFD, Linux.O_CLOEXEC | Linux.O_NONBLOCK);
                })
                .compose(this::fetch)
                .compose(this::register)
                // The daemon has them now.
                .compose(ok -> run.require("close_range", Linux.NR_CLOSE_RANGE, 0, ALL_DESCRIPTORS, 0))
                .onSuccess(ok -> made.complete(new Made(
                        process, Objects.requireNonNull(attachment), run, canvas, Objects.requireNonNull(uffd))))
                .onFailure(this::fail);
    }

    private Future<Long> mapSpecial() {
        return layout.specialStart() == 0
                ? Future.succeededFuture(0L)
                : calls().require("map the vdso", Linux.NR_ARCH_PRCTL, ARCH_MAP_VDSO_64, layout.specialStart());
    }

    private Future<Long> mapCanvas(long fd) {
        int prot = Linux.PROT_READ | Linux.PROT_WRITE | Linux.PROT_EXEC;
        int flags = Linux.MAP_SHARED | Linux.MAP_FIXED_NOREPLACE | Linux.MAP_NORESERVE;
        Future<Long> mapped = Future.succeededFuture(0L);
        for (Range range : canvas(layout)) {
            mapped = mapped.compose(ok -> calls().require(
                                    "map the canvas",
                                    Linux.NR_MMAP,
                                    range.start(),
                                    range.length(),
                                    prot,
                                    flags,
                                    fd,
                                    range.start()))
                    // A huge page would be one page to the kernel and 512 to the protocol.
                    .compose(at -> calls().require("madvise", Linux.NR_MADVISE, at, range.length(), MADV_NOHUGEPAGE));
        }
        return mapped;
    }

    /** What is mapped of the canvas, around the kernel's own mappings. */
    static List<Range> canvas(SpaceLayout layout) {
        long special = layout.specialStart();
        return special == 0
                ? List.of(new Range(CANVAS_START, CANVAS_END))
                : List.of(new Range(CANVAS_START, special), new Range(special + layout.specialLength(), CANVAS_END));
    }

    private Future<Integer> fetch(long there) {
        long here = process.fetch(there);
        return here < 0
                ? Future.failedFuture(new KernelException("pidfd_getfd", here))
                : Future.succeededFuture((int) here);
    }

    private Future<Void> register(int fd) {
        Userfault ours = new Userfault(fd);
        uffd = ours;
        try {
            check("UFFDIO_API", ours.enable(0));
            for (Range range : canvas(layout)) {
                check("register the canvas", ours.register(range.start(), range.length()));
            }
            return Future.succeededFuture();
        } catch (KernelException e) {
            return Future.failedFuture(e);
        }
    }

    private void fail(Throwable cause) {
        if (!made.tryFail(cause)) {
            return;
        }
        process.kill();
        if (attachment != null) {
            attachment.close();
        }
        if (uffd != null) {
            uffd.close();
        }
        if (canvas >= 0) {
            Linux.close(canvas);
        }
    }
}
