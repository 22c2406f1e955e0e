package org.hitotsu.forwarder.backend.common;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.hitotsu.forwarder.backend.common.VmaTable.Vma;
import org.hitotsu.forwarder.nativecall.Linux;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Of this very process. */
class MappedFilesTest {
    private final VmaTable vmas = new VmaTable(Linux::getpid);
    private final MappedFiles files = new MappedFiles(vmas);

    @TempDir
    Path directory;

    private boolean isRegular(Path file) {
        int fd = (int) Linux.open(file.toString(), Linux.O_RDWR);
        assumeTrue(fd >= 0, file + " can't be opened here");
        int protection = Linux.PROT_READ | Linux.PROT_WRITE;
        long address = Linux.mmap(0, Linux.PAGE_SIZE, protection, Linux.MAP_PRIVATE, fd, 0);
        Linux.close(fd);
        vmas.changed();
        Vma vma = vmas.find(address);
        assertThat(vma).isNotNull();
        boolean regular = files.isRegular(vma);
        Linux.munmap(address, Linux.PAGE_SIZE);
        assertThat(files.isRegular(vma)).as("it is known by now").isEqualTo(regular);
        return regular;
    }

    @Test
    void deviceByAnyName() throws Exception {
        assertThat(isRegular(Path.of("/dev/zero"))).isFalse();
        Path node = directory.resolve("node");
        Process made = new ProcessBuilder("mknod", node.toString(), "c", "1", "5").start();
        assumeTrue(made.waitFor() == 0, "mknod is not allowed here");
        assertThat(isRegular(node)).isFalse();
    }

    @Test
    void fileThatHasBytes() throws IOException {
        Path file = directory.resolve("zero");
        Files.writeString(file, "text");
        assertThat(isRegular(file)).isTrue();
    }

    @Test
    void mappingThatIsGoneIsAskedForAgain() {
        Vma gone = VmaTable.parse(List.of("10000-20000 rw-p 00000000 08:01 7 /gone"))
                .get(0);
        assertThat(files.isRegular(gone)).isFalse();
    }
}
