package org.hitotsu.forwarder.backend.patched;

import io.vertx.core.Context;
import io.vertx.core.Future;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;
import org.hitotsu.forwarder.backend.Backend.Adoption;
import org.hitotsu.forwarder.backend.OriginSpace;
import org.hitotsu.forwarder.backend.SpaceLayout;
import org.hitotsu.forwarder.backend.common.Freezer;
import org.hitotsu.forwarder.backend.common.FrozenProcess;
import org.hitotsu.forwarder.backend.common.KernelException;
import org.hitotsu.forwarder.backend.common.ProgramLayout;
import org.hitotsu.forwarder.backend.common.Userfault;
import org.hitotsu.forwarder.backend.common.VmaTable;
import org.hitotsu.forwarder.nativecall.Linux;
import org.hitotsu.forwarder.nativecall.ProcFiles;

/**
 * A process that runs already, on its way under sharing. It is frozen meanwhile: so none of its threads is in a call that
 * changes its memory when they are attached, and none of their later calls is missed. Event loop only.
 */
final class RunningEntry implements Adoption {
    /** What is taken out of the frozen process. */
    private record Taken(int pidfd, Userfault uffd, SpaceLayout layout, List<Integer> threads) {}

    private final Freezer freezer;
    private final PatchedOriginSpace space;

    private RunningEntry(Freezer freezer, PatchedOriginSpace space) {
        this.freezer = freezer;
        this.space = space;
    }

    /**
     * Prepares a process, which is left as it was if that fails.
     *
     * @param spaces is told of each program that was prepared
     */
    static Future<Adoption> attach(Context context, Hooks hooks, int pid, Consumer<PatchedOriginSpace> spaces) {
        Freezer freezer = new Freezer(context, pid);
        return freezer.freeze(tid -> false)
                .compose(frozen -> freezer.run(process -> take(pid, process)))
                .<Adoption>compose(taken -> {
                    try {
                        PatchedOriginSpace space = share(context, hooks, pid, taken, spaces);
                        spaces.accept(space);
                        return Future.succeededFuture(new RunningEntry(freezer, space));
                    } catch (KernelException e) {
                        taken.uffd().close();
                        Linux.close(taken.pidfd());
                        return Future.failedFuture(e);
                    }
                })
                .recover(cause -> freezer.thaw().transform(thawed -> Future.failedFuture(cause)));
    }

    private static Taken take(int pid, FrozenProcess process) throws KernelException, IOException {
        int pidfd = (int) KernelException.check("pidfd_open", Linux.pidfdOpen(pid));
        boolean done = false;
        try {
            int caller = process.caller();
            long there = KernelException.check(
                    "userfaultfd", process.call(caller, Linux.NR_USERFAULTFD, Linux.O_CLOEXEC | Linux.O_NONBLOCK));
            long here = Linux.pidfdGetfd(pidfd, (int) there);
            process.call(caller, Linux.NR_CLOSE, there);
            Userfault uffd = new Userfault((int) KernelException.check("pidfd_getfd", here));
            long enabled = uffd.enable(PatchedLayout.FEATURE_PRIVATE_FILE);
            if (enabled < 0) {
                uffd.close();
                throw new KernelException("UFFDIO_API", enabled);
            }
            List<String> maps = ProcFiles.lines(Path.of("/proc/" + pid + "/maps"));
            done = true;
            return new Taken(pidfd, uffd, ProgramLayout.read(pid, VmaTable.parse(maps)), process.stopped());
        } finally {
            if (!done) {
                Linux.close(pidfd);
            }
        }
    }

    private static PatchedOriginSpace share(
            Context context, Hooks hooks, int pid, Taken taken, Consumer<PatchedOriginSpace> spaces)
            throws KernelException {
        Attachment attachment = Attachment.origin(hooks, pid, false, event -> {});
        PatchedOriginThreads threads = new PatchedOriginThreads(
                context,
                attachment.device(),
                pid,
                taken.threads(),
                tie -> ProgramEntry.again(context, attachment, pid, tie, spaces));
        attachment.handler(threads::onEvent);
        attachment.shared();
        return new PatchedOriginSpace(
                context, attachment, pid, taken.pidfd(), taken.layout(), threads, taken.uffd(), false);
    }

    @Override
    public Future<OriginSpace> prepared() {
        return Future.succeededFuture(space);
    }

    @Override
    public Future<Void> start() {
        return freezer.thaw();
    }
}
