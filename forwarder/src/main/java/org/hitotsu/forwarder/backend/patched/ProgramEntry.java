package org.hitotsu.forwarder.backend.patched;

import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;
import org.hitotsu.bpf.CaptureEvent;
import org.hitotsu.forwarder.backend.Backend.Adoption;
import org.hitotsu.forwarder.backend.OriginSpace;
import org.hitotsu.forwarder.backend.SpaceLayout;
import org.hitotsu.forwarder.backend.UnsharedException;
import org.hitotsu.forwarder.backend.common.Freezer;
import org.hitotsu.forwarder.backend.common.KernelException;
import org.hitotsu.forwarder.backend.common.ProgramLayout;
import org.hitotsu.forwarder.backend.common.Userfault;
import org.hitotsu.forwarder.backend.common.VmaTable;
import org.hitotsu.forwarder.loop.LoopFd;
import org.hitotsu.forwarder.nativecall.Linux;
import org.hitotsu.forwarder.nativecall.ProcFiles;
import org.hitotsu.forwarder.syscall.Tie;
import org.jspecify.annotations.Nullable;

/**
 * A process on its way into a program: attached before it executes it, parked by the kernel before the program's first
 * instruction, and given a userfaultfd by system calls that it makes there. Event loop only.
 */
final class ProgramEntry implements Adoption {
    private final Context context;
    private final int pid;
    private final Consumer<PatchedOriginSpace> spaces;
    private final Promise<OriginSpace> prepared = Promise.promise();
    private @Nullable Attachment attachment;
    private @Nullable LoopFd endWatch;
    private int pidfd = -1;
    /** Whether it is a shared program's next one. */
    private boolean replaces;

    private ProgramEntry(Context context, int pid, Consumer<PatchedOriginSpace> spaces) {
        this.context = context;
        this.pid = pid;
        this.spaces = spaces;
    }

    /**
     * Takes over a process that is about to execute a program.
     *
     * @param clusterCpus whether it is told of the processors of all nodes
     * @param spaces is told of each program that was prepared
     */
    static ProgramEntry attach(
            Context context, Hooks hooks, int pid, boolean clusterCpus, Consumer<PatchedOriginSpace> spaces)
            throws KernelException {
        ProgramEntry entry = new ProgramEntry(context, pid, spaces);
        entry.watchEnd();
        try {
            entry.attachment = Attachment.origin(hooks, pid, clusterCpus, entry::onEvent);
            return entry;
        } catch (KernelException e) {
            entry.release();
            throw e;
        }
    }

    /**
     * The process, which has an attachment, is parked before the first instruction of its next program.
     *
     * @param tie what ties the thread that has executed it to the origin; null if nothing does
     */
    static ProgramEntry again(
            Context context,
            Attachment attachment,
            int pid,
            Tie.@Nullable Kind tie,
            Consumer<PatchedOriginSpace> spaces) {
        ProgramEntry entry = new ProgramEntry(context, pid, spaces);
        entry.attachment = attachment;
        entry.replaces = true;
        try {
            entry.watchEnd();
            if (tie == Tie.Kind.FILTER) {
                // It would be asked of the calls that prepare the program, too, and may end the process for one.
                entry.unprepared(new KernelException("its thread " + tie.why()));
            } else {
                entry.prepare();
            }
        } catch (KernelException e) {
            entry.unprepared(e);
        }
        return entry;
    }

    private void watchEnd() throws KernelException {
        pidfd = (int) KernelException.check("pidfd_open", Linux.pidfdOpen(pid));
        endWatch = LoopFd.watch(
                context,
                pidfd,
                readable -> fail(new KernelException("process " + pid + " ended before it became the program")));
    }

    private Attachment attachment() {
        return Objects.requireNonNull(attachment, "attached");
    }

    private void onEvent(CaptureEvent event) {
        if (event.type() == CaptureEvent.Type.REPLACED) {
            prepare();
        }
    }

