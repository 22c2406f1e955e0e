package org.hitotsu.forwarder.share.pages;

import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.HashMap;
import java.util.Map;
import org.hitotsu.coherence.Access;
import org.hitotsu.coherence.CacheOptions;
import org.hitotsu.coherence.DirectoryActions;
import org.hitotsu.coherence.PageDirectory;
import org.hitotsu.coherence.Pages;
import org.hitotsu.coherence.RangeUse;
import org.hitotsu.forwarder.backend.PagePort;
import org.hitotsu.forwarder.membership.PeerNetwork;
import org.hitotsu.forwarder.metrics.Metrics;
import org.hitotsu.forwarder.share.ShareKey;
import org.hitotsu.forwarder.share.proto.PageBatch;
import org.hitotsu.forwarder.share.proto.PageOperation;
import org.jspecify.annotations.Nullable;

/**
 * A share's memory at its origin: the directory, the origin's own cache beside it, and the links to the caches of the
 * hosts. Checks what comes from hosts: a message that no correct host would send ends the share. Event loop only.
 */
public final class OriginMemory implements DirectoryActions<PageData>, NodeMemory.DirectoryLink {
    /**
     * Contents of so many pages leave the hosts at once, or of twice as many: 4 MiB are enough for a fast network to be busy, and
     * a host whose network is slow has all of them in its memory.
     */
    static final int RANGE_PIECE_PAGES = 1024;

    private final Context context;
    private final PeerNetwork network;
    private final ShareKey key;
    private final int self;
    private final PagePort port;
    private final EventPump pump;
    private final PageDirectory<PageData> directory;
    private final NodeMemory local;
    private final PageCounters counters;
    private final NodeMemory.Listener listener;
    private final Map<Integer, PageBatcher> hosts = new HashMap<>();
    private final Map<Long, Promise<Void>> locks = new HashMap<>();
    private long nextToken = 1;
    private boolean keepsAll;

    public OriginMemory(
            Context context,
            PeerNetwork network,
            ShareKey key,
            PagePort port,
            NodeMemory.Listener listener,
            PageCounters counters,
            Metrics metrics,
            CacheOptions options) {
        this.context = context;
        this.network = network;
        this.key = key;
        this.self = network.selfId();
        this.port = port;
        this.listener = listener;
        this.counters = counters;
        this.pump = new EventPump(e -> listener.onBroken("page protocol: " + e.getMessage()));
        this.directory = new PageDirectory<>(self, this, RANGE_PIECE_PAGES);
        this.local = new NodeMemory(context, pump, port, this, listener, counters, metrics, self, true, options);
        port.tracked(this::isTracked);
    }

    private boolean isTracked(long page) {
        return directory.isTracked(page) || local.isTracked(page);
    }

    private static long now() {
        return System.nanoTime();
    }

    /** A node takes part from now on. */
    public void addHost(int node) {
        hosts.put(node, new PageBatcher(context, network, key, node, counters));
    }

    /** A node is gone; its only copies are lost, of which the listener is told. */
    public void removeHost(int node) {
        if (hosts.remove(node) != null) {
            pump.run(() -> directory.onNodeLost(node));
        }
    }

    public int trackedPages() {
        return directory.trackedPages();
    }

    /**
     * Runs a change of the VMAs: takes the pages of the range home (or discards them), keeps every other node out while
     * {@code change} runs, and lets go when its future completes.
     *
     * @param firstPage first page of the range
     * @param count pages, at least 1
     */
    public <T> Future<T> exclusively(
            long firstPage, long count, RangeUse use, java.util.function.Supplier<Future<T>> change) {
        long token = nextToken++;
        Promise<Void> ready = Promise.promise();
        locks.put(token, ready);
        pump.run(() -> directory.lockRange(firstPage, count, use, token));
        return ready.future()
                .compose(locked -> change.get())
                .onComplete(done -> pump.run(() -> directory.unlockRange(token)));
    }

    /**
     * No page is given away any more. To be called while the range of all pages is locked, and nothing runs elsewhere: a request
     * may still be on its way, or kept for the end of the lock, of a thread that has gone home meanwhile.
     */
    public void keepAll() {
        keepsAll = true;
    }

    /** Page operations of a host. {@code payloadLength} bytes at {@code offset} of {@code frame} hold its pages. */
    public void onBatch(int node, PageBatch batch, byte[] frame, int offset, int payloadLength) {
        if (!hosts.containsKey(node)) {
            return;
        }
        BatchReader reader = new BatchReader(batch, frame, offset, payloadLength);
        while (reader.next()) {
            PageData data = reader.data();
            if (data != null) {
                counters.received();
            }
            long page = reader.page();
            long argument = reader.argument();
            PageOperation operation = reader.operation();
            pump.run(() -> dispatch(node, operation, page, argument, data));
        }
    }

    private void dispatch(int node, PageOperation operation, long page, long argument, @Nullable PageData data) {
        switch (operation) {
            case REQUEST_READ -> admit(node, page, pagesOfRun(page, argument), Access.READ);
            case REQUEST_WRITE -> admit(node, page, pagesOfRun(page, argument), Access.WRITE);
            case RECALL_REPLY_KEPT -> directory.onRecallReply(node, page, true, data);
            case RECALL_REPLY_GONE -> directory.onRecallReply(node, page, false, data);
            case WRITEBACK -> directory.onWriteback(node, page, BatchReader.required(data));
            case RANGE_REPLY -> directory.onRangeReply(node, argument);
            default -> throw new IllegalArgumentException(operation + " from node " + node + " is not for a directory");
        }
    }

