package org.hitotsu.forwarder.share.threads;

import io.vertx.core.Future;
import org.hitotsu.coherence.Pages;
import org.hitotsu.coherence.RangeUse;
import org.hitotsu.forwarder.backend.OriginSpace;
import org.hitotsu.forwarder.share.pages.OriginMemory;
import org.hitotsu.forwarder.syscall.PriorityFutex;

/**
 * Keeps the pages at the origin that have a futex which inherits priority ({@link PriorityFutex}) and was waited for: the
 * first wait brings the page home for good (docs/decisions/0010). Event loop only.
 */
final class PriorityPages {
    private final OriginSpace space;
    private final OriginMemory memory;

    PriorityPages(OriginSpace space, OriginMemory memory) {
        this.space = space;
        this.memory = memory;
    }

    /** Completes when the wait with these arguments may begin, since the kernel will come to its word behind it. */
    Future<Void> beforeWait(long[] args) {
        return keep(PriorityFutex.word(args));
    }

    /** Completes when the kernel will come to all words at these addresses. */
    Future<Void> keep(long... words) {
        Future<Void> kept = Future.succeededFuture();
        for (long word : words) {
            kept = kept.compose(before -> keepPage(word >>> Pages.SHIFT));
        }
        return kept;
    }

    private Future<Void> keepPage(long page) {
        // Behind the last page is what the kernel refuses.
        if (page >= Pages.LIMIT || space.isReached(page)) {
            return Future.succeededFuture();
        }
        // Under the lock, since a request that comes between the homecoming and the mark would take the page away
        // again.
        return memory.exclusively(page, 1, RangeUse.WRITEBACK, () -> {
            space.keep(page);
            return Future.succeededFuture();
        });
    }
}
