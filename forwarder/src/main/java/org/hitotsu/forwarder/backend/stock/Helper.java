package org.hitotsu.forwarder.backend.stock;

import static org.hitotsu.forwarder.backend.stock.StockLayout.*;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
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
    /**
     * @param fill puts what the call is to find into the region, once those before it are done with it
     * @param lost is told if the program ends before
     */
    private record Job(int command, long nr, long[] args, Runnable fill, LongConsumer done, Runnable lost) {}

    /** Not a command of the agent's: a descriptor is passed, while it waits. */
    private static final int PASS = -1;

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

    /**
     * Has the helper make one system call.
     *
     * @return its result; -ESRCH if the program ends before
     */
    Future<Long> exec(long nr, long... args) {
        return request(CMD_EXEC, nr, args);
    }

    private Future<Long> request(int command, long nr, long[] args) {
        Promise<Long> promise = Promise.promise();
        add(new Job(command, nr, args, () -> {}, promise::complete, () -> promise.complete((long) -Linux.ESRCH)));
        return promise.future();
    }

    private void add(Job job) {
        if (closed) {
            job.lost().run();
        } else {
            jobs.add(job);
            next();
        }
    }

    /**
     * Gives the helper a descriptor of the daemon's; it has none of its own.
     *
     * @return its number there, or {@code -errno}: -ESRCH if the program ends before
     */
    Future<Long> pass(int descriptor) {
        return request(PASS, descriptor, new long[0]);
    }

    /**
     * Reads up to 512 bytes of the program's memory in the program's own way: a page which is on another node is waited
     * for, by the helper and not by the daemon.
     *
     * @return the bytes, or null if the address is not the program's to read, or the program ends before
     */
    Future<byte @Nullable []> read(int helperPid, long address, int length) {
        Promise<byte @Nullable []> promise = Promise.promise();
        long slot = AgentRegion.readSlot();
        long data = slot + 64;
        Runnable fill = () -> {
            long box = region.local(slot);
            NativeMemory.putLong(box, data);
            NativeMemory.putLong(box + 8, length);
            NativeMemory.putLong(box + 16, address);
            NativeMemory.putLong(box + 24, length);
        };
        LongConsumer done = got -> {
            if (got != length) {
                promise.complete(null);
                return;
            }
            byte[] bytes = new byte[length];
            NativeMemory.copyOut(region.local(data), bytes, 0, length);
            promise.complete(bytes);
        };
        add(new Job(
                CMD_EXEC,
                Linux.NR_PROCESS_VM_READV,
                new long[] {helperPid, slot, 1, slot + 16, 1, 0},
                fill,
                done,
                promise::complete));
        return promise.future();
    }

    /**
     * Has it discard the content of up to {@link StockLayout#BOX_MAX_RANGES} ranges.
     *
     * @param done not called if the program ends before, with which its pages go
     */
    void discard(long[] starts, long[] lengths, int count, LongConsumer done) {
        Runnable fill = () -> {
            long at = region.local(AgentRegion.controlSlot()) + BOX_RANGES;
            for (int i = 0; i < count; i++) {
                NativeMemory.putLong(at + 16L * i, starts[i]);
                NativeMemory.putLong(at + 16L * i + 8, lengths[i]);
            }
        };
        add(new Job(CMD_CALL, CALL_DISCARD, new long[] {count}, fill, done, () -> {}));
    }

    private void next() {
        if (running != null || waiting == 0 || jobs.isEmpty()) {
            return;
        }
        Job job = jobs.removeFirst();
        if (job.command() == PASS) {
            job.done().accept(notifications.lend(waiting, (int) job.nr()));
            next();
            return;
        }
        running = job;
        job.fill().run();
        region.request(AgentRegion.controlSlot(), job.nr(), job.args(), StockLayout.STATE_REQUESTED);
        long id = waiting;
        waiting = 0;
        notifications.answer(id, job.command());
    }

    /** The program has ended, and its region goes: what is not done is lost, and so is all that is asked for from now on. */
    void close() {
        closed = true;
        List<Job> lost = new ArrayList<>(jobs);
        jobs.clear();
        if (running != null) {
            lost.add(0, running);
            running = null;
        }
        waiting = 0;
        lost.forEach(job -> job.lost().run());
    }
}
