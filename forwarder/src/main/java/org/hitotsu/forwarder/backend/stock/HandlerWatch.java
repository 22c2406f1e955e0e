package org.hitotsu.forwarder.backend.stock;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import org.jspecify.annotations.Nullable;

/**
 * Sees to it that the {@link StandingTrace} is there before the program has its first handler that makes calls answer EINTR.
 * A program that has none is not traced at home. Event loop only.
 */
final class HandlerWatch {
    private final OriginProcess process;
    private @Nullable Future<Void> begun;

    HandlerWatch(OriginProcess process) {
        this.process = process;
    }

    /**
     * A thread, or its deputy, is about to call rt_sigaction.
     *
     * @param action the address of its struct sigaction; 0 for none
     * @return completes when it may
     */
    Future<Void> before(long action) {
        if (begun != null) {
            return begun;
        }
        if (action == 0 || process.ended) {
            return Future.succeededFuture();
        }
        long[] now = process.readLongsNow(action, 2);
        if (now != null) {
            return SignalledCall.breaksOff(now[0], now[1]) ? begin() : Future.succeededFuture();
        }
        // Of what can't be read the kernel says EFAULT.
        return process.readLongs(action, 2)
                .map(words -> SignalledCall.breaksOff(words[0], words[1]))
                .otherwise(false)
                .compose(matters -> matters ? begin() : Future.succeededFuture());
    }

    /** Has the trace begin; completes when it has. It stays for the rest of the program's life. */
    private Future<Void> begin() {
        if (begun == null) {
            Promise<Void> promise = Promise.promise();
            begun = promise.future();
            process.tracer.submit(ptrace -> {
                process.standing.begin(ptrace);
                process.onLoop(promise::complete);
            });
        }
        return begun;
    }
}
