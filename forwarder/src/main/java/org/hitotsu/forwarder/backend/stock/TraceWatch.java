package org.hitotsu.forwarder.backend.stock;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.function.Predicate;
import org.hitotsu.forwarder.backend.common.CoreDump;
import org.hitotsu.forwarder.nativecall.Linux;
import org.jspecify.annotations.Nullable;

/**
 * Sees to it that the {@link StandingTrace} is there before the program has its first handler that makes calls answer EINTR,
 * or may leave a core file. A program that does neither is not traced at home. Event loop only.
 */
final class TraceWatch {
    private final OriginProcess process;
    private @Nullable Future<Void> begun;

    TraceWatch(OriginProcess process) {
        this.process = process;
    }

    /** Whether a call may be what the trace has to be there for: then {@link #before} is to be asked. */
    static boolean concerns(long nr) {
        return nr == Linux.NR_RT_SIGACTION || nr == Linux.NR_SETRLIMIT || nr == Linux.NR_PRLIMIT64;
    }

    /**
     * A thread, or its deputy, is about to make a call that {@link #concerns}.
     *
     * @return completes when it may
     */
    Future<Void> before(long nr, long[] args) {
        return switch ((int) nr) {
            case Linux.NR_RT_SIGACTION -> before(args[1], words -> SignalledCall.breaksOff(words[0], words[1]));
            case Linux.NR_SETRLIMIT -> beforeLimit(args[0], args[1]);
            case Linux.NR_PRLIMIT64 -> beforeLimit(args[1], args[2]);
            default -> Future.succeededFuture();
        };
    }

    private Future<Void> beforeLimit(long resource, long limit) {
        return (int) resource == CoreDump.LIMIT ? before(limit, words -> words[0] != 0) : Future.succeededFuture();
    }

    /**
     * @param address of the structure that the call is given; 0 for none
     * @param matters asked with its first two words
     */
    private Future<Void> before(long address, Predicate<long[]> matters) {
        if (begun != null) {
            return begun;
        }
        if (address == 0 || process.ended) {
            return Future.succeededFuture();
        }
        long[] now = process.readLongsNow(address, 2);
        if (now != null) {
            return matters.test(now) ? begin() : Future.succeededFuture();
        }
        // Of what can't be read the kernel says EFAULT.
        return process.readLongs(address, 2)
                .map(matters::test)
                .otherwise(false)
                .compose(mattering -> mattering ? begin() : Future.succeededFuture());
    }

    /** Has the trace begin; completes when it has. It stays for the rest of the program's life. */
    private Future<Void> begin() {
        if (begun == null) {
            Promise<Void> promise = Promise.promise();
            begun = promise.future();
            process.execves.without(() -> process.tracer.submit(ptrace -> {
                process.standing.begin(ptrace);
                process.onLoop(promise::complete);
            }));
        }
        return begun;
    }
}
