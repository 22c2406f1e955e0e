package org.hitotsu.forwarder.backend.stock;

import io.vertx.core.Context;
import io.vertx.core.Future;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;
import org.hitotsu.forwarder.backend.OriginThreads;
import org.hitotsu.forwarder.backend.common.ProcessStatus;
import org.hitotsu.forwarder.nativecall.Linux;
import org.hitotsu.forwarder.nativecall.NativeMemory;
import org.hitotsu.forwarder.nativecall.Ptrace;
import org.hitotsu.forwarder.syscall.Tie;
import org.jspecify.annotations.Nullable;

/**
 * One program at its origin, as all parts know it that deal with its threads: who they are, how they are reached, and how
 * far the program has come. Event loop only, but for {@link #onLoop}.
 */
final class OriginProcess {
    final Context context;
    final Tracer tracer;
    final AgentRegion region;
    final Notifications notifications;
    final Helper helper;
    final StandingTrace standing;
    final int pid;
    final Map<Integer, OriginTask> tasks = new HashMap<>();
    final Execves execves = new Execves();
    final Departures departures;
    /** The helper's process id, 0 before the program is prepared. */
    int helperPid;

    /** /proc/PID/mem, once it is prepared and until it has ended. */
    int memFd = -1;

    /** The daemon's descriptor that the program is given while it is prepared; -1 for none. */
    volatile int offered = -1;

    /** The program is prepared: its calls mean something. */
    boolean ready;
    /** What ties each thread of it to the origin; null if nothing does. */
    private Tie.@Nullable Kind tie;
    /** A thread of it was moved: pages may be on other nodes. */
    boolean everMoved;
    /** It has ended, or was let go. */
    boolean ended;

    private OriginThreads.@Nullable Events events;

    OriginProcess(
            Context context,
            Tracer tracer,
            AgentRegion region,
            int pid,
            Collection<Integer> threads,
            Notifications notifications,
            StandingTrace standing) {
        this.context = context;
        this.tracer = tracer;
        this.region = region;
        this.pid = pid;
        this.notifications = notifications;
        this.standing = standing;
        this.helper = new Helper(region, notifications);
        this.departures = new Departures(tid -> ProcessStatus.hasEnded(pid, tid));
        threads.forEach(tid -> tasks.put(tid, new OriginTask(tid)));
    }

    void events(OriginThreads.Events handler) {
        events = handler;
    }

    /** Who hears of what threads do; to be asked only when there is somebody ({@link #isHeard}). */
    OriginThreads.Events events() {
        return Objects.requireNonNull(events, "events");
    }

    boolean isHeard() {
        return events != null;
    }

    @Nullable
    OriginTask task(int tid) {
        return tasks.get(tid);
    }

    /** A thread is about to be given what ties it here, perhaps with all others. */
    void tie(OriginTask task, Tie given) {
        if (given.ofProcess()) {
            tie = given.kind() == Tie.Kind.FILTER || tie == null ? given.kind() : tie;
        } else {
            task.tie = given.kind() == Tie.Kind.FILTER || task.tie == null ? given.kind() : task.tie;
        }
    }

    /**
     * What ties a thread to the origin, where nothing may run in it but its program; null for nothing. A filter, which
     * outlives the program, goes before others.
     */
    Tie.@Nullable Kind tieOf(OriginTask task) {
        return task.tie == null || tie == Tie.Kind.FILTER ? tie : task.tie;
    }

    /**
     * Has the tracing thread let a stopped thread go on. If that is the first one, not while another one executes a program:
     * the execve ends the first, which nothing reports, and gives the other one its number. That one, which stands at its
     * program's begin, would be let go in its place, with its registers, before anybody has heard of it.
     */
    void letGoOn(OriginTask task, Consumer<Ptrace> action) {
        Runnable submit = () -> tracer.submit(action);
        if (task.tid == pid) {
            execves.beside(task, submit);
        } else {
            submit.run();
        }
    }

    /** Whether {@link #letGoOn} waits with a thread. */
    boolean isHeldUp(OriginTask task) {
        return task.tid == pid && execves.holdsUp(task);
    }

    /** Runs {@code action} on the event loop. Any thread. */
    void onLoop(Runnable action) {
        context.runOnContext(ignored -> action.run());
    }

    /** Calls {@code action} after {@code millis} milliseconds. */
    void later(int millis, Runnable action) {
        context.owner().setTimer(millis, timer -> action.run());
    }

    /** As {@link #readLongs}, at once; null if a page of them is on another node, or there is none. */
    long @Nullable [] readLongsNow(long address, int count) {
        if (ended) {
            return null;
        }
        try (NativeMemory buffer = new NativeMemory(8L * count)) {
            long got = Linux.call(Linux.NR_PREAD64, memFd, buffer.address(), 8L * count, address, 0, 0);
            if (got != 8L * count) {
                return null;
            }
            long[] words = new long[count];
            for (int i = 0; i < count; i++) {
                words[i] = NativeMemory.getLong(buffer.address() + 8L * i);
            }
            return words;
        }
    }

    /**
     * Reads {@code count} words of the program's memory, waiting for pages that are on other nodes; fails if they can't be
     * read.
     */
    Future<long[]> readLongs(long address, int count) {
        return helper.read(helperPid, address, 8 * count).compose(bytes -> {
            if (bytes == null) {
                return Future.failedFuture("address 0x" + Long.toHexString(address) + " is not mapped");
            }
            long[] words = new long[count];
            ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).asLongBuffer().get(words);
            return Future.succeededFuture(words);
        });
    }
}
