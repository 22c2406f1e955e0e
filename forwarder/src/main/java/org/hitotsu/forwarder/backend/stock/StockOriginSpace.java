package org.hitotsu.forwarder.backend.stock;

import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.Map;
import java.util.Set;
import org.hitotsu.forwarder.backend.CallMemory;
import org.hitotsu.forwarder.backend.OriginSpace;
import org.hitotsu.forwarder.backend.OriginThreads;
import org.hitotsu.forwarder.backend.PagePort;
import org.hitotsu.forwarder.backend.ProcessorPort;
import org.hitotsu.forwarder.backend.SpaceLayout;
import org.hitotsu.forwarder.backend.common.DirectUse;
import org.hitotsu.forwarder.backend.common.KernelCallMemory;
import org.hitotsu.forwarder.backend.common.KernelException;
import org.hitotsu.forwarder.backend.common.KernelProcessors;
import org.hitotsu.forwarder.backend.common.ProgramOutput;
import org.hitotsu.forwarder.backend.common.Userfault;
import org.hitotsu.forwarder.backend.common.VmaTable;
import org.hitotsu.forwarder.loop.LoopFd;
import org.hitotsu.forwarder.nativecall.Linux;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A prepared program at its origin, with everything the daemon holds of it. */
final class StockOriginSpace implements OriginSpace {
    private static final Logger LOG = LoggerFactory.getLogger(StockOriginSpace.class);

    private final Context context;
    private final Tracer tracer;
    private final String keeperPath;
    private final ProgramPreparation.Prepared program;
    private final AgentRegion region;
    private final StockOriginThreads threads;
    private final OriginPages pages;
    private final FileMappings files;
    private final CopiedCalls copiedCalls;
    private final FileCopies copies = new FileCopies(Linux::close);
    private final ProcessorPort processors;
    private final CallMemory callMemory;
    private final VmaTable vmas;
    private @Nullable String homebound;
    private final int pidfd;
    private final LoopFd endWatch;
    private final int helperFd;
    private final @Nullable LoopFd helperWatch;
    private final boolean watchedFromStart;
    /** The last attempt to let the program go. */
    private @Nullable ProgramRelease lastRelease;

    private Runnable onClose = () -> {};
    /** The program is being let go, for which the helper is ended. */
    private boolean takingOut;

    private boolean helperGone;

    private boolean closed;
    private boolean ended;

    StockOriginSpace(
            Context context,
            Tracer tracer,
            String keeperPath,
            ProgramPreparation.Prepared program,
            AgentRegion region,
            StockOriginThreads threads,
            int pidfd,
            boolean watchedFromStart) {
        this.context = context;
        this.tracer = tracer;
        this.keeperPath = keeperPath;
        this.watchedFromStart = watchedFromStart;
        this.program = program;
        this.region = region;
        this.threads = threads;
        this.processors = new KernelProcessors();
        this.callMemory = new KernelCallMemory(context);
        this.pidfd = pidfd;
        // The helper has the same memory, and keeps it when the program's first thread ends before the others.
        this.vmas = new VmaTable(program::helperPid, StockLayout.AGENT_BASE, StockLayout.AGENT_END);
        Userfault uffd = new Userfault(program.uffd());
        this.pages = new OriginPages(context, uffd, program.memFd(), vmas, threads.helper()::discard);
        this.files = new FileMappings(context, threads, pages, program, pidfd, copies);
        this.copiedCalls = new CopiedCalls(threads::execForProgram, pages, files, copies);
        threads.copiedCalls(copiedCalls);
        this.endWatch = LoopFd.watch(context, pidfd, readable -> ended());
        this.helperFd = (int) Linux.pidfdOpen(program.helperPid());
        this.helperWatch = helperFd < 0 ? null : LoopFd.watch(context, helperFd, readable -> helperEnded());
        if (helperFd < 0) {
            LOG.warn("process {}: its helper can't be watched: {}", program.pid(), Linux.errorName(helperFd));
        }
        threads.leaving(this::leave);
    }

