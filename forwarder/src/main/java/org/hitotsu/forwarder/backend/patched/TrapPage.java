package org.hitotsu.forwarder.backend.patched;

import io.vertx.core.Future;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.function.LongConsumer;
import org.hitotsu.forwarder.backend.ThreadImage;
import org.hitotsu.forwarder.backend.common.KernelException;
import org.hitotsu.forwarder.backend.common.ProcessMemory;
import org.hitotsu.forwarder.nativecall.Linux;
import org.hitotsu.forwarder.nativecall.Ptrace.Registers;
import org.jspecify.annotations.Nullable;

/**
 * Raises the trap behind an instruction that a thread has executed elsewhere under the trap flag: the thread's own task
 * jumps under that flag to where it goes on, so that the kernel's SIGTRAP is the native one (send_sigtrap(), 6.12): forced,
 * with the address behind the jump, and with all other registers as they are.
 *
 * <p>The jumps are in a page of the program, which is mapped when the first trap is due and stays. Event loop only.
 */
final class TrapPage {
    static final int SIZE = 4096;
    /** {@code jmp *2(%rip)}, and where to at offset 8. */
    private static final long JUMP = 0x2_25ffL;

    private static final int ENTRY = 16;

    private final int pid;
    private final LongConsumer mapped;
    private @Nullable Future<Long> page;
    /**
     * A thread leaves its entry at once, unless a signal is delivered before; then it comes back to it from the handler. By
     * the time that all others have been used it has.
     */
    private int next;

    /**
     * @param pid whose memory is written
     * @param mapped is told of the page's address when it is there
     */
    TrapPage(int pid, LongConsumer mapped) {
        this.pid = pid;
        this.mapped = mapped;
    }

    /**
     * What a thread is to go on with, so that it traps and then is as {@code image} says, the trap flag of which must be set.
     *
     * @param thread makes calls of a thread of the program that has none to make
     */
    Future<ThreadImage> before(CallRunner thread, ThreadImage image) {
        Future<Long> there = page;
        if (there == null || there.failed()) {
            there = thread.require(
                            "no memory for a trap",
                            Linux.NR_MMAP,
                            0,
                            SIZE,
                            Linux.PROT_READ | Linux.PROT_EXEC,
                            Linux.MAP_PRIVATE | Linux.MAP_ANONYMOUS,
                            -1,
                            0)
                    .onSuccess(mapped::accept);
            page = there;
        }
        return there.compose(address -> {
            long entry = address + next;
            next = (next + ENTRY) % SIZE;
            try {
                write(entry, image.register(Registers.RIP));
            } catch (KernelException e) {
                return Future.failedFuture(e);
            }
            return Future.succeededFuture(image.with(Registers.RIP, entry).with(Registers.ORIG_RAX, -1));
        });
    }

    private void write(long entry, long target) throws KernelException {
        long memory =
                KernelException.check("open the program's memory", Linux.open("/proc/" + pid + "/mem", Linux.O_RDWR));
        try {
            byte[] bytes = ByteBuffer.allocate(ENTRY)
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .putLong(JUMP)
                    .putLong(target)
                    .array();
            ProcessMemory.write((int) memory, entry, bytes, 0, ENTRY);
        } finally {
            Linux.close((int) memory);
        }
    }
}
