package org.hitotsu.forwarder.nativecall;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class NativeMemoryTest {

    @Test
    void newMemoryIsZero() {
        try (NativeMemory memory = new NativeMemory(100_000)) {
            byte[] content = new byte[100_000];
            content[5] = 1;
            NativeMemory.copyOut(memory.address(), content, 0, content.length);
            assertThat(content).containsOnly(0);
            assertThat(memory.size()).isEqualTo(100_000);
        }
    }

    @Test
    void valuesAreLittleEndianAndOfTheirWidth() {
        try (NativeMemory memory = new NativeMemory(32)) {
            long at = memory.address();
            NativeMemory.putLong(at, 0x0102030405060708L);
            assertThat(NativeMemory.getByte(at)).isEqualTo((byte) 8);
            assertThat(NativeMemory.getShort(at)).isEqualTo((short) 0x0708);
            assertThat(NativeMemory.getInt(at + 4)).isEqualTo(0x01020304);
            NativeMemory.putShort(at + 2, (short) -1);
            assertThat(NativeMemory.getLong(at)).isEqualTo(0x01020304ffff0708L);
            NativeMemory.putByte(at + 7, (byte) 0x80);
            assertThat(NativeMemory.getLong(at)).isEqualTo(0x80020304ffff0708L);
            NativeMemory.putInt(at, 0);
            NativeMemory.putIntVolatile(at + 4, -2);
            assertThat(NativeMemory.getLong(at)).isEqualTo(0xfffffffe00000000L);
            assertThat(NativeMemory.getIntVolatile(at + 4)).isEqualTo(-2);
            NativeMemory.zero(at + 4, 2);
            assertThat(NativeMemory.getInt(at + 4)).isEqualTo(0xffff0000);
        }
    }

    @Test
    void copiesTakeTheirPieceOfTheArrayOnly() {
        byte[] source = {1, 2, 3, 4, 5};
        byte[] target = {9, 9, 9, 9, 9};
        try (NativeMemory memory = new NativeMemory(8)) {
            NativeMemory.copyIn(memory.address() + 1, source, 2, 3);
            NativeMemory.copyOut(memory.address(), target, 1, 3);
        }
        assertThat(target).containsExactly(9, 0, 3, 4, 9);
    }

    @Test
    void copiesOutsideOfTheArrayAreRefused() {
        byte[] array = new byte[8];
        try (NativeMemory memory = new NativeMemory(16)) {
            long at = memory.address();
            int[][] outside = {{-1, 1}, {0, 9}, {8, 1}, {4, 5}, {0, -1}, {Integer.MAX_VALUE, 2}};
            for (int[] range : outside) {
                assertThatThrownBy(() -> NativeMemory.copyIn(at, array, range[0], range[1]))
                        .isInstanceOf(IndexOutOfBoundsException.class);
                assertThatThrownBy(() -> NativeMemory.copyOut(at, array, range[0], range[1]))
                        .isInstanceOf(IndexOutOfBoundsException.class);
            }
            NativeMemory.copyIn(at, array, 8, 0);
        }
    }

    @Test
    void closingTwiceFreesOnce() {
        NativeMemory memory = new NativeMemory(16);
        memory.close();
        assertThat(memory.address()).isZero();
        memory.close();
    }

    @Test
    void stringsEndWithZero() {
        try (NativeMemory text = NativeMemory.ofString("ab")) {
            assertThat(text.size()).isEqualTo(3);
            assertThat(NativeMemory.getShort(text.address())).isEqualTo((short) ('a' | 'b' << 8));
            assertThat(NativeMemory.getByte(text.address() + 2)).isZero();
        }
    }
}
