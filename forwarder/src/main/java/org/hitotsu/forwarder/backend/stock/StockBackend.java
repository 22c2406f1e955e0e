package org.hitotsu.forwarder.backend.stock;

import static org.hitotsu.forwarder.backend.common.KernelException.check;
import static org.hitotsu.forwarder.backend.stock.StockLayout.*;

import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.io.IOException;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.hitotsu.forwarder.backend.Backend;
import org.hitotsu.forwarder.backend.OriginSpace;
import org.hitotsu.forwarder.backend.ShadowSpace;
import org.hitotsu.forwarder.backend.SpaceLayout;
import org.hitotsu.forwarder.backend.UnsharedException;
import org.hitotsu.forwarder.backend.common.CoreDump;
import org.hitotsu.forwarder.backend.common.KernelException;
import org.hitotsu.forwarder.backend.common.ProgramOutput;
import org.hitotsu.forwarder.nativecall.Linux;
import org.hitotsu.forwarder.nativecall.NativeFiles;
import org.hitotsu.forwarder.nativecall.Ptrace;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The back-end for kernels as distributed. Event loop only, but for {@link #probe}. */
public final class StockBackend implements Backend {
    private static final Logger LOG = LoggerFactory.getLogger(StockBackend.class);

    private final Context context;
    private final Tracer tracer = new Tracer();
    private final NativeFiles files;
    private final Set<StockShadowSpace> shadows = new HashSet<>();
    private final Set<StockOriginSpace> origins = new HashSet<>();
    /** Of programs that run natively under their filter. */
    private final Set<UnsharedCalls> unshared = new HashSet<>();

    public StockBackend(Context context, NativeFiles files) {
        this.context = context;
        this.files = files;
    }

    @Override
    public String name() {
        return "stock";
    }

    /** What this kernel has of what the back-end needs. Any thread; blocks for some milliseconds. */
    public static List<Feature> features() {
        return StockProbe.run();
    }

    @Override
    public List<Feature> probe() {
        return features();
    }

    @Override
    public byte[] launchFilter(boolean clusterCpus) {
        return SeccompFilters.origin(clusterCpus).toBytes();
    }

    @Override
    public Future<Adoption> adopt(int pid, int listener, boolean clusterCpus) {
        Promise<Adoption> adopted = Promise.promise();
        Launch launch = new Launch(pid);
        tracer.handle(pid, launch);
        tracer.submit(
                ptrace -> {
                    int options = Ptrace.OPTION_EXEC | Ptrace.OPTION_EXITKILL | Ptrace.OPTION_SYSGOOD;
                    check("trace process " + pid, ptrace.seize(pid, pid, options));
                    launch.pidfd = (int) check("pidfd_open", Linux.pidfdOpen(pid));
                    launch.listener = (int) check("pidfd_getfd", Linux.pidfdGetfd(launch.pidfd, listener));
                    launch.region = new AgentRegion();
                    return launch;
                },
                (result, failure) -> context.runOnContext(ignored -> {
                    if (failure != null) {
                        tracer.forget(pid);
                        adopted.fail(failure);
                        return;
                    }
                    // Until the program is prepared, everything it calls is its own affair.
                    Notifications notifications =
                            new Notifications(context, result.listener, (id, tid, nr, args, foreign) -> {});
                    result.receive(notifications);
                    adopted.complete(result);
                }));
        return adopted.future();
    }

    @Override
    public Future<Adoption> attach(int pid) {
        Promise<Adoption> attached = Promise.promise();
        AgentRegion region;
        try {
            region = new AgentRegion();
        } catch (IOException e) {
            return Future.failedFuture(e);
        }
        RunningPreparation[] made = new RunningPreparation[1];
        tracer.submit(
                ptrace -> {
                    made[0] = new RunningPreparation(tracer, ptrace, region, pid);
                    return made[0].run();
                },
                (prepared, failure) -> context.runOnContext(ignored -> {
                    if (failure == null) {
                        attached.complete(new Attach(made[0], region, prepared));
                        return;
                    }
                    region.close();
                    if (made[0].listener() >= 0) {
                        // The filter stays.
                        Notifications answered =
                                new Notifications(context, made[0].listener(), (id, tid, nr, args, foreign) -> {});
                        UnsharedCalls calls = new UnsharedCalls(context, tracer, answered);
                        calls.answerAll();
                        answerFromNowOn(calls);
                    }
                    attached.fail(failure);
                }));
        return attached.future();
    }

    /** A process that ran before, prepared and frozen. */
    private final class Attach implements Adoption {
        private final RunningPreparation preparation;
        private final Launch launch;
        private final boolean breaksOff;

        Attach(RunningPreparation preparation, AgentRegion region, RunningPreparation.Prepared made) {
            this.preparation = preparation;
            this.breaksOff = made.breaksOff();
            launch = new Launch(made.program().pid());
            launch.pidfd = made.pidfd();
            launch.region = region;
            launch.threadIds = made.threads();
            launch.watchedFromStart = false;
            launch.receive(new Notifications(context, made.listener(), (id, tid, nr, args, foreign) -> {}));
            launch.ready(made.program(), region);
        }

        @Override
        public Future<OriginSpace> prepared() {
            return launch.prepared();
        }

        @Override
        public Future<Void> start() {
            Promise<Void> started = Promise.promise();
            StandingTrace standing = launch.standing();
            tracer.submit(
                    ptrace -> {
                        if (breaksOff || CoreDump.isWanted(launch.pid)) {
                            standing.resume();
                        }
                        preparation.thaw(standing);
                        return true;
                    },
                    (thawed, failure) -> context.runOnContext(ignored -> started.complete()));
            return started.future();
        }
    }

    /** A process between the launcher's word and the program's first instruction. */
    private final class Launch implements Adoption, Tracer.StopHandler {
        private final int pid;
        private final Promise<OriginSpace> prepared = Promise.promise();
        private int pidfd = -1;
        private int listener = -1;
        private @Nullable AgentRegion region;
        private @Nullable StockOriginThreads threads;
        /** Of all programs that the process has in turn: a child process outlives the one that made it. */
        private @Nullable UnsharedCalls unsharedCalls;

        private List<Integer> threadIds;
        private boolean watchedFromStart = true;
        /** Whether it is a shared program's next one. */
        private boolean replaces;

        Launch(int pid) {
            this.pid = pid;
            this.threadIds = List.of(pid);
        }

        private void receive(Notifications from) {
            receive(new UnsharedCalls(context, tracer, from));
        }

        private void receive(UnsharedCalls calls) {
            unsharedCalls = calls;
            threads = new StockOriginThreads(
                    context, tracer, Objects.requireNonNull(region), pid, threadIds, calls.notifications(), calls);
        }

        private StandingTrace standing() {
            return Objects.requireNonNull(threads).standing();
        }

        /** The process is stopped at its next exec: the same once more, under the filter it has. */
        private Adoption again() {
            Launch next = new Launch(pid);
            next.replaces = true;
            next.unsharedCalls = unsharedCalls;
            try {
                next.pidfd = (int) check("pidfd_open", Linux.pidfdOpen(pid));
                next.region = new AgentRegion();
            } catch (KernelException | IOException e) {
                next.unshare(new UnsharedException(e.getMessage() + "; let the node have more of it", e));
                return next;
            }
            next.receive(Objects.requireNonNull(unsharedCalls));
            tracer.handle(pid, next);
            tracer.submit(next::prepare);
            return next;
        }

        @Override
        public Future<OriginSpace> prepared() {
            return prepared.future();
        }

        @Override
        public Future<Void> start() {
            StandingTrace standing = standing();
            tracer.submit(ptrace -> {
                tracer.forget(pid);
                if (CoreDump.isWanted(pid)) {
                    standing.resume();
                }
                if (!standing.adopt(ptrace, pid, false)) {
                    ptrace.detach(pid, 0);
                }
            });
            return Future.succeededFuture();
        }

        @Override
        public void onStop(Ptrace ptrace, int tid, int status) {
            if (!Ptrace.stopped(status)) {
                fail(new KernelException("process " + pid + " ended before it became the program"));
                return;
            }
            if (Ptrace.event(status) == Ptrace.EVENT_EXEC) {
                prepare(ptrace);
            } else if (Ptrace.event(status) == 0) {
                ptrace.cont(pid, Ptrace.stopSignal(status));
            } else {
                ptrace.cont(pid, 0);
            }
        }

        private void prepare(Ptrace ptrace) {
            AgentRegion agent = Objects.requireNonNull(region);
            try {
                ProgramPreparation.Prepared program =
                        new ProgramPreparation(ptrace, agent, pid, pidfd, Objects.requireNonNull(threads)::offer).run();
                context.runOnContext(ignored -> ready(program, agent));
            } catch (UnsharedException e) {
                if (replaces) {
                    context.runOnContext(ignored -> unshare(e));
                } else {
                    // Nobody has a reason yet to count on it.
                    ProgramOutput.printError(pidfd, String.valueOf(e.getMessage()));
                    Linux.kill(pid, Linux.SIGKILL);
                    fail(e);
                }
            } catch (KernelException e) {
                Linux.kill(pid, Linux.SIGKILL);
                fail(e);
            }
        }

        /** Lets the program, which is stopped as it would begin, run natively. */
        private void unshare(UnsharedException why) {
            UnsharedCalls calls = Objects.requireNonNull(unsharedCalls);
            calls.answerAll();
            answerFromNowOn(calls);
            close();
            tracer.submit(ptrace -> {
                tracer.forget(pid);
                ptrace.detach(pid, 0);
                context.runOnContext(ignored -> prepared.tryFail(why));
            });
        }

        private void ready(ProgramPreparation.Prepared program, AgentRegion agent) {
            StockOriginThreads ours = Objects.requireNonNull(threads);
            ours.prepared(program);
            ours.replacement(this::again);
            StockOriginSpace space = new StockOriginSpace(
                    context, tracer, files.path("hitotsu-keeper"), program, agent, ours, pidfd, watchedFromStart);
            origins.add(space);
            space.onClose(() -> {
                origins.remove(space);
                answerFromNowOn(Objects.requireNonNull(unsharedCalls));
            });
            // Now the space's, as is what becomes of the program.
            pidfd = -1;
            region = null;
            prepared.complete(space);
        }

        private void fail(Exception cause) {
            tracer.forget(pid);
            context.runOnContext(ignored -> {
                // Not if it ended between its preparation and its start: its space tells of that.
                if (prepared.tryFail(cause)) {
                    close();
                }
            });
        }

        private void close() {
            if (threads != null) {
                threads.close();
            }
            if (region != null) {
                region.close();
                region = null;
            }
            if (pidfd >= 0) {
                Linux.close(pidfd);
                pidfd = -1;
            }
        }
    }

    @Override
    public Future<ShadowSpace> createShadow(SpaceLayout layout) {
        Promise<ShadowSpace> created = Promise.promise();
        ShadowStart start = new ShadowStart(tracer, files.path("hitotsu-shadow"), layout);
        tracer.submit(
                start::run,
                (shadow, failure) -> context.runOnContext(ignored -> {
                    if (failure != null) {
                        created.fail(failure);
                        return;
                    }
                    StockShadowSpace space = new StockShadowSpace(context, tracer, shadow);
                    shadows.add(space);
                    space.onClose(() -> shadows.remove(space));
                    tracer.submit(ptrace -> ptrace.cont(shadow.pid(), 0));
                    created.complete(space);
                }));
        return created.future();
    }

    /** Calls of processes under a filter are let happen, by a keeper when the daemon has stopped, until the last one has ended. */
    private void answerFromNowOn(UnsharedCalls calls) {
        unshared.removeIf(other -> !other.isOpen());
        if (calls.isOpen()) {
            unshared.add(calls);
        }
    }

    private void handOver(UnsharedCalls calls) {
        if (calls.isOpen()) {
            try {
                calls.handOver(files.path("hitotsu-keeper"));
            } catch (KernelException e) {
                LOG.error("calls of a program that runs natively will fail: {}", e.getMessage());
            }
        }
    }

    @Override
    public Future<Void> close() {
        for (StockOriginSpace origin : List.copyOf(origins)) {
            origin.close();
        }
        for (StockShadowSpace shadow : List.copyOf(shadows)) {
            shadow.close();
        }
        unshared.forEach(this::handOver);
        tracer.close();
        return Future.succeededFuture();
    }
}
