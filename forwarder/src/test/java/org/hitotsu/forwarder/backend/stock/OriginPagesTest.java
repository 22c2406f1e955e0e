package org.hitotsu.forwarder.backend.stock;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.hitotsu.forwarder.backend.PagePort.Denial;
import org.hitotsu.forwarder.backend.common.VmaTable;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class OriginPagesTest {

    private static @Nullable Denial denial(String protection, boolean write) {
        String line = "7f0000000000-7f0000001000 " + protection + " 00000000 08:01 99 /lib/libc.so.6";
        return OriginPages.denialOf(VmaTable.parse(List.of(line)).get(0), write);
    }

    @Test
    void privateFilesAreReadOnlyOrDenied() {
        assertThat(denial("r-xp", false)).isNull();
        assertThat(denial("r-xp", true)).isEqualTo(Denial.PROTECTED);
        assertThat(denial("rw-p", false)).isEqualTo(Denial.FILE_MAPPING);
        assertThat(denial("rw-p", true)).isEqualTo(Denial.FILE_MAPPING);
        assertThat(denial("rw-s", true)).isEqualTo(Denial.SHARED_MAPPING);
        assertThat(OriginPages.denialOf(null, true)).isEqualTo(Denial.UNMAPPED);
    }
}
