package org.hitotsu.forwarder.share.threads;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.VerticleBase;
import org.hitotsu.forwarder.backend.OriginThreads;
import org.hitotsu.forwarder.backend.ThreadImage;
import org.hitotsu.forwarder.membership.PeerNetwork;
import org.hitotsu.forwarder.metrics.Metrics;
import org.hitotsu.forwarder.nativecall.Linux;
import org.hitotsu.forwarder.nativecall.Ptrace;
import org.hitotsu.forwarder.share.ShareKey;
import org.hitotsu.forwarder.share.proto.SyscallReply;
import org.hitotsu.forwarder.share.proto.SyscallRequest;
import org.hitotsu.forwarder.syscall.PriorityFutex;
import org.hitotsu.forwarder.syscall.SyscallClass;
import org.hitotsu.forwarder.syscall.SyscallTable;
import org.hitotsu.forwarder.wire.Payload;
import org.jspecify.annotations.Nullable;

/**
 * Executes the system calls of one moved thread through its deputy, each exactly once.
 *
 * <p>A request carries the thread's sequence number. One that was executed already is answered from the reply that is
 * kept until the next number acknowledges it; so a resent request never runs twice. Event loop only.
 */
final class ExecutorVerticle extends VerticleBase {
    private enum State {
        /** Waiting for a request. */
        IDLE,
        /** The deputy has the call. */
        IN_DEPUTY,
        /** A call that changes the address space waits for its turn, its range or its result; or another for its page. */
        IN_MEMORY_CALL,
        /** The thread ends. */
        ENDING
    }

    /** What became of the call that a thread was in when it came home. */
    enum CallState {
        /** Not begun: to be made anew. */
        NOT_BEGUN,
        /** The deputy has it, or has just finished it. */
        IN_DEPUTY,
        /** Its result is {@link #lastResult()}. */
        DONE,
        /** Its result will come. */
        WILL_COME
    }

    private final PeerNetwork network;
    private final ShareKey key;
    private final SharedThread thread;
    private final OriginThreads threads;
    private final MemoryCalls memoryCalls;
    private final PriorityPages priorityPages;
    private final @Nullable AffinityCalls affinityCalls;
    private final Metrics metrics;
    private State state = State.IDLE;
    private long sequence;
    private long lastResult;
    private boolean replied;
    private boolean notExecuted;
    private boolean passedOn;
    private int number;
    private long[] arguments = {};
    private long startedAt;
    private @Nullable Runnable whenDone;
    private io.vertx.core.@Nullable Promise<@Nullable Long> deputyCall;

    ExecutorVerticle(
            PeerNetwork network,
            ShareKey key,
            SharedThread thread,
            OriginThreads threads,
            MemoryCalls memoryCalls,
            PriorityPages priorityPages,
            @Nullable AffinityCalls affinityCalls,
            Metrics metrics) {
        this.network = network;
        this.key = key;
        this.thread = thread;
        this.threads = threads;
        this.memoryCalls = memoryCalls;
        this.priorityPages = priorityPages;
        this.affinityCalls = affinityCalls;
        this.metrics = metrics;
    }

    @Override
    public Future<?> start() {
        return Future.succeededFuture();
    }

    /** The last sequence number that was accepted. */
    long sequence() {
        return sequence;
    }

    long lastResult() {
        return lastResult;
    }

    /**
     * A forwarded call.
     *
     * @throws IllegalArgumentException for a number out of order or too few arguments
     */
    void onRequest(SyscallRequest request) {
        long[] args = arguments(request);
        // It has made the call anew.
        passedOn = false;
        if (request.getSequence() == sequence && replied) {
            reply();
            return;
        }
        if (request.getSequence() == sequence && state != State.IDLE) {
            return;
        }
        if (request.getSequence() != sequence + 1 || state != State.IDLE) {
            throw new IllegalArgumentException("syscall request " + request.getSequence() + " after " + sequence);
        }
        SyscallClass kind =
                SyscallTable.x86_64().rule(request.getNumber(), args).syscallClass();
        if (kind == SyscallClass.EXIT && thread.signalled) {
            // Its deputy has stopped for the signal and ends nothing. The thread is on its way home, handles the
            // signal, and
            // exits there.
            return;
        }
        sequence = request.getSequence();
        replied = false;
        notExecuted = false;
        number = request.getNumber();
        startedAt = System.nanoTime();
        thread.syscalls++;
        arguments = args;
        if (affinityCalls != null && AffinityCalls.concerns(number)) {
            state = State.IN_MEMORY_CALL;
            affinityCalls
                    .run(thread.tid(), number, args)
                    .compose(result -> result != null ? Future.succeededFuture(result) : executeInDeputy(number, args))
                    .onSuccess(result -> finished(result == null ? -Linux.EINTR : result));
            return;
        }
        switch (kind) {
            case EXIT -> {
                state = State.ENDING;
                threads.exit(thread.tid(), (int) args[0]);
            }
            case MAPPED -> {
                state = State.IN_MEMORY_CALL;
                memoryCalls
                        .run(thread.tid(), number, args, this::executeInDeputy)
                        .onComplete(done -> {
                            Long result = done.result();
                            finished(result == null ? -Linux.ENOMEM : result);
                        });
            }
            case HOME -> throw new IllegalArgumentException("system call " + number + " is not forwarded");
            default -> {
                if (PriorityFutex.concerns(number, args)) {
                    state = State.IN_MEMORY_CALL;
                    priorityPages.beforeWait(args).onComplete(home -> giveToDeputy());
                } else {
                    giveToDeputy();
                }
            }
        }
    }

