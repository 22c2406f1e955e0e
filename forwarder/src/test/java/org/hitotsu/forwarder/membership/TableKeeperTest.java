package org.hitotsu.forwarder.membership;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.hitotsu.forwarder.wire.proto.Hello;
import org.junit.jupiter.api.Test;

class TableKeeperTest {

    private static Computer computer(long epoch) {
        return new Computer(0, "127.0.0.1", 7000, "n", "boot", epoch, TestNodes.features(4096));
    }

    private static Hello hello(long epoch) {
        return WireMapping.hello(computer(epoch));
    }

    private static List<Integer> ids(TableKeeper keeper) {
        return keeper.table().computers().stream().map(Computer::id).toList();
    }

    @Test
    void idsAreGivenOnce() {
        TableKeeper keeper = TableKeeper.found(computer(1));
        assertThat(keeper.assign(hello(2))).isEqualTo(2);
        assertThat(keeper.remove(2)).isTrue();
        assertThat(keeper.assign(hello(3))).isEqualTo(3);
        assertThat(ids(keeper)).containsExactly(1, 3);
    }

    @Test
    void sameIncarnationKeepsItsId() {
        TableKeeper keeper = TableKeeper.found(computer(1));
        int id = keeper.assign(hello(2));
        ComputerTable before = keeper.table();
        assertThat(keeper.assign(hello(2))).isEqualTo(id);
        assertThat(keeper.table()).isEqualTo(before);
    }

    @Test
    void everyChangeMakesTheTableLater() {
        TableKeeper keeper = TableKeeper.found(computer(1));
        ComputerTable empty = keeper.table();
        keeper.assign(hello(2));
        ComputerTable two = keeper.table();
        keeper.remove(2);
        assertThat(two.isLaterThan(empty)).isTrue();
        assertThat(keeper.table().isLaterThan(two)).isTrue();
        assertThat(two.isLaterThan(two)).isFalse();
    }

    @Test
    void successorHasAHigherTermAndGoesOnWithTheIds() {
        TableKeeper first = TableKeeper.found(computer(1));
        first.assign(hello(2));
        first.assign(hello(3));
        TableKeeper second = TableKeeper.joined(first.table(), 2);
        TableKeeper third = TableKeeper.joined(first.table(), 3);

        assertThat(third.connectionLost(1)).isFalse();
        assertThat(third.coordinator()).isEqualTo(2);
        assertThat(second.connectionLost(1)).isTrue();
        assertThat(second.isCoordinator()).isTrue();
        assertThat(third.accept(second.table())).isTrue();
        assertThat(ids(third)).containsExactly(2, 3);
        assertThat(second.assign(hello(4))).isEqualTo(4);
    }

    /** The lowest two die together; the one that is left has lost both before it takes over. */
    @Test
    void successorSkipsThoseWhoAreLostToo() {
        TableKeeper first = TableKeeper.found(computer(1));
        first.assign(hello(2));
        first.assign(hello(3));
        TableKeeper third = TableKeeper.joined(first.table(), 3);
        assertThat(third.connectionLost(2)).isFalse();
        assertThat(third.connectionLost(1)).isTrue();
        assertThat(ids(third)).containsExactly(3);
    }

    @Test
    void earlierTableIsNotAccepted() {
        TableKeeper first = TableKeeper.found(computer(1));
        first.assign(hello(2));
        ComputerTable old = first.table();
        TableKeeper second = TableKeeper.joined(old, 2);
        first.assign(hello(3));
        assertThat(second.accept(first.table())).isTrue();
        assertThat(second.accept(old)).isFalse();
        assertThat(ids(second)).containsExactly(1, 2, 3);
    }

    @Test
    void onlyTheCoordinatorChangesTheTable() {
        TableKeeper first = TableKeeper.found(computer(1));
        first.assign(hello(2));
        TableKeeper second = TableKeeper.joined(first.table(), 2);
        assertThatThrownBy(() -> second.assign(hello(3))).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> second.remove(1)).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void wireKeepsEveryField() {
        TableKeeper keeper = TableKeeper.found(computer(-5));
        keeper.assign(hello(Long.MIN_VALUE));
        assertThat(WireMapping.fromWire(WireMapping.toWire(keeper.table()))).isEqualTo(keeper.table());
    }
}
