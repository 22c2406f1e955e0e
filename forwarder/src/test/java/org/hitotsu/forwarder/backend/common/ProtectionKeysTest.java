package org.hitotsu.forwarder.backend.common;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import org.hitotsu.forwarder.nativecall.Linux;
import org.hitotsu.forwarder.nativecall.ProcFiles;
import org.junit.jupiter.api.Test;

class ProtectionKeysTest {
    @Test
    void memoryWithAKeyIsFound() {
        assertThat(ProtectionKeys.inUse(mappings("rw-p", 0, "rw-p", 2))).isTrue();
        assertThat(ProtectionKeys.inUse(mappings("rw-p", 0, "r-xp", 0))).isFalse();
    }

    /** The kernel gives it one. */
    @Test
    void memoryThatIsOnlyExecutedDoesNotCount() {
        assertThat(ProtectionKeys.inUse(mappings("rw-p", 0, "--xp", 1))).isFalse();
    }

    private static List<String> mappings(String first, int firstKey, String second, int secondKey) {
        return List.of(
                "7f0000000000-7f0000001000 " + first + " 00000000 00:00 0 ",
                "Size:                  4 kB",
                "ProtectionKey:         " + firstKey,
                "VmFlags: rd wr mr mw me ac sd ",
                "f00000001000-f00000002000 " + second + " 00000000 00:00 0 ",
                "Size:                  4 kB",
                "ProtectionKey:         " + secondKey,
                "VmFlags: rd wr mr mw me ac sd ");
    }

    @Test
    void processorTellsOfThem() throws Exception {
        boolean flag = ProcFiles.lines(Path.of("/proc/cpuinfo")).stream()
                .anyMatch(line -> line.startsWith("flags") && (line + " ").contains(" ospke "));
        assertThat(ProtectionKeys.available()).isEqualTo(flag);
        assertThat(ProtectionKeys.inUse(Linux.getpid())).isFalse();
    }
}
