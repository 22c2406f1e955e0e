package org.hitotsu.forwarder.share.pages;

import java.util.Objects;

/**
 * The content of one page: 4096 bytes of {@code array} from {@code offset}. Nobody changes them once this exists, so a
 * page received is handed on without being copied.
 */
public record PageData(byte[] array, int offset) {
    public static final int SIZE = 4096;

    public PageData {
        Objects.checkFromIndexSize(offset, SIZE, array.length);
    }
}
