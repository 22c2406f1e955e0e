package org.hitotsu.forwarder.share.pages;

import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/** One event loop, on which everything of a test runs as it would in a daemon. */
public final class TestLoop implements AutoCloseable {

    private static final long WAIT_SECONDS = 30;

    private final Vertx vertx = Vertx.vertx(new VertxOptions()
            .setPreferNativeTransport(true)
            .setEventLoopPoolSize(1)
            .setWorkerPoolSize(1)
            .setInternalBlockingPoolSize(1));
    private final Context context = vertx.getOrCreateContext();

    public Context context() {
        return context;
    }

    /** Runs {@code step} on the loop and waits for what its future brings. */
    public <T> T await(Supplier<Future<T>> step) throws Exception {
        Promise<T> promise = Promise.promise();
        context.runOnContext(v -> {
            try {
                step.get().onComplete(promise);
            } catch (RuntimeException | Error e) {
                promise.fail(e);
            }
        });
        return promise.future().toCompletionStage().toCompletableFuture().get(WAIT_SECONDS, TimeUnit.SECONDS);
    }

    /** Runs {@code step} on the loop. */
    public <T> T call(Callable<T> step) throws Exception {
        return await(() -> {
            try {
                return Future.succeededFuture(step.call());
            } catch (Exception e) {
                return Future.failedFuture(e);
            }
        });
    }

    /** Runs {@code step} on the loop. */
    public void run(Runnable step) throws Exception {
        call(() -> {
            step.run();
            return true;
        });
    }

    /** Lets as many turns of the loop pass as any exchange of these tests takes: all is done then that needs no clock. */
    public void settle() throws Exception {
        for (int i = 0; i < 100; i++) {
            run(() -> {});
        }
    }

    @Override
    public void close() throws Exception {
        vertx.close().toCompletionStage().toCompletableFuture().get(WAIT_SECONDS, TimeUnit.SECONDS);
    }
}
