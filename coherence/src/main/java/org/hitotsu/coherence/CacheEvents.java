package org.hitotsu.coherence;

import org.jspecify.annotations.Nullable;

/**
 * What a {@link PageCache} is told: by the directory (messages in the order in which it sent them), by this node's memory
 * (completions) and by the daemon. {@code now} is monotonic time in nanoseconds and never goes back from one event to the
 * next. Each method throws {@link ProtocolException} for an event which the state does not allow.
 *
 * @param <D> handle of one page's contents
 */
public interface CacheEvents<D> {

    /**
     * A thread of this node waits for a page. Its end is {@link CacheActions#wake}, {@link CacheActions#spurious} or
     * {@link CacheActions#faultDenied} for that page. The thread may leave without a word; it may also fault again.
     */
    void onFault(long page, Access access, long now);

    /**
     * Brings a run of pages here and calls {@link CacheActions#acquired} once, at a moment when all of them are held in
     * the mode, or {@link CacheActions#acquireDenied}. Either may happen inside this call.
     *
     * @param count 1 to {@link Pages#MAX_RUN}
     * @param token the caller's name for it, not in use by another acquire of this cache
     */
    void acquire(long firstPage, int count, Access access, long token, long now);

    /** Gives up an acquire. Nothing happens if it has ended already. */
    void cancelAcquire(long token, long now);

    /** See {@link DirectoryActions#grant}. */
    void onGrant(long page, Access access, @Nullable D data, long now);

    /** See {@link DirectoryActions#decline}. */
    void onDecline(long firstPage, long pages, long now);

    /** See {@link DirectoryActions#deny}. */
    void onDeny(long page, Access access, int reason, long now);

    /** See {@link DirectoryActions#recall}. */
    void onRecall(long page, boolean invalidate, boolean needData, long now);

    /** See {@link DirectoryActions#restore}. Only at the origin. */
    void onRestore(long page, D data, long now);

    /** See {@link DirectoryActions#rangeInvalidate}. */
    void onRangeInvalidate(long firstPage, long count, boolean needData, long token, long now);

    /** See {@link DirectoryActions#rangeHome}. Only at the origin. */
    void onRangeHome(long firstPage, long count, boolean unprotect, long token, long now);

    /** {@link CacheActions#install} or {@link CacheActions#unprotect} is done. */
    void onInstalled(long page, long now);

    /** {@link CacheActions#extract} is done. */
    void onExtracted(long page, D data, long now);

    /** {@link CacheActions#extract} or {@link CacheActions#drop} was refused and the page is as it was. Origin only. */
    void onExtractDenied(long page, int reason, long now);

    /** {@link CacheActions#drop} is done. */
    void onDropped(long page, long now);

    /** The time of {@link CacheActions#setTimer} has come. Harmless at any other time. */
    void onTimer(long now);

    /**
     * Forgets everything, as if newly made: the origin or this node's place in the share is gone. No action follows, and
     * completions of memory operations begun before must not be delivered.
     */
    void reset();
}
