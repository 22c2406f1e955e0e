package org.hitotsu.forwarder.backend;

import org.jspecify.annotations.Nullable;

/**
 * The memory of one shared address space on this node, page by page. A page is 4096 bytes; its number is its address
 * shifted right by 12.
 *
 * <p>All methods are called on the event loop. Completions come through {@link Events}, always in a later turn or after
 * the calling method has returned, never from inside it.
 */
public interface PagePort {
    /** What happens in the memory. Called on the event loop. */
    interface Events {
        /**
         * The program waits for access to {@code page}.
         *
         * @param write whether it wants to write
         * @param protectedPage whether the page is there, write-protected (as far as the kernel knew when it reported)
         * @param tid the waiting thread as this node's kernel numbers it
         */
        void onFault(long page, boolean write, boolean protectedPage, int tid);

        /** {@link #extract} is done; {@code data} has 4096 bytes and is the receiver's. */
        void onExtracted(long page, byte[] data);

        /** {@link #extract} can't be done: the address space forbids it. */
        void onExtractDenied(long page, Denial reason);

        /** {@link #install} or {@link #unprotect} is done. */
        void onInstalled(long page);

        /** {@link #drop} is done. */
        void onDropped(long page);

        /** The memory failed in a way that leaves its content in doubt; the shared process must be ended. */
        void onBroken(String why);
    }

    /** Why an access may not be granted from another node. The order is the wire's: new reasons come last. */
    enum Denial {
        UNMAPPED,
        PROTECTED,
        SHARED_MAPPING,
        FILE_MAPPING,
        SPECIAL_MAPPING,
        /** A device, or the kernel, may write the page without the CPU knowing, or can't wait for it. */
        PINNED
    }

    void events(Events events);

    /** Puts a page in place, writable or write-protected, and lets those who wait for it run. Then onInstalled. */
    void install(long page, byte[] data, int offset, boolean writable);

    /** Makes a write-protected page writable and lets those who wait for it run. Then onInstalled. */
    void unprotect(long page);

    /**
     * Takes the content of a page, atomically against the program: then the page is write-protected, or with
     * {@code invalidate} absent. Then onExtracted or onExtractDenied.
     */
    void extract(long page, boolean invalidate);

    /** Removes a page, write-protected or not, whose content nobody needs. Then onDropped or onExtractDenied. */
    void drop(long page);

    /** Lets the threads waiting for the page try again. */
    void wake(long page);

    /** A fault on a page which is held here in a sufficient mode: makes it so that the access goes on. */
    void resolveLocally(long page, boolean write);

    /** Names who knows the pages that the protocol tracks, which are never taken for untouched ones. */
    void tracked(TrackedPages pages);

    /** Tells whether other nodes have, or have had, a page. */
    interface TrackedPages {
        boolean isTracked(long page);
    }

    /** Whether this address space allows the access at all; null if so. Only the origin's memory denies. */
    @Nullable
    Denial check(long page, boolean write);
}
