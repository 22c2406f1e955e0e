package org.hitotsu.forwarder.backend.patched;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import org.hitotsu.bpf.CaptureEvent;
import org.hitotsu.forwarder.backend.common.KernelException;
import org.hitotsu.forwarder.nativecall.Linux;
import org.jspecify.annotations.Nullable;

/** System calls that one parked or captured thread makes for the daemon, one at a time. Event loop only. */
final class CallRunner {
    /**
     * The end of a call.
     *
     * @param nr its number
     * @param result as the kernel returned it, restart codes included
     * @param signal whether a signal is pending
     */
    record Executed(long nr, long result, boolean signal) {
        /** Whether the kernel has not finished the call, and would make it anew or answer EINTR. */
        boolean interrupted() {
            return restarts() || result == -Linux.EINTR;
        }

        /** Whether the result is one of the kernel's own, by which it tells itself to make the call anew. */
        boolean restarts() {
            return result == -Linux.ERESTARTSYS
                    || result == -Linux.ERESTARTNOINTR
                    || result == -Linux.ERESTARTNOHAND
                    || result == -Linux.ERESTART_RESTARTBLOCK;
        }
    }

    private final ThreadRequests device;
    private final int tid;
    private long nr;
    private @Nullable Promise<Executed> executing;

    CallRunner(ThreadRequests device, int tid) {
        this.device = device;
        this.tid = tid;
    }

    boolean busy() {
        return executing != null;
    }

    /** Has the thread make a call. Fails with {@link KernelException} if the kernel takes no request for it. */
    Future<Executed> exec(long number, long... args) {
        if (executing != null) {
            return Future.failedFuture(new KernelException("thread " + tid + " executes a call already"));
        }
        long accepted = device.exec(tid, number, args);
        if (accepted < 0) {
            return Future.failedFuture(new KernelException("call " + number + " of thread " + tid, accepted));
        }
        nr = number;
        Promise<Executed> promise = Promise.promise();
        executing = promise;
        return promise.future();
    }

    /** As {@link #exec}, and fails unless the call succeeds. */
    Future<Long> require(String step, long number, long... args) {
        return exec(number, args)
                .compose(done -> done.result() < 0 && done.result() >= -4095
                        ? Future.failedFuture(new KernelException(step, done.result()))
                        : Future.succeededFuture(done.result()));
    }

    void onExecuted(CaptureEvent event) {
        Promise<Executed> done = executing;
        executing = null;
        if (done != null) {
            done.complete(new Executed(nr, event.result(), event.has(CaptureEvent.FLAG_SIGNAL)));
        }
    }

    /** The thread has ended; a call that it was in has no result. */
    void onExiting() {
        Promise<Executed> unfinished = executing;
        executing = null;
        if (unfinished != null) {
            unfinished.fail(new KernelException("thread " + tid + " has ended"));
        }
    }
}
