package org.hitotsu.forwarder.share.threads;

import io.vertx.core.Future;
import java.util.function.BooleanSupplier;
import org.hitotsu.forwarder.backend.OriginSpace;
import org.hitotsu.forwarder.backend.OriginThreads;
import org.hitotsu.forwarder.nativecall.Linux;
import org.hitotsu.forwarder.share.ShareKey;
import org.hitotsu.forwarder.share.pages.OriginMemory;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Answers the stops of threads at home before a call, their end or a core file ({@link OriginThreads.Events}): a thread goes on
 * when the pages that the kernel will use then are at the origin, and they stay until it has used them. Each stop is answered
 * once, but not if the program ends or is let go meanwhile. Event loop only.
 *
 * <p>The calls of moved threads are {@link ExecutorVerticle}'s.
 */
final class HomeStops {
    private static final Logger LOG = LoggerFactory.getLogger(HomeStops.class);

    private final ShareKey key;
    private final OriginSpace space;
    private final OriginThreads threads;
    private final OriginMemory memory;
    private final MemoryCalls memoryCalls;
    private final PriorityPages priorityPages;
    private final @Nullable AffinityCalls affinityCalls;
    private final Gathering gathering;
    private final BooleanSupplier alone;
    /** Completes, or has, when all threads and pages are at home for good; null if they may leave. */
    private @Nullable Future<Void> allHome;

    /**
     * @param affinityCalls null if the program is told of this computer's processors
     * @param alone whether the program has a single thread, and no host
     */
    HomeStops(
            ShareKey key,
            OriginSpace space,
            OriginMemory memory,
            MemoryCalls memoryCalls,
            PriorityPages priorityPages,
            @Nullable AffinityCalls affinityCalls,
            Gathering gathering,
            BooleanSupplier alone) {
        this.key = key;
        this.space = space;
        this.threads = space.threads();
        this.memory = memory;
        this.memoryCalls = memoryCalls;
        this.priorityPages = priorityPages;
        this.affinityCalls = affinityCalls;
        this.gathering = gathering;
        this.alone = alone;
    }

    /** @see OriginThreads.Events#onMemoryCall */
    void onMemoryCall(int tid, int nr, long[] args) {
        if (affinityCalls != null && AffinityCalls.concerns(nr)) {
            affinityCalls.run(tid, nr, args).onSuccess(result -> {
                if (result == null) {
                    threads.proceed(tid);
                } else {
                    threads.answer(tid, result);
                }
            });
            return;
        }
        // What a key allows stands in a register that is written without a call, and by which the kernel goes when a
        // call uses memory with that key: the register of who makes it, which is the deputy's of a moved thread.
        boolean gives = nr == Linux.NR_PKEY_MPROTECT && (int) args[3] > 0;
        Future<Void> prepared = gives ? stayHome(ThreadMover.KEYED) : Future.succeededFuture();
        prepared.compose(ready -> memoryCalls.run(
                        tid, nr, args, (number, arguments) -> threads.execStopped(tid, number, arguments)))
                .onComplete(done -> {
                    if (done.failed()) {
                        LOG.error("share {}: system call {} of thread {}", key.id(), nr, tid, done.cause());
                        threads.answer(tid, -Linux.ENOMEM);
                    } else if (done.result() == null) {
                        threads.proceed(tid);
                        // It happens now, behind the look that other nodes' requests have taken since.
                        space.vmasChanged();
                    } else {
                        threads.answer(tid, done.result());
                    }
                });
    }

    /** @see OriginThreads.Events#onFutexWords */
    void onFutexWords(int tid, long... words) {
        priorityPages.keep(words).onComplete(home -> threads.proceed(tid));
    }

    /** @see OriginThreads.Events#onExit */
    void onExit(int tid) {
        // Nobody is left elsewhere who could ask for a page, and nobody will be.
        if (memory.trackedPages() == 0 && gathering.forGood() != null) {
            threads.proceedWithExit(tid);
            return;
        }
        memoryCalls.withAllPagesHome(() -> threads.proceedWithExit(tid));
    }

    /**
     * @see OriginThreads.Events#onHomebound
     * @param home run when all are at home, before the thread goes on
     */
    void onHomebound(int tid, String why, Runnable home) {
        stayHome(why).onComplete(done -> {
            home.run();
            threads.proceed(tid);
        });
    }

    /** @see OriginThreads.Events#onFork */
    void onFork(int tid) {
        // With another thread, which may be moved for the first time meanwhile, a page might go before it is copied.
        if (memory.trackedPages() == 0 && alone.getAsBoolean()) {
            threads.proceed(tid);
            return;
        }
        memoryCalls.withAllPagesHome(() -> threads.proceedWithFork(tid));
    }

    /** @see OriginThreads.Events#onCoreDump */
    void onCoreDump(int tid) {
        // The file has the registers, too: of a thread that is away they would be its deputy's.
        gathering
                .forGood("its program ends with a core file")
                .otherwiseEmpty()
                .compose(there -> memoryCalls.withAllPagesHome(() -> threads.proceedWithCoreDump(tid)));
    }

    /**
     * Has all threads and pages at home, and stay there from now on. Completes when they are, or the program has ended.
     *
     * @param why what the program does, or did before it was shared, as the end of a sentence about it
     */
    Future<Void> stayHome(String why) {
        Future<Void> begun = allHome;
        if (begun != null) {
            return begun;
        }
        LOG.info("share {}: its threads stay at the origin from now on, for it {}", key.id(), why);
        Future<Void> home = gathering
                .forGood("its program stays at its origin, for it " + why)
                .compose(there -> memoryCalls.withAllPagesHome(() -> {
                    memory.keepAll();
                    return Future.succeededFuture();
                }))
                .otherwiseEmpty();
        allHome = home;
        return home;
    }
}
