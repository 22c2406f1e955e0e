package org.hitotsu.coherence;

/** Page numbers: a page is 4096 bytes and its number is its virtual address {@code >>> 12}. */
public final class Pages {

    /** Log2 of the page size in bytes. */
    public static final int SHIFT = 12;

    /** Bytes in a page. */
    public static final int SIZE = 1 << SHIFT;

    /** One more than the highest page number of a 47-bit user address space. */
    public static final long LIMIT = 1L << 35;

    /** Most pages one request, one prefetch window or one acquire may cover. */
    public static final int MAX_RUN = 64;

    private Pages() {}

    /** Whether {@code count} pages from {@code firstPage} is a run of at least one page inside the address space. */
    static boolean isRange(long firstPage, long count) {
        return firstPage >= 0 && count >= 1 && count <= LIMIT && firstPage <= LIMIT - count;
    }

    /** Whether it is a range of at most {@link #MAX_RUN} pages. */
    static boolean isRun(long firstPage, long count) {
        return count <= MAX_RUN && isRange(firstPage, count);
    }
}
