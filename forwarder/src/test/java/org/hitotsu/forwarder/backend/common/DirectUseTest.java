package org.hitotsu.forwarder.backend.common;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.hitotsu.forwarder.nativecall.Linux;
import org.hitotsu.forwarder.nativecall.NativeMemory;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DirectUseTest {
    private static final int DIRECT = 0x4000;

    @Test
    void opensForDirectTransfers() {
        assertThat(DirectUse.of(2, new long[] {0x1000, DIRECT | 2, 0, 0, 0, 0})).contains("O_DIRECT");
        assertThat(DirectUse.of(257, new long[] {3, 0x1000, DIRECT, 0, 0, 0})).contains("O_DIRECT");
        assertThat(DirectUse.of(304, new long[] {3, 0x1000, DIRECT, 0, 0, 0})).contains("O_DIRECT");
        assertThat(DirectUse.of(72, new long[] {3, 4, DIRECT, 0, 0, 0})).contains("O_DIRECT");
        assertThat(DirectUse.of(257, new long[] {3, DIRECT, 2, 0, 0, 0})).isNull();
        // F_SETLK: the third argument is an address.
        assertThat(DirectUse.of(72, new long[] {3, 6, DIRECT, 0, 0, 0})).isNull();
    }

    @Test
    void registersWithIoUring() {
        assertThat(DirectUse.of(427, new long[] {3, 0, 0x1000, 1, 0, 0})).contains("io_uring");
        // IORING_REGISTER_PBUF_RING through a registered ring, and what a later kernel may have.
        assertThat(DirectUse.of(427, new long[] {0, 22 | 1L << 31, 0x1000, 1, 0, 0}))
                .contains("io_uring");
        assertThat(DirectUse.of(427, new long[] {3, 200, 0x1000, 1, 0, 0})).contains("io_uring");
        // IORING_REGISTER_FILES, plain and through a registered ring.
        assertThat(DirectUse.of(427, new long[] {3, 2, 0x1000, 1, 0, 0})).isNull();
        assertThat(DirectUse.of(427, new long[] {0, 2 | 1L << 31, 0x1000, 1, 0, 0}))
                .isNull();
    }

    @Test
    void flagsInMemoryAreNamed() {
        assertThat(DirectUse.flags(437, new long[] {-100, 0x1000, 0x2000, 24, 0, 0}))
                .satisfies(flags -> assertThat(flags.address()).isEqualTo(0x2000))
                .satisfies(flags -> assertThat(flags.mask()).isEqualTo(DIRECT));
        // struct io_uring_params: sq_entries, cq_entries, flags.
        assertThat(DirectUse.flags(425, new long[] {8, 0x2000, 0, 0, 0, 0}))
                .satisfies(flags -> assertThat(flags.address()).isEqualTo(0x2008))
                .satisfies(flags -> assertThat(flags.mask()).isEqualTo(1 << 14));
        assertThat(DirectUse.flags(257, new long[6])).isNull();
    }

    @Test
    void onlyTasksThatOutliveTheProgramCount() {
        assertThat(DirectUse.ofClone(0x100)).contains("CLONE_VM");
        assertThat(DirectUse.ofClone(0x100 | 0x4000)).as("vfork").isNull();
        assertThat(DirectUse.ofClone(0x100 | 0x10000)).as("a thread").isNull();
        assertThat(DirectUse.ofClone(17)).as("fork").isNull();
    }

    @Test
    void descriptorsOfAnyKindAreFound(@TempDir Path directory) throws IOException {
        int self = (int) ProcessHandle.current().pid();
        assertThat(DirectUse.from(self)).isNull();
        Path file = Files.createFile(directory.resolve("file"));
        long fd = Linux.open(file.toString(), DIRECT);
        Assumptions.assumeTrue(fd >= 0, "a file system that knows O_DIRECT");
        try {
            assertThat(DirectUse.from(self)).contains("O_DIRECT");
        } finally {
            Linux.close((int) fd);
        }
        assertThat(DirectUse.from(self)).isNull();
    }

    @Test
    void packetsOfAPipeAreNotDirect() {
        int self = (int) ProcessHandle.current().pid();
        try (NativeMemory ends = new NativeMemory(8)) {
            assertThat(Linux.call(Linux.NR_PIPE2, ends.address(), DIRECT, 0)).isZero();
            int read = NativeMemory.getInt(ends.address());
            int write = NativeMemory.getInt(ends.address() + 4);
            try {
                assertThat(DirectUse.isPipe(self, write)).isTrue();
                assertThat(DirectUse.from(self)).isNull();
            } finally {
                Linux.close(read);
                Linux.close(write);
            }
        }
    }

    @Test
    void aProcessThatHasEndedHasNone() {
        assertThat(DirectUse.from(0x7fffffff)).isNull();
    }
}