    private void giveToDeputy() {
        if (whenDone != null) {
            leaveToThread();
            finished(-Linux.EINTR);
        } else {
            state = State.IN_DEPUTY;
            threads.exec(thread.tid(), number, arguments);
        }
    }

    /** The thread came home while its call waited for its turn, perhaps with the deputy stopped for a signal. */
    private void leaveToThread() {
        notExecuted = true;
    }

    /**
     * The six arguments of a forwarded call.
     *
     * @throws IllegalArgumentException for any other number of them
     */
    static long[] arguments(SyscallRequest request) {
        if (request.getArgumentsCount() != 6) {
            throw new IllegalArgumentException("syscall request with " + request.getArgumentsCount() + " arguments");
        }
        return request.getArgumentsList().stream().mapToLong(Long::longValue).toArray();
    }

    private Future<@Nullable Long> executeInDeputy(long nr, long[] args) {
        if (whenDone != null) {
            leaveToThread();
            return Future.succeededFuture((long) -Linux.EINTR);
        }
        Promise<@Nullable Long> promise = Promise.promise();
        deputyCall = promise;
        threads.exec(thread.tid(), nr, args);
        return promise.future();
    }

    /** The deputy has executed what it was given. */
    void onExecuted(long result) {
        Promise<@Nullable Long> call = deputyCall;
        if (call != null) {
            deputyCall = null;
            call.complete(result);
        } else if (state == State.IN_DEPUTY) {
            finished(result);
        }
    }

    private void finished(long result) {
        state = State.IDLE;
        lastResult = result;
        replied = true;
        metrics.latency(Metrics.Stage.EXECUTE, System.nanoTime() - startedAt);
        Runnable waiter = whenDone;
        whenDone = null;
        if (waiter != null) {
            waiter.run();
        } else {
            reply();
        }
    }

    private void reply() {
        network.send(
                thread.node(),
                key.message()
                        .setSyscallReply(SyscallReply.newBuilder()
                                .setThreadId(thread.id())
                                .setSequence(sequence)
                                .setResult(lastResult))
                        .build(),
                Payload.EMPTY);
    }

    /** How far the call with this number has come; for a thread that came home in it. */
    CallState callState(long inCall) {
        if (inCall != sequence) {
            return CallState.NOT_BEGUN;
        }
        return switch (state) {
            case IDLE -> CallState.DONE;
            case IN_DEPUTY -> CallState.IN_DEPUTY;
            case IN_MEMORY_CALL -> deputyCall != null ? CallState.IN_DEPUTY : CallState.WILL_COME;
            case ENDING -> CallState.WILL_COME;
        };
    }

    /** Whether interrupting the call that the deputy has may make it answer less than it would. */
    boolean mayBreakOff() {
        return state == State.IN_DEPUTY && TransferRest.mayBreakOff(thread.tid(), number, arguments);
    }

    /** Whether the deputy has a call that would wait the whole of its time once more if it were made anew. */
    boolean inTimedCall(int pid) {
        return state == State.IN_DEPUTY && TimedCalls.concerns(pid, thread.tid(), number, arguments);
    }

    /**
     * The thread goes on to another host in the call that its deputy has. There it makes the call anew, with the number that
     * the call has, and so gets the result of this one.
     */
    void passOn() {
        passedOn = true;
        whenDone = null;
    }

    /** The thread has left a host; whether it had been passed on to that one, in the call with the last number. */
    boolean takePassedOn() {
        boolean was = passedOn;
        passedOn = false;
        return was;
    }

    boolean ending() {
        return state == State.ENDING;
    }

    /** Calls {@code action} instead of replying, once the call is done. */
    void whenDone(Runnable action) {
        whenDone = action;
    }

    /** The thread has come home and took the call out of the deputy with it. */
    void callTaken() {
        Promise<@Nullable Long> call = deputyCall;
        deputyCall = null;
        whenDone = null;
        if (call != null) {
            // Ends the memory call around it; the thread finds the true outcome in its registers.
            whenDone = () -> {};
            call.complete((long) -Linux.EINTR);
        }
        state = State.IDLE;
    }

    /** {@code image}, which is in the call that is done, behind it; or before it, if the call was left to the thread. */
    ThreadImage settled(ThreadImage image) {
        return notExecuted ? image.beforeCall(image.register(Ptrace.Registers.ORIG_RAX)) : image.afterCall(lastResult);
    }
}
