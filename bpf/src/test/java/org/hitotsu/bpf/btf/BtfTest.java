package org.hitotsu.bpf.btf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.util.Arrays;
import org.hitotsu.bpf.BpfSource;
import org.junit.jupiter.api.Test;

class BtfTest {

    private final byte[] object = BpfSource.resource("observer").object();

    /** pt_regs is part of the x86-64 ABI (arch/x86/include/asm/ptrace.h), so the kernel's offsets are known. */
    @Test
    void findsFieldsOfTheRunningKernel() throws IOException {
        assumeTrue(Files.isReadable(Btf.KERNEL), "this kernel has no BTF");
        Btf kernel = Btf.kernel();
        assertThat(kernel.offsetOf("pt_regs", "orig_ax")).isEqualTo(120);
        assertThat(kernel.offsetOf("pt_regs", "ip")).isEqualTo(128);
        // Within an anonymous union since 6.9, directly in the struct before.
        assertThat(kernel.offsetOf("pt_regs", "cs")).isEqualTo(136);
        assertThat(kernel.offsetOf("task_struct", "thread_info.flags")).isZero();
        assertThat(kernel.offsetOf("task_struct", "tgid") - kernel.offsetOf("task_struct", "pid"))
                .isEqualTo(4);
        assertThatThrownBy(() -> kernel.offsetOf("task_struct", "hitotsu"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("hitotsu");
    }

    @Test
    void knowsNoStructThatIsNotThere() {
        assertThat(Btf.ofObject(object).struct("hito_forward")).isNull();
        assertThat(Btf.ofObject(object).struct("hito_forward_record")).isNotNull();
    }

    @Test
    void findsConstantsInTheObject() {
        ElfObject elf = new ElfObject(object);
        assertThat(elf.symbol("hito_wakeup_bytes"))
                .isEqualTo(new ElfObject.Symbol("hito_wakeup_bytes", ".rodata", 0, 4));
        assertThat(elf.symbol("nothing")).isNull();
        assertThat(elf.section("nothing")).isNull();
    }

    @Test
    void refusesWhatIsCutShortOrSomethingElse() {
        assertThatThrownBy(() -> Btf.ofObject(Arrays.copyOf(object, object.length / 2)))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> Btf.ofObject(new byte[200])).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> Btf.parse(ByteBuffer.allocate(64))).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> Btf.parse(ByteBuffer.allocate(1))).isInstanceOf(IllegalArgumentException.class);
    }
}
