package org.hitotsu.forwarder.backend.stock;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.hitotsu.forwarder.nativecall.Linux;
import org.hitotsu.forwarder.nativecall.NativeMemory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class AgentRegionTest {

    private final AgentRegion region;

    AgentRegionTest() throws Exception {
        region = new AgentRegion();
    }

    @AfterEach
    void close() {
        region.close();
    }

    @Test
    void codeStartsWithTheEntryTable() {
        long magic = NativeMemory.getLong(region.local(StockLayout.AGENT_BASE));
        assertThat(magic).isEqualTo(0x7573746f746968L); // "hitotsu"
        long[] entries = {
            AgentRegion.loopEntry(),
            AgentRegion.execCall(),
            AgentRegion.execReturn(),
            AgentRegion.execDone(),
            AgentRegion.spawnHelperEntry(),
            AgentRegion.injectEntry()
        };
        long codeEnd = NativeMemory.getLong(region.local(StockLayout.AGENT_BASE) + 8 * 8);
        assertThat(codeEnd)
                .isGreaterThan(StockLayout.AGENT_BASE)
                .isLessThanOrEqualTo(StockLayout.AGENT_BASE + StockLayout.AGENT_CODE_SIZE);
        Set<Long> distinct = new HashSet<>();
        for (long entry : entries) {
            assertThat(entry).isGreaterThan(StockLayout.AGENT_BASE).isLessThan(codeEnd);
            distinct.add(entry);
        }
        assertThat(distinct).hasSize(entries.length);
    }

    /** How far a deputy has come is told from its instruction pointer: two bytes of syscall lie between these. */
    @Test
    void deputysCallIsASyscallInstruction() {
        assertThat(AgentRegion.execReturn()).isEqualTo(AgentRegion.execCall() + 2);
        assertThat(NativeMemory.getShort(region.local(AgentRegion.execCall()))).isEqualTo((short) 0x050f);
        assertThat(AgentRegion.execDone()).isGreaterThan(AgentRegion.execReturn());
    }

    @Test
    void everySlotIsHandedOutOnce() {
        Set<Long> slots = new HashSet<>();
        for (int i = 0; i < AgentRegion.SLOTS; i++) {
            long slot = region.takeSlot(0);
            assertThat((slot - StockLayout.SLOT_BASE) % StockLayout.SLOT_SIZE).isZero();
            assertThat(slot)
                    .isGreaterThanOrEqualTo(
                            StockLayout.SLOT_BASE + (long) StockLayout.CONTROL_SLOTS * StockLayout.SLOT_SIZE)
                    .isLessThanOrEqualTo(StockLayout.AGENT_END - StockLayout.SLOT_SIZE);
            assertThat(slot).isNotEqualTo(AgentRegion.readSlot());
            slots.add(slot);
        }
        assertThat(slots).hasSize(AgentRegion.SLOTS);
        assertThatThrownBy(() -> region.takeSlot(0))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining(String.valueOf(AgentRegion.SLOTS));

        long back = slots.iterator().next();
        region.freeSlot(back);
        assertThat(region.takeSlot(0)).isEqualTo(back);
    }

    /** A thread that is on another node may be waited for by one that is to end. */
    @Test
    void movesAndCallsLeaveSlotsForThreadsThatEnd() {
        Deque<Long> taken = new ArrayDeque<>();
        int movable = AgentRegion.SLOTS - AgentRegion.KEPT_FROM_MOVES;
        for (int i = 0; i < movable; i++) {
            taken.add(region.takeSlot(AgentRegion.KEPT_FROM_MOVES));
        }
        assertThatThrownBy(() -> region.takeSlot(AgentRegion.KEPT_FROM_MOVES))
                .hasMessageContaining(String.valueOf(movable));
        for (int i = movable; i < AgentRegion.SLOTS - AgentRegion.KEPT_FOR_ENDS; i++) {
            taken.add(region.takeSlot(AgentRegion.KEPT_FOR_ENDS));
        }
        assertThatThrownBy(() -> region.takeSlot(AgentRegion.KEPT_FOR_ENDS)).isInstanceOf(IllegalStateException.class);
        List<Long> ending = new ArrayList<>();
        for (int i = 0; i < AgentRegion.KEPT_FOR_ENDS + 2; i++) {
            region.takeSlotToEnd(ending::add);
        }
        assertThat(ending).hasSize(AgentRegion.KEPT_FOR_ENDS);
        region.request(ending.get(0), 5, new long[] {6}, StockLayout.STATE_DONE);
        region.freeSlot(ending.get(0));
        assertThat(ending).hasSize(AgentRegion.KEPT_FOR_ENDS + 1).endsWith(ending.get(0));
        assertThat(region.state(ending.get(0))).isEqualTo(StockLayout.STATE_FREE);
        assertThatThrownBy(() -> region.takeSlot(0)).isInstanceOf(IllegalStateException.class);
        region.freeSlot(taken.remove());
        assertThat(ending).hasSize(AgentRegion.KEPT_FOR_ENDS + 2);
        region.freeSlot(taken.remove());
        assertThat(ending).hasSize(AgentRegion.KEPT_FOR_ENDS + 2);
        region.takeSlot(0);
    }

    @Test
    void slotThatIsTakenAgainHasACleanMailbox() {
        long slot = region.takeSlot(0);
        region.request(slot, 5, new long[] {6}, StockLayout.STATE_REQUESTED);
        region.freeSlot(slot);
        assertThat(region.takeSlot(0)).isEqualTo(slot);
        assertThat(region.state(slot)).isEqualTo(StockLayout.STATE_FREE);
        assertThat(NativeMemory.getLong(region.local(slot) + StockLayout.BOX_NR))
                .isZero();
        assertThat(NativeMemory.getLong(region.local(slot) + StockLayout.BOX_ARGS))
                .isZero();
    }

    @Test
    void requestFillsTheMailbox() {
        long slot = region.takeSlot(0);
        region.request(slot, 257, new long[] {-100, 2, 3, 4, 5, 6}, StockLayout.STATE_REQUESTED);
        long box = region.local(slot);
        assertThat(region.state(slot)).isEqualTo(StockLayout.STATE_REQUESTED);
        assertThat(NativeMemory.getLong(box + StockLayout.BOX_NR)).isEqualTo(257);
        assertThat(NativeMemory.getLong(box + StockLayout.BOX_ARGS)).isEqualTo(-100);
        assertThat(NativeMemory.getLong(box + StockLayout.BOX_ARGS + 40)).isEqualTo(6);
        assertThat(region.result(slot)).isZero();

        region.request(slot, 39, new long[0], StockLayout.STATE_REQUESTED);
        assertThat(NativeMemory.getLong(box + StockLayout.BOX_ARGS)).isZero();
        assertThat(NativeMemory.getLong(box + StockLayout.BOX_ARGS + 40)).isZero();

        NativeMemory.putLong(box + StockLayout.BOX_RESULT, -38);
        region.setState(slot, StockLayout.STATE_DONE);
        assertThat(region.result(slot)).isEqualTo(-38);
        assertThat(region.state(slot)).isEqualTo(StockLayout.STATE_DONE);
    }

    @Test
    void mappingIsTheMemfd() {
        long slot = region.takeSlot(0);
        region.request(slot, 77, new long[0], StockLayout.STATE_REQUESTED);
        try (NativeMemory copy = new NativeMemory(8)) {
            long offset = slot - StockLayout.AGENT_BASE + StockLayout.BOX_NR;
            assertThat(Linux.call(Linux.NR_PREAD64, region.memfd(), copy.address(), 8, offset, 0, 0))
                    .isEqualTo(8);
            assertThat(NativeMemory.getLong(copy.address())).isEqualTo(77);
        }
    }

    @Test
    void addressesOutsideOfTheRegionAreRefused() {
        for (long address : new long[] {0, StockLayout.AGENT_BASE - 1, StockLayout.AGENT_END, -1}) {
            assertThatThrownBy(() -> region.local(address))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining(Long.toHexString(address));
        }
        assertThat(region.local(StockLayout.AGENT_END - 1) - region.local(StockLayout.AGENT_BASE))
                .isEqualTo(StockLayout.AGENT_SIZE - 1);
    }

    @Test
    void stacksEndWithTheirSlots() {
        long slot = region.takeSlot(0);
        assertThat(AgentRegion.stackTop(slot)).isEqualTo(slot + StockLayout.SLOT_SIZE);
        assertThat(AgentRegion.stackTop(AgentRegion.controlSlot()))
                .isEqualTo(StockLayout.SLOT_BASE + (long) StockLayout.CONTROL_SLOTS * StockLayout.SLOT_SIZE);
        assertThat(AgentRegion.stackTop(slot) % 16).isZero();
    }
}
