package org.hitotsu.forwarder.backend.common;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.hitotsu.forwarder.backend.SpaceLayout;
import org.hitotsu.forwarder.backend.common.VmaTable.Vma;
import org.hitotsu.forwarder.nativecall.Linux;
import org.junit.jupiter.api.Test;

class ProgramLayoutTest {

    @Test
    void layoutSpansTheKernelsOwnMappings() {
        List<Vma> maps = VmaTable.parse(List.of(
                "7ffff7fc0000-7ffff7fc4000 r--p 00000000 00:00 0                          [vvar]",
                "7ffff7fc4000-7ffff7fc6000 r--p 00000000 00:00 0                          [vvar_vclock]",
                "7ffff7fc6000-7ffff7fc8000 r-xp 00000000 00:00 0                          [vdso]",
                "7ffff7fc8000-7ffff7fc9000 rw-p 00000000 00:00 0 "));
        assertThat(ProgramLayout.of(maps, 5)).isEqualTo(new SpaceLayout(0x7ffff7fc0000L, 0x8000, 5));
        assertThat(ProgramLayout.of(maps.subList(3, 4), 5)).isEqualTo(new SpaceLayout(0, 0, 5));
    }

    /** The last number is that of the innermost namespace. */
    @Test
    void programKnowsTheIdOfItsOwnNamespace() throws Exception {
        assertThat(ProgramLayout.ownPid(List.of("Name:\tcat", "NSpid:\t4711\t12\t1", "NSpgid:\t3")))
                .isEqualTo(1);
        assertThat(ProgramLayout.ownPid(List.of("Name:\tcat"))).isZero();
        assertThat(ProgramLayout.ownPid(Files.readAllLines(Path.of("/proc/self/status"))))
                .isEqualTo(Linux.getpid());
    }
}