    private void prepare() {
        HitotsuDevice device = attachment().device();
        CallRunner calls = new CallRunner(device, pid);
        attachment().handler(event -> {
            if (event.type() == CaptureEvent.Type.EXECUTED) {
                calls.onExecuted(event);
            }
        });
        calls.require("userfaultfd", Linux.NR_USERFAULTFD, Linux.O_CLOEXEC | Linux.O_NONBLOCK)
                .compose(there ->
                        fetch(there.intValue()).eventually(() -> calls.require("close", Linux.NR_CLOSE, there)))
                .onSuccess(this::ready)
                .onFailure(this::unprepared);
    }

    private Future<Userfault> fetch(int there) {
        long here = Linux.pidfdGetfd(pidfd, there);
        if (here < 0) {
            return Future.failedFuture(new KernelException("pidfd_getfd", here));
        }
        Userfault uffd = new Userfault((int) here);
        long enabled = uffd.enable(PatchedLayout.FEATURE_PRIVATE_FILE);
        if (enabled < 0) {
            uffd.close();
            return Future.failedFuture(new KernelException("UFFDIO_API", enabled));
        }
        return Future.succeededFuture(uffd);
    }

    private void ready(Userfault uffd) {
        SpaceLayout layout;
        try {
            layout = ProgramLayout.read(pid, VmaTable.parse(ProcFiles.lines(Path.of("/proc/" + pid + "/maps"))));
        } catch (IOException e) {
            uffd.close();
            unprepared(e);
            return;
        }
        Attachment ours = attachment();
        PatchedOriginThreads threads = new PatchedOriginThreads(
                context, ours.device(), pid, List.of(pid), tie -> again(context, ours, pid, tie, spaces));
        ours.handler(threads::onEvent);
        ours.shared();
        unwatch();
        PatchedOriginSpace space = new PatchedOriginSpace(context, ours, pid, pidfd, layout, threads, uffd, true);
        spaces.accept(space);
        prepared.tryComplete(space);
    }

    @Override
    public Future<OriginSpace> prepared() {
        return prepared.future();
    }

    @Override
    public Future<Void> start() {
        attachment().device().resume(pid, null, PatchedLayout.HOME);
        return Future.succeededFuture();
    }

    /** A step failed: a program that takes a shared one's place runs on natively, and one that is just started is ended. */
    private void unprepared(Throwable cause) {
        if (!replaces) {
            fail(cause);
        } else if (!prepared.future().isComplete()) {
            letGo().onSuccess(gone -> {
                        if (prepared.tryFail(new UnsharedException(
                                cause.getMessage()
                                        + "; start it with `hitotsu run` by itself, as root, if it is to be shared",
                                cause))) {
                            release();
                        }
                    })
                    .onFailure(this::fail);
        }
    }

    /**
     * Lets the parked program run, and no thread of it be parked when the device is closed, which would end it: see
     * {@link PatchedOriginSpace#letGo}. It may run, and make threads or execute a program, before it is frozen.
     */
    private Future<Void> letGo() {
        Attachment ours = attachment();
        ours.handler(event -> {
            switch (event.type()) {
                case BORN, REPLACED -> ours.device().resume(event.tid(), null, PatchedLayout.HOME);
                case CAPTURED -> ours.device().proceed(event.tid(), event.sequence(), false);
                default -> {
                    // It is let go.
                }
            }
        });
        ours.unshared();
        ours.device().resume(pid, null, PatchedLayout.HOME);
        Freezer freezer = new Freezer(context, pid);
        return freezer.freeze(tid -> false)
                .<Void>map(frozen -> {
                    ours.close();
                    return null;
                })
                .eventually(freezer::thaw);
    }

    private void fail(Throwable cause) {
        if (prepared.tryFail(cause)) {
            if (pidfd >= 0) {
                Linux.pidfdSendSignal(pidfd, Linux.SIGKILL);
            } else {
                Linux.kill(pid, Linux.SIGKILL);
            }
            release();
        }
    }

    private void unwatch() {
        if (endWatch != null) {
            endWatch.close();
            endWatch = null;
        }
    }

    private void release() {
        unwatch();
        if (attachment != null) {
            attachment.close();
        }
        if (pidfd >= 0) {
            Linux.close(pidfd);
            pidfd = -1;
        }
    }
}
