package org.hitotsu.forwarder.backend;

import io.vertx.core.Future;
import java.util.Collection;
import org.hitotsu.forwarder.syscall.Tie;
import org.hitotsu.forwarder.syscall.Transfers;
import org.jspecify.annotations.Nullable;

/**
 * The threads of a shared process at its origin: at home, or as the deputy of a moved thread. Event loop only.
 *
 * <p>A deputy is the moved thread's own task, parked in the agent; it executes one system call at a time.
 */
public interface OriginThreads {
    /** What threads do. Called on the event loop. */
    interface Events {
        /**
         * A new thread exists, stopped before its first instruction. To be answered with {@link #release} or
         * {@link #park}.
         *
         * @param creator the thread that has made it; 0 if that is not known
         */
        void onThreadCreated(int tid, int creator);

        /** A thread has ended; its number may be reused by the kernel. */
        void onThreadGone(int tid);

        /** {@link #exec} has finished with {@code result} (as the kernel returned it). */
        void onExecuted(int tid, long result);

        /**
         * A signal is to be delivered to the thread that a deputy stands in for. The deputy is stopped. To be answered
         * with {@link #resume} when the thread's image is here.
         */
        void onDeputySignal(int tid);

        /**
         * A thread at home is stopped at the entry of a system call that changes the address space, or is about affinity
         * (see {@link Backend#adopt}). To be answered once, with {@link #answer} or {@link #proceed}.
         */
        void onMemoryCall(int tid, int nr, long[] args);

        /**
         * A thread at home is stopped at the entry of a futex call for which the kernel may have to write to words whose
         * pages it does not wait for. To be answered with {@link #proceed} when the kernel will come to them
         * ({@link OriginSpace#isReached}).
         *
         * @param words their addresses
         */
        void onFutexWords(int tid, long... words);

        /**
         * A thread at home is stopped at the entry of its exit, in which the kernel will write to its memory, waiting for no
         * page. To be answered with {@link #proceedWithExit} when all pages are home.
         */
        void onExit(int tid);

        /**
         * A thread at home is stopped at the entry of a system call from which on no page of the program may be taken away
         * any more: the kernel, a device or another process will use pages in a way that this back-end can't wait for. To be
         * answered with {@link #proceed} when all threads and pages are at home, and stay there.
         *
         * @param why what the program does, as the end of a sentence about it
         */
        void onHomebound(int tid, String why);

        /**
         * A thread at home is stopped at the entry of a system call that copies the address space (fork). To be
         * answered with {@link #proceedWithFork} when all pages are home.
         */
        void onFork(int tid, int nr, long[] args);

        /**
         * A thread at home is stopped before a signal by which the process ends, leaving a core file. To be answered with
         * {@link #proceedWithCoreDump} when all pages are home.
         */
        void onCoreDump(int tid);

        /** The process has ended. The last event. */
        void onProcessEnded();

        /**
         * A thread at home is stopped at the entry of execve. To be answered with {@link #proceedWithExec}. If it
         * succeeds, {@link #onReplaced} follows, else nothing.
         */
        void onExec(int tid);

        /**
         * The process executes another program: its threads but one are gone, and its memory. {@code next} is the new
         * program, to be started like a launched one; nothing more comes from this one.
         */
        void onReplaced(Backend.Adoption next);

        /** As {@link #onReplaced}, by a program that can't be shared and runs natively. The last event. */
        void onLeft();
    }

    void events(Events events);

    /** The threads that there are now, all of them at home. To be asked before any of them runs. */
    Collection<Integer> ids();

    /**
     * Stops a thread at its user-mode boundary and makes its task a deputy. A system call that the stop interrupted is
     * made anew by the image, wherever it runs; one that was finished is not. The image is still in a call
     * ({@code orig_rax} is its number) if that has answered how much it transferred ({@link Transfers#concerns}), which the
     * stop may have made less.
     */
    Future<ThreadImage> park(int tid);

    /** Lets a thread that was just created run at home. */
    void release(int tid);

    /**
     * Ends deputyship: the thread runs natively from {@code image}.
     *
     * @param inCall whether the image was captured in a forwarded system call, which the deputy then still has or has
     *     just executed: its outcome (or its restart, which the kernel decides) is put into the image here. Of an image
     *     that was not, a trap that is due ({@link ThreadImage#trapDue}) is raised first
     * @return completes when the thread runs at home (never, if it ends before)
     */
    Future<Void> resume(int tid, ThreadImage image, boolean inCall);

    /**
     * As {@link #resume} of an image captured in a call that has transferred a part already, the rest of which the deputy has
     * or has just executed: what came of that is added to {@code done}, and that is the call's result.
     */
    Future<Void> resumeInRest(int tid, ThreadImage image, long done);

    /** Has the deputy execute a system call. Then onExecuted, or onDeputySignal if a signal came first. */
    void exec(int tid, long nr, long[] args);

    /** Why a thread has to stay at home for good, as the end of a sentence about it ({@link Tie.Kind#why}); null if it may leave. */
    @Nullable
    String stays(int tid);

    /** Has the deputy end its thread, as exit(2) with {@code status} would. Then onThreadGone. */
    void exit(int tid, int status);

    /**
     * Has a system call that changes the VMAs made in the address space on behalf of a thread: one that is stopped in a
     * memory call, or whose deputy has nothing to execute.
     */
    Future<Long> execInSpace(int tid, long nr, long... args);

    /**
     * Has a thread that is stopped in a memory call make a system call, after which it is stopped in that call as before.
     * Null if the thread can do so only by {@link #proceed}.
     */
    Future<@Nullable Long> execStopped(int tid, long nr, long[] args);

    /** Answers a stopped memory call with a result, without executing it. */
    void answer(int tid, long result);

    /** Lets the thread itself execute the call it is stopped at. */
    void proceed(int tid);

    /** Lets an execve happen. */
    void proceedWithExec(int tid);

    /** Lets the process end and leave its core file. Completes if it goes on, after all. */
    Future<Void> proceedWithCoreDump(int tid);

    /** Lets a thread end; completes when it has. */
    Future<Void> proceedWithExit(int tid);

    /** Lets a fork happen; completes when the child has its copy (or the fork failed). */
    Future<Void> proceedWithFork(int tid);
}
