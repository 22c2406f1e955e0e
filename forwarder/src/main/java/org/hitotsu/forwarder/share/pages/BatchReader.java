package org.hitotsu.forwarder.share.pages;

import org.hitotsu.coherence.Pages;
import org.hitotsu.forwarder.share.proto.PageBatch;
import org.hitotsu.forwarder.share.proto.PageOperation;
import org.jspecify.annotations.Nullable;

/**
 * Walks a batch of page operations from the wire, checking every count, page number and length against the frame.
 *
 * <p>Throws {@link IllegalArgumentException} for anything malformed.
 */
final class BatchReader {
    private final PageBatch batch;
    private final byte[] frame;
    private final int payloadEnd;
    private int payload;
    private int index = -1;
    private int tokens;
    private long page;
    private long token;
    private @Nullable PageData data;

    BatchReader(PageBatch batch, byte[] frame, int offset, int length) {
        if (batch.getPageCount() != batch.getOperationCount()
                || batch.getArgumentCount() != batch.getOperationCount()) {
            throw new IllegalArgumentException("page batch: " + batch.getOperationCount() + " operations, "
                    + batch.getPageCount() + " pages, " + batch.getArgumentCount() + " arguments");
        }
        this.batch = batch;
        this.frame = frame;
        this.payload = offset;
        this.payloadEnd = offset + length;
    }

    boolean next() {
        index++;
        if (index >= batch.getOperationCount()) {
            if (payload != payloadEnd) {
                throw new IllegalArgumentException(
                        "page batch: payload of " + (payloadEnd - payload) + " bytes too many");
            }
            return false;
        }
        long raw = batch.getPage(index);
        page = raw & ~PageBatcher.HAS_DATA;
        if (page >= Pages.LIMIT) {
            throw new IllegalArgumentException("page batch: page number " + page);
        }
        data = null;
        if (page != raw) {
            if (payloadEnd - payload < PageData.SIZE) {
                throw new IllegalArgumentException("page batch: payload ends inside a page");
            }
            data = new PageData(frame, payload);
            payload += PageData.SIZE;
        }
        PageOperation operation = batch.getOperation(index);
        if (operation == PageOperation.RANGE_INVALIDATE || operation == PageOperation.RANGE_INVALIDATE_NO_DATA) {
            if (tokens >= batch.getTokenCount()) {
                throw new IllegalArgumentException("page batch: a range invalidation without token");
            }
            token = batch.getToken(tokens++);
        }
        return true;
    }

    PageOperation operation() {
        return batch.getOperation(index);
    }

    long page() {
        return page;
    }

    long argument() {
        return batch.getArgument(index);
    }

    long token() {
        return token;
    }

    @Nullable
    PageData data() {
        return data;
    }

    static PageData required(@Nullable PageData data) {
        if (data == null) {
            throw new IllegalArgumentException("page batch: an operation that needs a page came without one");
        }
        return data;
    }
}
