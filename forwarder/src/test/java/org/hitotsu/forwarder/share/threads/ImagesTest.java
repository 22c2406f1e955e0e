package org.hitotsu.forwarder.share.threads;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import org.hitotsu.forwarder.backend.ThreadImage;
import org.hitotsu.forwarder.nativecall.Ptrace.Registers;
import org.hitotsu.forwarder.share.proto.Image;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ImagesTest {

    private static final int CS = 17;
    private static final int EFLAGS = 18;
    private static final int SS = 20;
    private static final int FS_BASE = 21;
    private static final int GS_BASE = 22;

    static long[] registers() {
        long[] registers = new long[Registers.COUNT];
        for (int i = 0; i < registers.length; i++) {
            registers[i] = 0x100 + i;
        }
        registers[CS] = 0x33;
        registers[SS] = 0x2b;
        registers[EFLAGS] = 0x246;
        registers[FS_BASE] = 0x7f1234567740L;
        registers[GS_BASE] = 0;
        return registers;
    }

    private static ThreadImage received(long[] registers) {
        Image.Builder wire = Image.newBuilder();
        for (long register : registers) {
            wire.addRegisters(register);
        }
        return Images.fromWire(wire.build(), new byte[0]);
    }

    private static ThreadImage with(int index, long value) {
        long[] registers = registers();
        registers[index] = value;
        return received(registers);
    }

    @Test
    void imageOfAProgramArrivesAsItWas() {
        ThreadImage image = new ThreadImage(registers(), new byte[] {1, 2});
        ThreadImage arrived = Images.fromWire(Images.toWire(image), image.xstate());
        assertThat(arrived.registers()).isEqualTo(registers());
        assertThat(arrived.xstate()).containsExactly(1, 2);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, Registers.COUNT - 1, Registers.COUNT + 1})
    void numberOfRegistersIsChecked(int count) {
        assertThatThrownBy(() -> received(Arrays.copyOf(registers(), count)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(count + " registers");
    }

    /** Kernel segments, data and null selectors. */
    @ParameterizedTest
    @ValueSource(longs = {0, 0x10, 0x18, 0x2b, 0x100000033L, -1})
    void codeSegmentMustBeThatOfPrograms(long cs) {
        assertThatThrownBy(() -> with(CS, cs))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("segments");
    }

    /** A thread may go there while it is away. */
    @Test
    void codeMayBe32Bit() {
        assertThat(with(CS, 0x23).runs64Bit()).isFalse();
        assertThat(with(CS, 0x33).runs64Bit()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(longs = {0, 0x18, 0x28, 0x33, -1})
    void stackSegmentMustBeThatOfPrograms(long ss) {
        assertThatThrownBy(() -> with(SS, ss)).isInstanceOf(IllegalArgumentException.class);
    }

    @ParameterizedTest
    @ValueSource(longs = {1L << 47, 1L << 62, -1, 0xffff800000000000L, Long.MIN_VALUE})
    void addressesOutsideOfUserSpaceAreRefused(long address) {
        for (int index : new int[] {Registers.RIP, FS_BASE, GS_BASE}) {
            assertThatThrownBy(() -> with(index, address))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("user space");
        }
    }

    @Test
    void lastAddressOfUserSpaceIsTaken() {
        long last = (1L << 47) - 1;
        assertThat(with(Registers.RIP, last).register(Registers.RIP)).isEqualTo(last);
        assertThat(with(FS_BASE, last).register(FS_BASE)).isEqualTo(last);
    }

    /** A program may put anything into the registers that only it reads. */
    @Test
    void generalRegistersAreNotJudged() {
        for (int index : new int[] {Registers.RAX, Registers.RSP, Registers.RDI, Registers.ORIG_RAX, 0, 4}) {
            assertThat(with(index, Long.MIN_VALUE).register(index)).isEqualTo(Long.MIN_VALUE);
        }
    }

    @Test
    void flagsAreThoseThatUserModeMaySet() {
        int iopl = 0x3000;
        int interrupts = 0x200;
        int virtual8086 = 0x20000;
        int virtualInterrupt = 0x80000 | 0x100000;
        int arithmetic = 0x1 | 0x4 | 0x10 | 0x40 | 0x80 | 0x800;
        int others = 0x100 | 0x400 | 0x4000 | 0x10000 | 0x40000 | 0x200000; // TF DF NT RF AC ID

        assertThat(with(EFLAGS, -1).register(EFLAGS)).isEqualTo(arithmetic | others | interrupts | 2);
        assertThat(with(EFLAGS, 0).register(EFLAGS) & interrupts)
                .as("interrupts stay on")
                .isEqualTo(interrupts);
        assertThat(with(EFLAGS, iopl | virtual8086 | virtualInterrupt).register(EFLAGS))
                .isEqualTo(interrupts);
        assertThat(with(EFLAGS, 0x246).register(EFLAGS)).isEqualTo(0x246);
    }

    @Test
    void dataSegmentsAreSixteenBitsWide() {
        for (int index = 23; index < Registers.COUNT; index++) {
            assertThat(with(index, 0xdeadbeef0000002bL).register(index)).isEqualTo(0x2b);
        }
    }
}
