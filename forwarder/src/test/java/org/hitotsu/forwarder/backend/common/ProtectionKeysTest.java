package org.hitotsu.forwarder.backend.common;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import org.hitotsu.forwarder.backend.common.VmaTable.Vma;
import org.hitotsu.forwarder.nativecall.Linux;
import org.hitotsu.forwarder.nativecall.ProcFiles;
import org.junit.jupiter.api.Test;

class ProtectionKeysTest {
    @Test
    void mappingsWithKeysAreFound() {
        List<Vma> mappings = ProtectionKeys.keyed(List.of(
                "7f0000000000-7f0000001000 rw-p 00000000 00:00 0 ",
                "Size:                  4 kB",
                "ProtectionKey:         0",
                "VmFlags: rd wr mr mw me ac sd ",
                "7f0000001000-7f0000002000 rw-p 00000000 00:00 0 ",
                "Size:                  4 kB",
                "ProtectionKey:         2",
                "VmFlags: rd wr mr mw me ac sd ",
                "f00000000000-f00000001000 rw-p 00000000 00:00 0 "));
        assertThat(mappings).extracting(Vma::start).containsExactly(0x7f0000001000L);
    }

    @Test
    void processorTellsOfThem() throws Exception {
        boolean flag = ProcFiles.lines(Path.of("/proc/cpuinfo")).stream()
                .anyMatch(line -> line.startsWith("flags") && (line + " ").contains(" ospke "));
        assertThat(ProtectionKeys.available()).isEqualTo(flag);
        assertThat(ProtectionKeys.inUse(Linux.getpid())).isEmpty();
    }
}
