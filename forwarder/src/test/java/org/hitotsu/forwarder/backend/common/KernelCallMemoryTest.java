package org.hitotsu.forwarder.backend.common;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.IntStream;
import org.hitotsu.forwarder.nativecall.Linux;
import org.hitotsu.forwarder.nativecall.NativeMemory;
import org.hitotsu.forwarder.share.pages.TestLoop;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Of this very process. */
class KernelCallMemoryTest {
    private final TestLoop loop = new TestLoop();
    private final KernelCallMemory program = new KernelCallMemory(loop.context());
    private final int self = Linux.getpid();

    @AfterEach
    void close() throws Exception {
        loop.close();
    }

    @Test
    void memoryThatIsThereIsReadAndWritten() throws Exception {
        byte[] bytes = new byte[1024];
        IntStream.range(0, bytes.length).forEach(i -> bytes[i] = (byte) (i * 7));
        try (NativeMemory memory = new NativeMemory(bytes.length)) {
            assertThat(loop.await(() -> program.write(self, memory.address(), bytes)))
                    .isTrue();
            assertThat(loop.await(() -> program.read(self, memory.address(), bytes.length)))
                    .isEqualTo(bytes);
        }
        assertThat(loop.await(() -> program.read(self, 8, 8))).isNull();
        assertThat(loop.await(() -> program.write(self, 8, bytes))).isFalse();
        assertThat(loop.await(() -> program.read(self, -8, 8))).isNull();
    }

    @Test
    void memoryThatMayNotBeWrittenIsNot() throws Exception {
        long page = Linux.mmap(0, Linux.PAGE_SIZE, Linux.PROT_READ, Linux.MAP_PRIVATE | Linux.MAP_ANONYMOUS, -1, 0);
        try {
            assertThat(loop.await(() -> program.write(self, page, new byte[8]))).isFalse();
            assertThat(loop.await(() -> program.read(self, page, 8))).isEqualTo(new byte[8]);
            assertThat(loop.await(() -> program.read(self, page + Linux.PAGE_SIZE - 4, 4)))
                    .hasSize(4);
        } finally {
            Linux.munmap(page, Linux.PAGE_SIZE);
        }
    }
}
