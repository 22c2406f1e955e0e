package org.hitotsu.bpf;

import java.nio.ByteBuffer;

/** Takes one record out of a ring buffer. */
@FunctionalInterface
public interface RecordHandler {

    /**
     * Called on the thread that polls, in the order in which the records were reserved. The record's bytes are
     * {@code data[offset .. offset + length)}; they are the kernel's own pages and belong to the kernel again when this
     * method returns. Read with the absolute getters only.
     *
     * @param data the whole mapped ring in native byte order, the same buffer for every record
     * @param offset index of the record's first byte, a multiple of 8
     * @param length bytes in the record
     */
    void onRecord(ByteBuffer data, int offset, int length);
}
