package org.hitotsu.forwarder.backend.stock;

import static org.hitotsu.forwarder.backend.stock.StockLayout.*;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.ArrayDeque;
import java.util.function.LongConsumer;
import org.hitotsu.forwarder.nativecall.Linux;
import org.hitotsu.forwarder.nativecall.NativeMemory;
import org.jspecify.annotations.Nullable;

/**
 * The helper: a process of its own which shares the program's memory (CLONE_VM) and nothing else, and makes system calls
 * in that memory for the daemon. It stands in the rendezvous; each answer is a command, its next call the result.
 *
 * <p>Event loop only.
 */
final class Helper {
    private record Job(
            int command, long nr, long[] args, @Nullable Ranges ranges, LongConsumer done) {}

    private record Ranges(long[] starts, long[] lengths, int count) {}

    private final AgentRegion region;
    private final Notifications notifications;
    private final ArrayDeque<Job> jobs = new ArrayDeque<>();
    private @Nullable Job running;
    private long waiting;
    private boolean closed;

    Helper(AgentRegion region, Notifications notifications) {
        this.region = region;
        this.notifications = notifications;
    }

    /** The helper has come to the rendezvous. */
    void onRendezvous(long id) {
        waiting = id;
        Job done = running;
        running = null;
        if (done != null) {
            done.done().accept(region.result(AgentRegion.controlSlot()));
        }
        next();
    }

    /** Has the helper make one system call. */
    Future<Long> exec(long nr, long... args) {
        Promise<Long> promise = Promise.promise();
        jobs.add(new Job(CMD_EXEC, nr, args, null, promise::complete));
        next();
        return promise.future();
    }

    /**
     * Reads up to 512 bytes of the program's memory in the program's own way: a page which is on another node is waited
     * for, by the helper and not by the daemon.
     *
     * @return the bytes, or null if the address is not the program's to read
     */
    Future<byte @Nullable []> read(int helperPid, long address, int length) {
        long slot = region.takeSlot();
        long box = region.local(slot);
        long data = slot + 64;
        NativeMemory.putLong(box, data);
        NativeMemory.putLong(box + 8, length);
        NativeMemory.putLong(box + 16, address);
        NativeMemory.putLong(box + 24, length);
        return exec(Linux.NR_PROCESS_VM_READV, helperPid, slot, 1, slot + 16, 1, 0)
                .map(got -> {
                    if (got != length) {
                        return null;
                    }
                    byte[] bytes = new byte[length];
                    NativeMemory.copyOut(region.local(data), bytes, 0, length);
                    return bytes;
                })
                .onComplete(done -> region.freeSlot(slot));
    }

    /** Has it discard the content of up to {@link StockLayout#BOX_MAX_RANGES} ranges. */
    void discard(long[] starts, long[] lengths, int count, LongConsumer done) {
        jobs.add(new Job(CMD_CALL, CALL_DISCARD, new long[] {count}, new Ranges(starts, lengths, count), done));
        next();
    }

    private void next() {
        if (closed || running != null || waiting == 0 || jobs.isEmpty()) {
            return;
        }
        Job job = jobs.removeFirst();
        running = job;
        long slot = AgentRegion.controlSlot();
        Ranges ranges = job.ranges();
        if (ranges != null) {
            long at = region.local(slot) + BOX_RANGES;
            for (int i = 0; i < ranges.count(); i++) {
                NativeMemory.putLong(at + 16L * i, ranges.starts()[i]);
                NativeMemory.putLong(at + 16L * i + 8, ranges.lengths()[i]);
            }
        }
        region.request(slot, job.nr(), job.args(), StockLayout.STATE_REQUESTED);
        long id = waiting;
        waiting = 0;
        notifications.answer(id, job.command());
    }

    /** Drops what is not done: the program has ended, and its region goes. */
    void close() {
        closed = true;
        jobs.clear();
        running = null;
    }
}
