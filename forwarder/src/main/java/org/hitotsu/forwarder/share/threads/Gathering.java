package org.hitotsu.forwarder.share.threads;

import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Brings all threads of a program home and keeps them there: for a time, to let the program go, or for good. Event loop only.
 */
final class Gathering {
    private static final int AGAIN_MILLIS = 2;
    /** For all threads to come home when the program is to be let go. */
    private static final int RELEASE_MILLIS = 8000;

    private final Context context;
    private final ThreadTable table;
    private final Function<SharedThread, Future<Void>> moveHome;
    private final BooleanSupplier ended;
    private boolean releasing;
    private @Nullable String forGood;
    private @Nullable Future<Void> gathered;

    /**
     * @param moveHome moves a thread home, wherever it is
     * @param ended whether the program has ended
     */
    Gathering(
            Context context, ThreadTable table, Function<SharedThread, Future<Void>> moveHome, BooleanSupplier ended) {
        this.context = context;
        this.table = table;
        this.moveHome = moveHome;
        this.ended = ended;
    }

    /** Why no thread may leave, as the end of a sentence about it; null if they may. */
    @Nullable
    String whyHome() {
        return releasing ? "its program is being released" : forGood;
    }

    /** Whether the program is being released, for which a thread must have left its deputy, too. */
    boolean releasing() {
        return releasing;
    }

    /** Why no thread will ever leave any more; null if that is not so. */
    @Nullable
    String forGood() {
        return forGood;
    }

    /**
     * Brings all home for a release, of which there is one at a time. Fails with {@code CAUSE; REMEDY} after some seconds; then,
     * and when {@link #releaseFailed} is called, they may leave again.
     */
    Future<Void> forRelease() {
        releasing = true;
        Promise<Void> home = Promise.promise();
        allHome(home);
        long timer = context.owner().setTimer(RELEASE_MILLIS, late -> home.tryFail(whoIsAway()));
        return home.future()
                .onComplete(done -> context.owner().cancelTimer(timer))
                .onFailure(cause -> releasing = false);
    }

    void releaseFailed() {
        releasing = false;
    }

    /**
     * Brings all home for good, however long it takes. A thread whose deputy has a call of it counts as one at home: what the
     * deputy does it does here, and the call may end only when another thread goes on, such as the one that this is for (the
     * reader of a full pipe). Fails if the program ends meanwhile.
     */
    Future<Void> forGood(String why) {
        Future<Void> begun = gathered;
        if (begun != null) {
            return begun;
        }
        forGood = why;
        Promise<Void> home = Promise.promise();
        gathered = home.future();
        gather(home, new HashMap<>());
        return home.future();
    }

    /** @param asked threads that were told to come, and what became of it */
    private void gather(Promise<Void> home, Map<SharedThread, Future<Void>> asked) {
        if (ended.getAsBoolean()) {
            home.tryFail("has ended");
            return;
        }
        List<SharedThread> away =
                table.all().stream().filter(thread -> !isHere(thread)).toList();
        if (away.isEmpty()) {
            home.tryComplete();
            return;
        }
        for (SharedThread thread : away) {
            Future<Void> before = asked.get(thread);
            if (before == null || before.isComplete()) {
                asked.put(thread, moveHome.apply(thread));
            }
        }
        context.owner().setTimer(AGAIN_MILLIS, timer -> gather(home, asked));
    }

    private static boolean isHere(SharedThread thread) {
        return thread.place == SharedThread.Place.HOME
                || thread.kept != null
                || thread.rest != null
                // Its park would wait for the signal, and the signal for this.
                || thread.dying;
    }

    private void allHome(Promise<Void> home) {
        List<Future<Void>> moves = new ArrayList<>();
        for (SharedThread thread : List.copyOf(table.all())) {
            // Also for one that is at home: it may be about to leave, and is not to go out again.
            moves.add(moveHome.apply(thread).otherwiseEmpty());
        }
        Future.join(moves).onComplete(moved -> {
            if (home.future().isComplete()) {
                return;
            }
            if (ended.getAsBoolean()) {
                home.tryFail("has ended");
            } else if (table.all().stream().allMatch(thread -> thread.place == SharedThread.Place.HOME)) {
                home.tryComplete();
            } else {
                // Some are ending, or have been told to come for a signal meanwhile.
                context.owner().setTimer(AGAIN_MILLIS, timer -> allHome(home));
            }
        });
    }

    private String whoIsAway() {
        return table.all().stream()
                .filter(thread -> thread.place != SharedThread.Place.HOME)
                .findFirst()
                .map(thread ->
                        "its thread " + thread.tid() + " does not come home, it may be in a system call that can't"
                                + " be interrupted; try again when it has returned")
                .orElse("its threads do not all come home; try again");
    }
}
