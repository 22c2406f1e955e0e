package org.hitotsu.forwarder.backend.stock;

import static org.assertj.core.api.Assertions.assertThat;

import org.hitotsu.forwarder.nativecall.Linux;
import org.junit.jupiter.api.Test;

class FileMappingsTest {

    private static final int RW = Linux.PROT_READ | Linux.PROT_WRITE;
    private static final int PRIVATE = Linux.MAP_PRIVATE;

    @Test
    void writablePrivateFilesAreCopied() {
        assertThat(FileMappings.isCopied(0x2000, RW, PRIVATE)).isTrue();
        assertThat(FileMappings.isCopied(1, Linux.PROT_WRITE, PRIVATE | Linux.MAP_FIXED))
                .isTrue();
    }

    @Test
    void otherMappingsAreNot() {
        assertThat(FileMappings.isCopied(0x2000, Linux.PROT_READ, PRIVATE)).isFalse();
        assertThat(FileMappings.isCopied(0x2000, RW, Linux.MAP_SHARED)).isFalse();
        int sharedValidate = 3;
        assertThat(FileMappings.isCopied(0x2000, RW, sharedValidate)).isFalse();
    }

    /** 256 MiB is the most that is copied at once. */
    @Test
    void largeFilesAreNot() {
        assertThat(FileMappings.isCopied(256L << 20, RW, PRIVATE)).isTrue();
        assertThat(FileMappings.isCopied((256L << 20) + 1, RW, PRIVATE)).isFalse();
        assertThat(FileMappings.isCopied(0, RW, PRIVATE)).isFalse();
        assertThat(FileMappings.isCopied(-4096, RW, PRIVATE)).isFalse();
    }
}
