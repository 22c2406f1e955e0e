package org.hitotsu.forwarder.backend.patched;

import static org.hitotsu.forwarder.backend.patched.PatchedLayout.*;

import java.util.List;
import org.hitotsu.forwarder.backend.common.PageWork.Item;
import org.hitotsu.forwarder.nativecall.Linux;
import org.hitotsu.forwarder.nativecall.NativeMemory;

/** UFFDIO_EXTRACT: pages of several ranges, atomically against the program, by one request. */
final class Extraction implements AutoCloseable {
    /** Pages of one request. */
    static final int MAX_PAGES = 512;

    private static final int RANGE_BYTES = 16;
    private static final int STATUS_BYTES = 4;

    private final NativeMemory arg = new NativeMemory(Extract.SIZE);
    private final NativeMemory ranges = new NativeMemory((long) MAX_PAGES * RANGE_BYTES);
    private final NativeMemory status = new NativeMemory((long) MAX_PAGES * STATUS_BYTES);
    private final NativeMemory buffer = new NativeMemory((long) MAX_PAGES * Linux.PAGE_SIZE);

    /**
     * Looks at the pages of some runs, {@link #MAX_PAGES} in all at most.
     *
     * @param runs each of adjacent pages in ascending order, at most {@link PatchedLayout#EXTRACT_MAX_RANGE}
     * @return how many pages were looked at, in order, or {@code -errno} if none
     */
    long run(int uffd, int mode, List<List<Item>> runs) {
        long at = ranges.address();
        for (List<Item> run : runs) {
            NativeMemory.putLong(at, run.get(0).page() << Linux.PAGE_SHIFT);
            NativeMemory.putLong(at + 8, (long) run.size() << Linux.PAGE_SHIFT);
            at += RANGE_BYTES;
        }
        long to = arg.address();
        NativeMemory.putLong(to + Extract.RANGES, ranges.address());
        NativeMemory.putInt(to + Extract.COUNT, runs.size());
        NativeMemory.putInt(to + Extract.MODE, mode);
        NativeMemory.putLong(to + Extract.BUFFER, buffer.address());
        NativeMemory.putLong(to + Extract.STATUS, status.address());
        NativeMemory.putLong(to + Extract.PAGES, 0);
        long result = Linux.ioctl(uffd, UFFDIO_EXTRACT, to);
        long pages = NativeMemory.getLong(to + Extract.PAGES);
        return pages > 0 ? pages : result;
    }

    /** What became of page {@code index}: 0 or {@code -errno}. */
    int status(int index) {
        return NativeMemory.getInt(status.address() + (long) index * STATUS_BYTES);
    }

    /** Where its content is, if it was taken. */
    long content(int index) {
        return buffer.address() + ((long) index << Linux.PAGE_SHIFT);
    }

    @Override
    public void close() {
        arg.close();
        ranges.close();
        status.close();
        buffer.close();
    }
}
