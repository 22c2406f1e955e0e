package org.hitotsu.forwarder.backend.patched;

import io.vertx.core.Context;
import io.vertx.core.Future;
import java.io.IOException;
import java.util.Map;
import org.hitotsu.forwarder.backend.CallMemory;
import org.hitotsu.forwarder.backend.OriginSpace;
import org.hitotsu.forwarder.backend.OriginThreads;
import org.hitotsu.forwarder.backend.PagePort;
import org.hitotsu.forwarder.backend.ProcessorPort;
import org.hitotsu.forwarder.backend.SpaceLayout;
import org.hitotsu.forwarder.backend.common.Freezer;
import org.hitotsu.forwarder.backend.common.FrozenProcess;
import org.hitotsu.forwarder.backend.common.KernelCallMemory;
import org.hitotsu.forwarder.backend.common.KernelException;
import org.hitotsu.forwarder.backend.common.KernelProcessors;
import org.hitotsu.forwarder.backend.common.ProgramOutput;
import org.hitotsu.forwarder.backend.common.Userfault;
import org.hitotsu.forwarder.backend.common.VmaTable;
import org.hitotsu.forwarder.loop.LoopFd;
import org.hitotsu.forwarder.nativecall.Linux;
import org.jspecify.annotations.Nullable;

/** A prepared program at its origin, with everything the daemon holds of it. */
final class PatchedOriginSpace implements OriginSpace {
    private final Context context;
    private final Attachment attachment;
    private final int pid;
    private final int pidfd;
    private final SpaceLayout layout;
    private final PatchedOriginThreads threads;
    private final ProcessorPort processors;
    private final CallMemory callMemory;
    private final VmaTable vmas;
    private final PatchedOriginPages pages;
    private @Nullable String homebound;
    private final LoopFd endWatch;
    private final boolean watchedFromStart;
    private Runnable onClose = () -> {};
    private boolean closed;

    /**
     * @param pidfd which is this object's from now on
     * @param watchedFromStart whether the program has not run yet
     */
    PatchedOriginSpace(
            Context context,
            Attachment attachment,
            int pid,
            int pidfd,
            SpaceLayout layout,
            PatchedOriginThreads threads,
            Userfault uffd,
            boolean watchedFromStart) {
        this.context = context;
        this.watchedFromStart = watchedFromStart;
        this.attachment = attachment;
        this.pid = pid;
        this.pidfd = pidfd;
        this.layout = layout;
        this.threads = threads;
        this.processors = new KernelProcessors();
        this.callMemory = new KernelCallMemory(context);
        // Not the process's own: that of its first thread, which may end before the others.
        this.vmas = new VmaTable(threads::livingThread);
        this.pages = new PatchedOriginPages(context, uffd, vmas);
        threads.trapPage(page -> pages.leaveFaults(page, TrapPage.SIZE));
        this.endWatch = LoopFd.watch(context, pidfd, readable -> ended());
    }

    private void ended() {
        endWatch.close();
        threads.processEnded();
    }

    void onClose(Runnable action) {
        onClose = action;
    }

    @Override
    public int pid() {
        return pid;
    }

    @Override
    public SpaceLayout layout() {
        return layout;
    }

    @Override
    public OriginThreads threads() {
        return threads;
    }

    @Override
    public PagePort pages() {
        return pages;
    }

    @Override
    public ProcessorPort processors() {
        return processors;
    }

    @Override
    public CallMemory callMemory() {
        return callMemory;
    }

    @Override
    public void vmasChanged() {
        vmas.changed();
    }

    @Override
    public void leaveFaults(long start, long length) {
        pages.leaveFaults(start, length);
    }

    @Override
    public Runnable moving(long start, long length) {
        return pages.moving(start, length);
    }

    /** Pages that are in direct use are refused by the kernel when they are to be taken (UFFDIO_EXTRACT). */
    @Override
    public @Nullable String homebound() {
        return homebound;
    }

    @Override
    public void stayHome(String why) {
        homebound = why;
    }

    /** fault_in_user_writeable() of this kernel waits for a userfaultfd. */
    @Override
    public boolean isReached(long page) {
        return true;
    }

    @Override
    public void keep(long page) {
        vmas.keep(page);
    }

    /** Pages of any private mapping can be taken, so the thread's own call is all there is to do. */
    @Override
    public Future<@Nullable Long> mapFile(
            int tid, long address, long length, int prot, int flags, int fd, long offset) {
        return threads.execInSpace(tid, Linux.NR_MMAP, address, length, prot, flags, fd, offset)
                .map(at -> at);
    }

    /** Mappings are the program's own. */
    @Override
    public void mayBeReplaced(long start) {}

    /** A private mapping of a file: from the file, at each touch. */
    @Override
    public boolean isRefilled(long start, long length) {
        long end = start + length;
        return start >= 0 && end > start && (isFile(start) || isFile(end - 1));
    }

    /** What is known already is looked at: who gives memory back does so often, and hardly ever several mappings at once. */
    private boolean isFile(long address) {
        VmaTable.Vma vma = vmas.find(address);
        return vma != null && vma.kind() == VmaTable.Kind.FILE;
    }

    @Override
    public boolean watchedFromStart() {
        return watchedFromStart;
    }

    /**
     * With every thread in a ptrace stop, none is parked: so the kernel lets the process go when its device is closed, where
     * it would end one with a parked thread. A thread that was just resumed or born could not be told from a parked one.
     * Those that wait captured are no obstacle, and make their calls natively.
     */
    @Override
    public Future<Void> letGo() {
        Freezer freezer = new Freezer(context, pid);
        attachment.unshared();
        return freezer.freeze(threads::isCaptured)
                .compose(frozen -> {
                    Map<Integer, ThreadRequests.Captured> rseqs = threads.rseqs();
                    return freezer.run(process -> giveBack(rseqs, process));
                })
                .compose(done -> {
                    if (closed) {
                        return Future.<Void>failedFuture(
                                "has ended, or executes another program; look at `hitotsu ps`");
                    }
                    close();
                    return Future.succeededFuture();
                })
                .onFailure(cause -> {
                    if (!closed) {
                        attachment.shared();
                    }
                })
                .eventually(freezer::thaw);
    }

    /** Registers restartable sequences again; a thread that can't be made to make calls now does without. How many. */
    private static int giveBack(Map<Integer, ThreadRequests.Captured> rseqs, FrozenProcess process)
            throws KernelException, IOException {
        int given = 0;
        for (Map.Entry<Integer, ThreadRequests.Captured> entry : rseqs.entrySet()) {
            ThreadRequests.Captured had = entry.getValue();
            if (process.canCall(entry.getKey())) {
                process.call(
                        entry.getKey(),
                        Linux.NR_RSEQ,
                        had.rseq(),
                        had.rseqLength(),
                        0,
                        had.rseqSignature() & 0xffffffffL);
                given++;
            }
        }
        return given;
    }

    @Override
    public void kill(String why) {
        if (!closed) {
            ProgramOutput.printError(pidfd, why);
            Linux.pidfdSendSignal(pidfd, Linux.SIGKILL);
        }
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            endWatch.close();
            threads.close();
            pages.close();
            Linux.close(pidfd);
            if (!threads.replaced()) {
                attachment.close();
            }
            onClose.run();
        }
    }
}
