package org.hitotsu.forwarder.backend.patched;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.List;
import org.hitotsu.bpf.CaptureEvent.Type;
import org.hitotsu.forwarder.backend.ThreadImage;
import org.hitotsu.forwarder.nativecall.Linux;
import org.hitotsu.forwarder.nativecall.NativeMemory;
import org.hitotsu.forwarder.nativecall.Ptrace.Registers;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The program is this process, whose memory can be looked at; its calls are only written down. */
class TrapPageTest {
    private static final int TID = 7;
    private static final byte[] JUMP = {(byte) 0xff, 0x25, 2, 0, 0, 0};

    private final RecordingRequests kernel = new RecordingRequests();
    private final CallRunner thread = new CallRunner(kernel, TID);
    private final List<Long> told = new ArrayList<>();
    private final TrapPage page = new TrapPage((int) ProcessHandle.current().pid(), told::add);
    private long mapped;

    @BeforeEach
    void map() {
        mapped = Linux.mmap(
                0, TrapPage.SIZE, Linux.PROT_READ | Linux.PROT_EXEC, Linux.MAP_PRIVATE | Linux.MAP_ANONYMOUS, -1, 0);
        assertThat(mapped).isPositive();
    }

    @AfterEach
    void unmap() {
        Linux.munmap(mapped, TrapPage.SIZE);
    }

    private void executed(long result) {
        thread.onExecuted(RecordingRequests.event(Type.EXECUTED, TID, 0, 0, Linux.NR_MMAP, result));
    }

    private Future<ThreadImage> due(long target) {
        return page.before(
                thread,
                RecordingRequests.image(-1, 3).with(Registers.RIP, target).withTrapDue());
    }

    private void assertJumps(ThreadImage image, long entry, long target) {
        assertThat(image.register(Registers.RIP)).isEqualTo(entry);
        assertThat(image.register(Registers.RAX)).isEqualTo(3);
        assertThat(image.trapDue()).isFalse();
        byte[] code = new byte[JUMP.length];
        NativeMemory.copyOut(entry, code, 0, code.length);
        assertThat(code).isEqualTo(JUMP);
        assertThat(NativeMemory.getLong(entry + 8)).isEqualTo(target);
    }

    @Test
    void eachThreadJumpsFromAnEntryOfItsOwn() {
        Future<ThreadImage> first = due(0x401234);
        assertThat(kernel.asked()).hasSize(1).allMatch(asked -> asked.startsWith("exec 7 9 "));
        // While the page is being mapped another thread needs it.
        Future<ThreadImage> second = due(0x7fff_1234_5678L);
        assertThat(first.isComplete()).isFalse();
        executed(mapped);
        assertJumps(first.result(), mapped, 0x401234);
        assertJumps(second.result(), mapped + 16, 0x7fff_1234_5678L);
        assertThat(told).containsExactly(mapped);
        assertThat(kernel.asked()).isEmpty();
    }

    @Test
    void entriesAreUsedInTurn() {
        due(0x401000);
        executed(mapped);
        for (int i = 1; i < 256; i++) {
            due(0x401000 + i);
        }
        assertJumps(due(0x501000).result(), mapped, 0x501000);
        assertThat(NativeMemory.getLong(mapped + TrapPage.SIZE - 8)).isEqualTo(0x4010ff);
    }

    @Test
    void refusalIsTriedAgain() {
        Future<ThreadImage> refused = due(0x401000);
        executed(-Linux.ENOMEM);
        assertThat(refused.cause()).hasMessageContaining("no memory for a trap").hasMessageContaining("ENOMEM");
        Future<ThreadImage> next = due(0x401000);
        executed(mapped);
        assertJumps(next.result(), mapped, 0x401000);
        assertThat(told).containsExactly(mapped);
    }
}
