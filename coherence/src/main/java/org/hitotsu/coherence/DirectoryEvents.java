package org.hitotsu.coherence;

import org.jspecify.annotations.Nullable;

/**
 * What a {@link PageDirectory} is told. Messages of one node must arrive in the order in which that node's
 * {@link PageCache} sent them; so a request must not be put off while later messages of its node are delivered. Each method throws {@link ProtocolException} for an event which the state does not allow.
 *
 * @param <D> handle of one page's contents
 */
public interface DirectoryEvents<D> {

    /**
     * A node asks for pages. The first page is demanded: it is granted or denied, if need be after
     * {@link DirectoryActions#retry}. The others are hints: each is granted or declined.
     *
     * @param count 1 to {@link Pages#MAX_RUN}
     * @param now monotonic time in nanoseconds, for {@link PageDirectory#oldestRequestNanos} only
     */
    void onRequest(int node, long firstPage, int count, Access access, long now);

    /**
     * Instead of {@link #onRequest}: the caller knows that the VMAs forbid the demanded page. It is denied.
     *
     * @param reason passed on to {@link DirectoryActions#deny}
     */
    void refuse(int node, long page, Access access, int reason);

    /**
     * Instead of {@link #onRequest}: hints of a request which the caller does not pass on, because the VMAs end before them
     * or the demanded page was refused. They are declined.
     *
     * @param count 1 to {@link Pages#MAX_RUN}
     */
    void refuseHints(int node, long firstPage, int count);

    /**
     * The answer to a recall.
     *
     * @param keptCopy whether the node still has a read copy; never after a recall which invalidates
     * @param data the contents; null only if the recall did not need them
     */
    void onRecallReply(int node, long page, boolean keptCopy, @Nullable D data);

    /** The origin's memory refused a recall, and still has whatever it had. Only the origin's cache may send this. */
    void onDenied(int node, long page, int reason);

    /** A page which only {@code node} had, sent back because its range is invalidated; the node has it no more. */
    void onWriteback(int node, long page, D data);

    /**
     * A node has done all that a range invalidation, or the origin's range homing, asked of it.
     *
     * @param token of that message
     */
    void onRangeReply(int node, long token);

    /**
     * Takes every page of a range home and keeps other nodes out of it until {@link #unlockRange}. Calls
     * {@link DirectoryActions#rangeReady} when this is so, in a later event. Overlapping locks are granted one after the
     * other in the order of the calls. Requests for the range wait and are given back by {@link DirectoryActions#retry}.
     *
     * <p>The origin's own threads are not kept out: under {@link RangeUse#DISCARD} they may see zero-filled pages between
     * this and the change of the VMAs it prepares.
     *
     * @param count 1 to {@link Pages#LIMIT}; {@code lockRange(0, Pages.LIMIT, …)} brings everything home, and costs no
     *     more than the pages which are tracked
     * @param token the caller's name for this lock, not in use by another one
     */
    void lockRange(long firstPage, long count, RangeUse use, long token);

    /** Ends a lock which is ready. */
    void unlockRange(long token);

    /** A node is gone with all it held, and nothing it sent will arrive any more. Not for the origin. */
    void onNodeLost(int node);
}