    void onClose(Runnable action) {
        onClose = action;
    }

    /** The program is replaced by one that is left alone, under the filter: a keeper gets the listener. */
    private void leave() {
        try {
            Keeper keeper = Keeper.start(keeperPath, threads.notifications().fd());
            threads.endHelper();
            threads.letHappen();
            close();
            keeper.begin();
            keeper.close();
        } catch (KernelException e) {
            LOG.warn("process {}: runs on only as long as this daemon: {}", program.pid(), e.getMessage());
            close();
        }
    }

    private void ended() {
        if (!ended) {
            ended = true;
            endWatch.close();
            threads.processEnded();
        }
    }

    private void helperEnded() {
        unwatchHelper();
        helperGone = true;
        missHelper();
    }

    /** All that waits for the helper would wait for ever. */
    private void missHelper() {
        if (helperGone && !takingOut && !ended && !closed) {
            pages.broken("the helper, which makes calls in its memory, has ended");
        }
    }

    private void unwatchHelper() {
        if (helperWatch != null) {
            helperWatch.close();
        }
    }

    @Override
    public int pid() {
        return program.pid();
    }

    @Override
    public SpaceLayout layout() {
        return program.layout();
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

    @Override
    public @Nullable String homebound() {
        return homebound != null ? homebound : DirectUse.from(program.pid());
    }

    @Override
    public void stayHome(String why) {
        homebound = why;
    }

    /** fault_in_user_writeable() answers EFAULT where it would have to wait for a userfaultfd. */
    @Override
    public boolean isReached(long page) {
        return vmas.isKept(page);
    }

    @Override
    public void keep(long page) {
        vmas.keep(page);
    }

    @Override
    public Future<@Nullable Long> mapFile(
            int tid, long address, long length, int prot, int flags, int fd, long offset) {
        return files.map(tid, address, length, prot, flags, fd, offset);
    }

    @Override
    public void mayBeReplaced(long start) {
        copies.forget(start, Long.MAX_VALUE);
    }

    @Override
    public boolean isRefilled(long start, long length) {
        return copiedCalls.isCopied(start, length);
    }

    @Override
    public boolean watchedFromStart() {
        return watchedFromStart;
    }

    @Override
    public Future<Void> letGo() {
        return threads.hold(() -> lastRelease == null || lastRelease.isOver())
                .onFailure(cause -> threads.unhold(Set.of()))
                .compose(quiet -> takeOut());
    }

    private Future<Void> takeOut() {
        Keeper keeper;
        try {
            keeper = Keeper.start(keeperPath, threads.notifications().fd());
        } catch (KernelException e) {
            threads.unhold(Set.of());
            return Future.failedFuture(e);
        }
        Map<Integer, long[]> rseqs = threads.rseqs();
        Set<Integer> restrained = threads.restrained();
        Promise<Void> gone = Promise.promise();
        ProgramRelease[] releases = new ProgramRelease[1];
        takingOut = true;
        tracer.submit(
                ptrace -> {
                    releases[0] = new ProgramRelease(tracer, ptrace, threads.standing());
                    releases[0].run(threads::isTrapped, program.helperPid(), restrained, rseqs);
                    return true;
                },
                (done, failure) -> context.runOnContext(ignored -> {
                    ProgramRelease release = releases[0];
                    lastRelease = release;
                    if (failure != null || closed) {
                        takingOut = false;
                        missHelper();
                        keeper.close();
                        threads.unhold(release.interrupted());
                        gone.fail(failure != null ? failure : new KernelException("it has ended"));
                        return;
                    }
                    threads.letHappen();
                    close();
                    keeper.begin();
                    keeper.close();
                    tracer.submit(
                            ptrace -> {
                                release.thaw();
                                return true;
                            },
                            (thawed, never) -> context.runOnContext(after -> gone.complete()));
                }));
        return gone.future();
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
            unwatchHelper();
            Linux.close(helperFd);
            threads.close();
            pages.close();
            copies.clear();
            Linux.close(pidfd);
            region.close();
            onClose.run();
        }
    }
}
