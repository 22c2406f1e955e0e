package org.hitotsu.bpf;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** Error codes as the processor makes them in user mode (bit 0: the page is there, bit 2: user mode). */
class FaultAccessTest {

    @Test
    void isReadFromTheProcessorsErrorCode() {
        assertThat(FaultAccess.of(0x04)).isEqualTo(FaultAccess.READ);
        assertThat(FaultAccess.of(0x05)).isEqualTo(FaultAccess.READ);
        assertThat(FaultAccess.of(0x06)).isEqualTo(FaultAccess.WRITE);
        assertThat(FaultAccess.of(0x07)).isEqualTo(FaultAccess.WRITE);
        assertThat(FaultAccess.of(0x14)).isEqualTo(FaultAccess.EXEC);
        assertThat(FaultAccess.of(0x15)).isEqualTo(FaultAccess.EXEC);
    }
}
