package org.hitotsu.forwarder.share.pages;

import io.vertx.core.Context;
import org.hitotsu.coherence.Access;
import org.hitotsu.coherence.CacheOptions;
import org.hitotsu.forwarder.backend.PagePort;
import org.hitotsu.forwarder.membership.PeerNetwork;
import org.hitotsu.forwarder.metrics.Metrics;
import org.hitotsu.forwarder.share.ShareKey;
import org.hitotsu.forwarder.share.proto.PageBatch;
import org.hitotsu.forwarder.share.proto.PageOperation;
import org.jspecify.annotations.Nullable;

/** A share's memory on a node that hosts its threads: the cache over the shadow, and the link to the directory. */
public final class HostMemory implements NodeMemory.DirectoryLink {
    private final PageBatcher directory;
    private final NodeMemory local;
    private final EventPump pump;
    private final PageCounters counters;

    public HostMemory(
            Context context,
            PeerNetwork network,
            ShareKey key,
            PagePort port,
            NodeMemory.Listener listener,
            PageCounters counters,
            Metrics metrics,
            CacheOptions options) {
        this.counters = counters;
        this.directory = new PageBatcher(context, network, key, key.origin(), counters);
        this.pump = new EventPump(e -> listener.onBroken("page protocol: " + e.getMessage()));
        this.local = new NodeMemory(
                context, pump, port, this, listener, counters, metrics, network.selfId(), false, options);
    }

    private static long now() {
        return System.nanoTime();
    }

    /** Page operations of the directory. */
    public void onBatch(PageBatch batch, byte[] frame, int offset, int payloadLength) {
        BatchReader reader = new BatchReader(batch, frame, offset, payloadLength);
        while (reader.next()) {
            PageData data = reader.data();
            if (data != null) {
                counters.received();
            }
            dispatch(reader.operation(), reader.page(), reader.argument(), reader.token(), data);
        }
    }

    private void dispatch(PageOperation operation, long page, long argument, long token, @Nullable PageData data) {
        switch (operation) {
            case GRANT_READ -> local.deliver(cache -> cache.onGrant(page, Access.READ, data, now()));
            case GRANT_WRITE -> local.deliver(cache -> cache.onGrant(page, Access.WRITE, data, now()));
            case DECLINE -> local.deliver(cache -> cache.onDecline(page, argument, now()));
            case DENY_READ -> local.deliver(cache -> cache.onDeny(page, Access.READ, (int) argument, now()));
            case DENY_WRITE -> local.deliver(cache -> cache.onDeny(page, Access.WRITE, (int) argument, now()));
            case RECALL_SHARE -> local.deliver(cache -> cache.onRecall(page, false, true, now()));
            case RECALL_SHARE_NO_DATA -> local.deliver(cache -> cache.onRecall(page, false, false, now()));
            case RECALL_INVALIDATE -> local.deliver(cache -> cache.onRecall(page, true, true, now()));
            case RECALL_INVALIDATE_NO_DATA -> local.deliver(cache -> cache.onRecall(page, true, false, now()));
            case RANGE_INVALIDATE ->
                local.deliver(cache -> cache.onRangeInvalidate(page, argument, true, token, now()));
            case RANGE_INVALIDATE_NO_DATA ->
                local.deliver(cache -> cache.onRangeInvalidate(page, argument, false, token, now()));
            default -> throw new IllegalArgumentException(operation + " from the origin is not for a cache");
        }
    }

    @Override
    public void request(long firstPage, int count, Access access) {
        PageOperation operation = access == Access.WRITE ? PageOperation.REQUEST_WRITE : PageOperation.REQUEST_READ;
        directory.add(operation, firstPage, count, null);
    }

    @Override
    public void recallReply(long page, boolean keptCopy, @Nullable PageData data) {
        PageOperation operation = keptCopy ? PageOperation.RECALL_REPLY_KEPT : PageOperation.RECALL_REPLY_GONE;
        directory.add(operation, page, 0, data);
    }

    @Override
    public void denied(long page, int reason) {
        throw new IllegalStateException("only the origin's memory denies");
    }

    @Override
    public void writeback(long page, PageData data) {
        directory.add(PageOperation.WRITEBACK, page, 0, data);
    }

    @Override
    public void rangeReply(long token) {
        directory.add(PageOperation.RANGE_REPLY, 0, token, null);
    }

    public void close() {
        pump.stop();
        local.close();
    }
}
