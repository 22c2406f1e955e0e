package org.hitotsu.coherence;

import org.jspecify.annotations.Nullable;

/**
 * What a {@link PageCache} does: messages to the directory, which must arrive in the order of the calls; operations on
 * this node's memory; and word to those who wait. None may call back into the cache before it returns.
 *
 * <p>Memory operations are asynchronous. Each is answered by exactly one later event, and there is never more than one
 * under way on a page. Operations on one page, {@link #spurious} among them, must take effect in the order of the calls;
 * on different pages they may be reordered and coalesced.
 *
 * @param <D> handle of one page's contents
 */
public interface CacheActions<D> {

    /** To {@link DirectoryEvents#onRequest}: the first page is demanded, the rest are hints. */
    void sendRequest(long firstPage, int count, Access access);

    /** To {@link DirectoryEvents#onRecallReply}. */
    void sendRecallReply(long page, boolean keptCopy, @Nullable D data);

    /** To {@link DirectoryEvents#onDenied}. Only from the origin's cache. */
    void sendDenied(long page, int reason);

    /** To {@link DirectoryEvents#onWriteback}. */
    void sendWriteback(long page, D data);

    /** To {@link DirectoryEvents#onRangeReply}. */
    void sendRangeReply(long token);

    /** Maps the contents where nothing is mapped. Answered by {@link CacheEvents#onInstalled}. */
    void install(long page, D data, boolean writable);

    /** Makes a mapped read-only page writable. Answered by {@link CacheEvents#onInstalled}. */
    void unprotect(long page);

    /**
     * Takes the contents, atomically against the program: no write may fall between reading them and protecting
     * ({@code invalidate} false) or removing (true) the page. At the origin a page which was never touched reads as zeros, and
     * with {@code invalidate} false it must be mapped and write-protected afterwards like any other.
     * Answered by {@link CacheEvents#onExtracted} or, at the origin only, {@link CacheEvents#onExtractDenied}.
     */
    void extract(long page, boolean invalidate);

    /**
     * Removes a page whose contents nobody needs. Answered by {@link CacheEvents#onDropped} or, at the origin only,
     * {@link CacheEvents#onExtractDenied}.
     */
    void drop(long page);

    /** Threads which wait for this page may try again. Called after each change which may have served one. */
    void wake(long page);

    /**
     * A fault on a page which this cache holds sufficiently. The daemon resolves it alone: zero-fill of a page never
     * touched (origin only), unprotect if it is mapped read-only, and wake.
     */
    void spurious(long page, Access access);

    /** Threads which wait for this access to the page can't have it and go home. Not for acquires. */
    void faultDenied(long page, Access access, int reason);

    /**
     * All pages of this acquire are held in its mode now, until this call returns. The receiver copies its bytes inside
     * the call. At the origin a page of the run may never have been touched, and one which was discarded may still be
     * write-protected, as for {@link #spurious}.
     */
    void acquired(long token);

    /** This acquire has ended, because the origin's memory said that access to {@code page} is not legal. */
    void acquireDenied(long token, long page, int reason);

    /**
     * Call {@link CacheEvents#onTimer} not before this many nanoseconds from now. There is one timer: a further call
     * replaces it.
     */
    void setTimer(long nanos);
}
