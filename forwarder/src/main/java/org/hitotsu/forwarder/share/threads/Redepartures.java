package org.hitotsu.forwarder.share.threads;

import io.vertx.core.Context;
import io.vertx.core.Future;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import org.hitotsu.forwarder.backend.OriginThreads;
import org.hitotsu.forwarder.membership.PeerNetwork;

/**
 * When threads that came home for a moment leave again for where placement wants them; the more often one comes home soon, the
 * longer it stays. Event loop only.
 */
final class Redepartures {
    /** The reason of a homecoming that somebody asked for. */
    static final String MIGRATE = "migrate";

    private static final int FIRST_RETURN_MILLIS = 2;
    private static final int MAX_RETURN_SHIFT = 10;
    private static final int MAX_RETURN_MILLIS = FIRST_RETURN_MILLIS << MAX_RETURN_SHIFT;
    private static final long SHORT_STAY_NANOS = 100_000_000;

    private final Context context;
    private final PeerNetwork network;
    private final OriginThreads threads;
    private final ThreadTable table;
    private final Gathering gathering;
    private final Function<SharedThread, Future<Void>> moveOut;
    private final BooleanSupplier ended;

    /**
     * @param moveOut moves a thread to the node that placement wants it on
     * @param ended whether the program has ended
     */
    Redepartures(
            Context context,
            PeerNetwork network,
            OriginThreads threads,
            ThreadTable table,
            Gathering gathering,
            Function<SharedThread, Future<Void>> moveOut,
            BooleanSupplier ended) {
        this.context = context;
        this.network = network;
        this.threads = threads;
        this.table = table;
        this.gathering = gathering;
        this.moveOut = moveOut;
        this.ended = ended;
    }

    /**
     * Has a thread that has come home go out again after a pause, unless it came to stay. Nothing happens if it is wanted
     * elsewhere by then, or has to stay.
     *
     * @param reason of its homecoming
     */
    void schedule(SharedThread thread, String reason) {
        int node = thread.wanted;
        boolean stays = reason.equals(MIGRATE) || reason.equals(CaptureVerticle.NO_PLACE);
        if (node == 0 || node == network.selfId() || stays) {
            return;
        }
        boolean shortStay = System.nanoTime() - thread.leftAtNanos < SHORT_STAY_NANOS;
        thread.shortStays = shortStay ? Math.min(thread.shortStays + 1, MAX_RETURN_SHIFT) : 0;
        later(thread, node, FIRST_RETURN_MILLIS << thread.shortStays, ++thread.stay);
    }

    /** @param stay for which this is: another one has its own pauses */
    private void later(SharedThread thread, int node, int millis, long stay) {
        context.owner().setTimer(millis, timer -> {
            if (thread.stay != stay) {
                return;
            }
            if (ended.getAsBoolean() || !table.holds(thread) || thread.wanted != node || !network.isUp(node)) {
                return;
            }
            if (gathering.forGood() != null || threads.stays(thread.tid()) != null) {
                return;
            }
            if (thread.place == SharedThread.Place.HOME || thread.place == SharedThread.Place.LEAVING) {
                // It may be in the middle of a call that can't be interrupted; there is always a next time.
                moveOut.apply(thread)
                        .onFailure(busy -> later(thread, node, Math.min(2 * millis, MAX_RETURN_MILLIS), stay));
            }
        });
    }
}
