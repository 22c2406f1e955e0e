package org.hitotsu.forwarder.nativecall;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.hitotsu.forwarder.nativecall.FileStatus.Type;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FileStatusTest {

    private static final int MEMORY_DEVICES = 1;

    @Test
    void typesAreToldApart(@TempDir Path directory) throws Exception {
        Path file = Files.writeString(directory.resolve("file"), "text");
        assertThat(FileStatus.of(file.toString()).type()).isEqualTo(Type.REGULAR);
        assertThat(FileStatus.of(directory.toString()).type()).isEqualTo(Type.OTHER);
        FileStatus device = FileStatus.of("/dev/null");
        assertThat(device.type()).isEqualTo(Type.CHARACTER_DEVICE);
        assertThat(device.deviceMajor()).isEqualTo(MEMORY_DEVICES);
        assertThat(device.error()).isZero();
    }

    @Test
    void whatIsNotThereHasAnError(@TempDir Path directory) {
        FileStatus status = FileStatus.of(directory.resolve("nothing").toString());
        assertThat(status.error()).isEqualTo(2);
        assertThat(status.type()).isEqualTo(Type.OTHER);
    }

    @Test
    void identityIsTheFilesAndNotTheNames(@TempDir Path directory) throws Exception {
        Path file = Files.writeString(directory.resolve("file"), "text");
        Path link = Files.createLink(directory.resolve("link"), file);
        Path other = Files.writeString(directory.resolve("other"), "text");
        FileStatus.Identity identity = FileStatus.of(file.toString()).identity();
        assertThat(FileStatus.of(link.toString()).identity()).isEqualTo(identity);
        assertThat(FileStatus.of(other.toString()).identity()).isNotEqualTo(identity);
        assertThat(identity.inode()).isEqualTo((Long) Files.getAttribute(file, "unix:ino"));
    }

    @Test
    void aDescriptorIsTheThreads() {
        int self = (int) ProcessHandle.current().pid();
        int memory = (int) Linux.memfdCreate("a file");
        try {
            assertThat(FileStatus.ofDescriptor(self, memory).type()).isEqualTo(Type.REGULAR);
        } finally {
            Linux.close(memory);
        }
        assertThat(FileStatus.ofDescriptor(self, memory).error()).isNotZero();
    }
}