    private static int pagesOfRun(long firstPage, long count) {
        if (count < 1 || count > Pages.MAX_RUN || firstPage > Pages.LIMIT - count) {
            throw new IllegalArgumentException("a request for " + count + " pages from page " + firstPage);
        }
        return (int) count;
    }

    /**
     * Passes a host's request on if the VMAs allow it, cut to the pages of the run that they allow. While a range is
     * locked its VMAs are changing: the directory keeps such a request and gives it back to {@link #retry}.
     */
    private void admit(int node, long firstPage, int count, Access access) {
        boolean write = access == Access.WRITE;
        int allowed = 0;
        PagePort.Denial denial = null;
        while (allowed < count) {
            PagePort.Denial next = keepsAll ? PagePort.Denial.PINNED : port.check(firstPage + allowed, write);
            if (next != null) {
                denial = next;
                break;
            }
            allowed++;
        }
        if (allowed == 0 && denial != null && !directory.isLocked(firstPage)) {
            directory.refuse(node, firstPage, access, denial.ordinal());
            refuseRest(node, firstPage, 1, count);
            return;
        }
        int demanded = Math.max(1, allowed);
        directory.onRequest(node, firstPage, demanded, access, now());
        refuseRest(node, firstPage, demanded, count);
    }

    private void refuseRest(int node, long firstPage, int from, int count) {
        if (from < count) {
            directory.refuseHints(node, firstPage + from, count - from);
        }
    }

    // DirectoryActions.

    private PageBatcher host(int node) {
        PageBatcher host = hosts.get(node);
        // A host that has just been lost: the directory hears of it next.
        return host != null ? host : new PageBatcher(context, network, key, node, counters);
    }

    @Override
    public void grant(int node, long page, Access access, @Nullable PageData data) {
        if (node == self) {
            local.deliver(cache -> cache.onGrant(page, access, data, now()));
        } else {
            host(node)
                    .add(access == Access.WRITE ? PageOperation.GRANT_WRITE : PageOperation.GRANT_READ, page, 0, data);
        }
    }

    @Override
    public void decline(int node, long firstPage, long pages) {
        if (node == self) {
            local.deliver(cache -> cache.onDecline(firstPage, pages, now()));
        } else {
            host(node).add(PageOperation.DECLINE, firstPage, pages, null);
        }
    }

    @Override
    public void deny(int node, long page, Access access, int reason) {
        if (node == self) {
            local.deliver(cache -> cache.onDeny(page, access, reason, now()));
        } else {
            host(node)
                    .add(
                            access == Access.WRITE ? PageOperation.DENY_WRITE : PageOperation.DENY_READ,
                            page,
                            reason,
                            null);
        }
    }

    @Override
    public void recall(int node, long page, boolean invalidate, boolean needData) {
        if (node == self) {
            local.deliver(cache -> cache.onRecall(page, invalidate, needData, now()));
        } else {
            PageOperation share = needData ? PageOperation.RECALL_SHARE : PageOperation.RECALL_SHARE_NO_DATA;
            PageOperation gone = needData ? PageOperation.RECALL_INVALIDATE : PageOperation.RECALL_INVALIDATE_NO_DATA;
            host(node).add(invalidate ? gone : share, page, 0, null);
        }
    }

    @Override
    public void restore(long page, PageData data) {
        local.deliver(cache -> cache.onRestore(page, data, now()));
    }

    @Override
    public void retry(int node, long firstPage, int count, Access access) {
        pump.run(() -> {
            if (node == self) {
                directory.onRequest(node, firstPage, count, access, now());
            } else if (hosts.containsKey(node)) {
                admit(node, firstPage, count, access);
            }
        });
    }

    @Override
    public void rangeInvalidate(int node, long firstPage, long count, boolean needData, long token) {
        if (node == self) {
            local.deliver(cache -> cache.onRangeInvalidate(firstPage, count, needData, token, now()));
        } else {
            host(node)
                    .addRange(
                            needData ? PageOperation.RANGE_INVALIDATE : PageOperation.RANGE_INVALIDATE_NO_DATA,
                            firstPage,
                            count,
                            token);
        }
    }

    @Override
    public void rangeHome(long firstPage, long count, boolean unprotect, long token) {
        local.deliver(cache -> cache.onRangeHome(firstPage, count, unprotect, token, now()));
    }

    @Override
    public void rangeReady(long token) {
        Promise<Void> ready = locks.remove(token);
        if (ready != null) {
            context.runOnContext(ignored -> ready.complete());
        }
    }

    @Override
    public void pageLost(long page) {
        listener.onBroken("a page whose only copy was on a lost node is gone");
    }

    // NodeMemory.DirectoryLink of the origin's own cache.

    @Override
    public void request(long firstPage, int count, Access access) {
        pump.run(() -> directory.onRequest(self, firstPage, count, access, now()));
    }

    @Override
    public void recallReply(long page, boolean keptCopy, @Nullable PageData data) {
        pump.run(() -> directory.onRecallReply(self, page, keptCopy, data));
    }

    @Override
    public void denied(long page, int reason) {
        pump.run(() -> directory.onDenied(self, page, reason));
    }

    @Override
    public void writeback(long page, PageData data) {
        pump.run(() -> directory.onWriteback(self, page, data));
    }

    @Override
    public void rangeReply(long token) {
        pump.run(() -> directory.onRangeReply(self, token));
    }

    public void close() {
        pump.stop();
        local.close();
    }
}
