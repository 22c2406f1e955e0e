package org.hitotsu.coherence;

import org.jspecify.annotations.Nullable;

/**
 * What a {@link PageDirectory} does. Each method with a {@code node}, and {@link #restore} and {@link #rangeHome}, which
 * always go to the origin's own cache, is a message to that node's {@link PageCache}; messages to one node must arrive in
 * the order of the calls. None may call back into the directory before it returns.
 *
 * @param <D> handle of one page's contents
 */
public interface DirectoryActions<D> {

    /**
     * Answers a request, to {@link CacheEvents#onGrant}.
     *
     * @param data the contents, or null for an upgrade in place: the requester holds a valid read copy, or it is the
     *     origin and its own memory is the page
     */
    void grant(int node, long page, Access access, @Nullable D data);

    /**
     * Answers the hints of a request which are not served, to {@link CacheEvents#onDecline}. Nothing is wrong with these
     * pages; a node which needs one asks for it by name.
     *
     * @param pages bit {@code i} stands for {@code firstPage + i}; at least one bit is set
     */
    void decline(int node, long firstPage, long pages);

    /**
     * Answers a request with no, to {@link CacheEvents#onDeny}: the origin's memory said that the access is not legal.
     *
     * @param reason what the origin's memory gave, not looked at here
     */
    void deny(int node, long page, Access access, int reason);

    /**
     * Asks a node for a page it holds, to {@link CacheEvents#onRecall}; answered exactly once by
     * {@link DirectoryEvents#onRecallReply}, or by {@link DirectoryEvents#onDenied} if the node is the origin.
     *
     * @param invalidate true: the node must give the page up; false: it keeps a read copy
     * @param needData whether the answer must carry the contents
     */
    void recall(int node, long page, boolean invalidate, boolean needData);

    /**
     * Puts the contents of a page into the origin's memory, which has none, read-only, to
     * {@link CacheEvents#onRestore}. Not an answer to any request.
     */
    void restore(long page, D data);

    /**
     * A request met a locked range, which is unlocked now. The receiver looks at the VMAs again and then calls
     * {@link DirectoryEvents#onRequest} with the same values or {@link DirectoryEvents#refuse}. Not from inside this call, and
     * not if the node is lost before that.
     */
    void retry(int node, long firstPage, int count, Access access);

    /**
     * Takes a locked range, or a piece of one, away from a node, to {@link CacheEvents#onRangeInvalidate}; answered by
     * {@link DirectoryEvents#onRangeReply} after a {@link DirectoryEvents#onWriteback} for each page which only that node
     * had. To the origin's own cache it only means: answer the recalls in the range now.
     *
     * @param needData whether pages which were written must be sent back
     * @param token the directory's name for this message and its answer
     */
    void rangeInvalidate(int node, long firstPage, long count, boolean needData, long token);

    /**
     * Tells the origin's own cache that every page of a range is the origin's again, to
     * {@link CacheEvents#onRangeHome}; answered by {@link DirectoryEvents#onRangeReply}.
     *
     * @param unprotect whether write-protected pages of the range must be made writable at once
     * @param token the directory's name for this message and its answer
     */
    void rangeHome(long firstPage, long count, boolean unprotect, long token);

    /**
     * The range of a {@link DirectoryEvents#lockRange} is home: no other node holds or can get any page of it until
     * {@link DirectoryEvents#unlockRange}.
     *
     * @param token the caller's name for this lock
     */
    void rangeReady(long token);

    /**
     * The only copy of this page was on a lost node. The page belongs to the origin again, whose memory has nothing there:
     * what is done about it is the receiver's decision.
     */
    void pageLost(long page);
}
