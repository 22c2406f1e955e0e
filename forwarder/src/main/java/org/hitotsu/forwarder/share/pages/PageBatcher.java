package org.hitotsu.forwarder.share.pages;

import io.vertx.core.Context;
import org.hitotsu.forwarder.membership.PeerNetwork;
import org.hitotsu.forwarder.share.ShareKey;
import org.hitotsu.forwarder.share.proto.PageBatch;
import org.hitotsu.forwarder.share.proto.PageOperation;
import org.hitotsu.forwarder.wire.Payload;
import org.jspecify.annotations.Nullable;

/**
 * Collects the page operations for one peer during a turn of the event loop and sends them as one message: a run of
 * prefetched pages costs one header. Order is kept. Event loop only.
 */
final class PageBatcher {
    static final long HAS_DATA = 1L << 63;
    /** Keeps a message well under the wire's largest frame. */
    private static final int MAX_PAGES = 1024;

    private final Context context;
    private final PeerNetwork network;
    private final ShareKey key;
    private final int peer;
    private final PageCounters counters;
    private PageBatch.Builder batch = PageBatch.newBuilder();
    private @Nullable Payload payload;
    private int pages;
    private boolean scheduled;

    PageBatcher(Context context, PeerNetwork network, ShareKey key, int peer, PageCounters counters) {
        this.context = context;
        this.network = network;
        this.key = key;
        this.peer = peer;
        this.counters = counters;
    }

    void add(PageOperation operation, long page, long argument, @Nullable PageData data) {
        batch.addOperation(operation)
                .addPage(data == null ? page : page | HAS_DATA)
                .addArgument(argument);
        if (data != null) {
            if (payload == null) {
                payload = Payload.withCapacity(8);
            }
            payload.add(data.array(), data.offset(), PageData.SIZE);
            pages++;
            counters.sent();
        }
        schedule();
    }

    void addRange(PageOperation operation, long firstPage, long count, long token) {
        batch.addOperation(operation).addPage(firstPage).addArgument(count).addToken(token);
        schedule();
    }

    private void schedule() {
        if (pages >= MAX_PAGES) {
            flush();
        } else if (!scheduled) {
            scheduled = true;
            context.runOnContext(ignored -> {
                scheduled = false;
                flush();
            });
        }
    }

    private void flush() {
        if (batch.getOperationCount() == 0) {
            return;
        }
        Payload content = payload == null ? Payload.EMPTY : payload;
        PageBatch.Builder message = batch;
        batch = PageBatch.newBuilder();
        payload = null;
        pages = 0;
        network.send(peer, key.message().setPages(message).build(), content);
    }
}
