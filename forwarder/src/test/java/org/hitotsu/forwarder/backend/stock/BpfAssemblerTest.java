package org.hitotsu.forwarder.backend.stock;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.hitotsu.forwarder.backend.stock.BpfAssembler.ALLOW;
import static org.hitotsu.forwarder.backend.stock.BpfAssembler.NR;
import static org.hitotsu.forwarder.backend.stock.BpfAssembler.USER_NOTIF;

import org.junit.jupiter.api.Test;

class BpfAssemblerTest {

    private static BpfAssembler ret(int value) {
        return new BpfAssembler().ret(value);
    }

    private static int run(BpfAssembler program, int nr) {
        return ClassicBpf.run(program.toBytes(), ClassicBpf.data(nr, 0, 0));
    }

    @Test
    void instructionsAreStructSockFilter() {
        byte[] bytes = new BpfAssembler().load(4).ret(USER_NOTIF).toBytes();
        assertThat(bytes).containsExactly(0x20, 0, 0, 0, 4, 0, 0, 0, 6, 0, 0, 0, 0, 0, 0xc0, 0x7f);
    }

    @Test
    void argumentsAreAtTheLowHalvesOfTheirWords() {
        assertThat(BpfAssembler.argLow(0)).isEqualTo(16);
        assertThat(BpfAssembler.argLow(5)).isEqualTo(56);
    }

    @Test
    void equalityRunsItsBodyOrSkipsIt() {
        BpfAssembler program = new BpfAssembler()
                .load(NR)
                .ifEquals(3, ret(30))
                .ifEquals(-5, ret(50))
                .ret(99);
        assertThat(run(program, 3)).isEqualTo(30);
        assertThat(run(program, -5)).isEqualTo(50);
        assertThat(run(program, 4)).isEqualTo(99);
        assertThat(program.length()).isEqualTo(6);
    }

    @Test
    void inequalityIsTheOpposite() {
        BpfAssembler program =
                new BpfAssembler().load(NR).ifNotEquals(3, ret(30)).ret(99);
        assertThat(run(program, 3)).isEqualTo(99);
        assertThat(run(program, 4)).isEqualTo(30);
    }

    @Test
    void anyBitOfAMaskIsEnough() {
        BpfAssembler program =
                new BpfAssembler().load(NR).ifAnySet(0x90, ret(1)).ret(0);
        assertThat(run(program, 0x10)).isEqualTo(1);
        assertThat(run(program, 0x80)).isEqualTo(1);
        assertThat(run(program, 0x6f)).isZero();
    }

    @Test
    void bodyWithoutReturnFallsThrough() {
        BpfAssembler program = new BpfAssembler()
                .load(NR)
                .ifEquals(1, new BpfAssembler().load(BpfAssembler.ARCH))
                .ifEquals(7, ret(70))
                .ret(0);
        byte[] bytes = program.toBytes();
        assertThat(ClassicBpf.run(bytes, ClassicBpf.data(1, 7, 0))).isEqualTo(70);
        assertThat(ClassicBpf.run(bytes, ClassicBpf.data(2, 7, 0))).isZero();
    }

    @Test
    void nestedAndAppendedCodeKeepsItsJumps() {
        BpfAssembler inner = new BpfAssembler().ifAnySet(1, ret(11)).ret(10);
        BpfAssembler program = new BpfAssembler()
                .load(NR)
                .append(new BpfAssembler().ifAnySet(0x100, inner))
                .ret(ALLOW);
        assertThat(run(program, 0x101)).isEqualTo(11);
        assertThat(run(program, 0x100)).isEqualTo(10);
        assertThat(run(program, 1)).isEqualTo(ALLOW);
        assertThat(ClassicBpf.wellFormed(program.toBytes())).isTrue();
    }

    @Test
    void jumpThatDoesNotFitIsRefused() {
        BpfAssembler body = new BpfAssembler();
        for (int i = 0; i < 255; i++) {
            body.ret(i);
        }
        BpfAssembler longest = new BpfAssembler().load(NR).ifEquals(1, body).ret(-1);
        assertThat(run(longest, 1)).isZero();
        assertThat(run(longest, 2)).isEqualTo(-1);

        body.ret(255);
        assertThatThrownBy(() -> new BpfAssembler().load(NR).ifEquals(1, body))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("256");
    }
}
