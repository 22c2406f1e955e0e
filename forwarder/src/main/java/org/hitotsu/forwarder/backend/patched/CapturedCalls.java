package org.hitotsu.forwarder.backend.patched;

import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.hitotsu.bpf.CaptureEvent;
import org.hitotsu.forwarder.backend.CallMemory;
import org.hitotsu.forwarder.backend.OriginThreads.Events;
import org.hitotsu.forwarder.backend.common.DirectUse;
import org.hitotsu.forwarder.backend.common.KernelCallMemory;
import org.hitotsu.forwarder.backend.common.ProcessStatus;
import org.hitotsu.forwarder.nativecall.Linux;
import org.hitotsu.forwarder.syscall.Tie;
import org.jspecify.annotations.Nullable;

/**
 * Calls at whose entry a thread that is at home waits: what each of them means to the program, and their answers. Event loop
 * only, but for {@link #isCaptured}.
 */
final class CapturedCalls {
    private static final int LOOK_MILLIS = 20;

    private final Context context;
    private final ThreadRequests device;
    private final int pid;
    private final OriginTasks tasks;
    private final Consumer<OriginTask> ending;
    private final CallMemory callMemory;

    /** Who waits at the entry of a call. Others than the event loop may look. */
    private final Set<Integer> captured = ConcurrentHashMap.newKeySet();

    /** @param ending is told of a thread of whose end the kernel says nothing */
    CapturedCalls(Context context, ThreadRequests device, int pid, OriginTasks tasks, Consumer<OriginTask> ending) {
        this.context = context;
        this.device = device;
        this.pid = pid;
        this.tasks = tasks;
        this.ending = ending;
        this.callMemory = new KernelCallMemory(context);
    }

    /** Whether a thread waits at the entry of a call that it has not been let make yet. Any thread. */
    boolean isCaptured(int tid) {
        return captured.contains(tid);
    }

    void onCaptured(OriginTask task, CaptureEvent event, Events events) {
        if (task.parking != null) {
            // It came to this call before it could be parked, and is in it now: the call is made anew from its image.
            return;
        }
        captured(task, true);
        task.sequence = event.sequence();
        int nr = (int) event.number();
        switch (nr) {
            case Linux.NR_FORK -> events.onFork(task.tid, nr, event.arguments());
            // The programs let those pass that make a thread or only borrow the memory.
            case Linux.NR_CLONE -> onClone(task, event.arguments()[0], nr, event.arguments(), events);
            case Linux.NR_CLONE3 -> onClone3(task, event.arguments(), events);
            case Linux.NR_VMSPLICE ->
                events.onHomebound(task.tid, Objects.requireNonNull(DirectUse.of(nr, event.arguments())));
            case Linux.NR_EXECVE, Linux.NR_EXECVEAT -> events.onExec(task.tid);
            case Linux.NR_PRCTL, Linux.NR_ARCH_PRCTL, Linux.NR_MODIFY_LDT, Linux.NR_SECCOMP ->
                onTie(task, Tie.of(nr, event.arguments()[0], event.arguments()[1]), events);
            default -> events.onMemoryCall(task.tid, nr, event.arguments());
        }
    }

    private void onClone3(OriginTask task, long[] args, Events events) {
        long sequence = task.sequence;
        callMemory.read(task.tid, args[0], Long.BYTES).onSuccess(bytes -> {
            if (!task.captured || task.sequence != sequence || tasks.ended()) {
                return; // It has been parked meanwhile, and comes again.
            }
            // What has gone meanwhile is answered with EFAULT, by the kernel.
            long flags = bytes == null
                    ? 0
                    : ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getLong();
            onClone(task, flags, Linux.NR_CLONE3, args, events);
        });
    }

    private void onClone(OriginTask task, long flags, int nr, long[] args, Events events) {
        String why = DirectUse.ofClone(flags);
        if (why != null) {
            events.onHomebound(task.tid, why);
        } else {
            events.onFork(task.tid, nr, args);
        }
    }

    /**
     * A filter is asked of what the task does as deputy, too; but a deputy's instruction pointer is not that of the call, which a
     * filter may look at, and the handler of a trap, too (SECCOMP_RET_TRAP). And a thread that a filter ends has no pages to
     * wait for: the kernel's writes at its end, for which a joiner waits, would be lost where one is away.
     */
    private void onTie(OriginTask task, @Nullable Tie given, Events events) {
        if (given == null) {
            proceed(task.tid);
            return;
        }
        tasks.tie(task, given);
        if (given.ofProcess() || given.kind() == Tie.Kind.FILTER) {
            events.onHomebound(task.tid, given.kind().why());
        } else {
            proceed(task.tid);
        }
    }

    private void captured(OriginTask task, boolean waits) {
        task.captured = waits;
        if (waits) {
            captured.add(task.tid);
        } else {
            captured.remove(task.tid);
        }
    }

    /** Gives the call its result, which the thread has not made. */
    void answer(int tid, long result) {
        OriginTask task = tasks.get(tid);
        if (task != null) {
            tasks.whenCertain(task, () -> {
                if (task.captured) {
                    captured(task, false);
                    answered(task, device.inject(tid, task.sequence, result));
                }
            });
        }
    }

    /** Lets the thread make its call. */
    void proceed(int tid) {
        proceed(tid, false);
    }

    void proceedWithExec(int tid) {
        OriginTask task = tasks.get(tid);
        if (task != null && proceed(tid, true)) {
            task.replacing = true;
        }
    }

    /** Lets the thread fork. Completes when it has, or has ended, or was in no call. */
    Future<Void> proceedWithFork(int tid) {
        OriginTask task = tasks.get(tid);
        Promise<Void> forked = Promise.promise();
        if (task == null || !proceed(tid, true)) {
            return Future.succeededFuture();
        }
        task.forked = forked;
        watch(task, () -> task.forked == forked);
        return forked.future();
    }

    /** Lets the thread make its call; whether it was in one. */
    private boolean proceed(int tid, boolean report) {
        OriginTask task = tasks.get(tid);
        if (task == null || !task.captured) {
            return false;
        }
        captured(task, false);
        tasks.whenCertain(task, () -> answered(task, device.proceed(tid, task.sequence, report)));
        return true;
    }

    private void answered(OriginTask task, long result) {
        tasks.require(task, "its captured call can't be answered", result);
    }

    /**
     * Looks whether a call is over with its thread, as long as it is {@code underWay}: a filter of the program's own, which the
     * kernel asks behind the capture and of what a thread is told to make, may end it there, and no event tells of that.
     */
    void watch(OriginTask task, BooleanSupplier underWay) {
        if (task.tie != Tie.Kind.FILTER) {
            return;
        }
        context.owner().setTimer(LOOK_MILLIS, timer -> {
            if (tasks.ended() || !underWay.getAsBoolean()) {
                return;
            }
            if (ProcessStatus.hasEnded(pid, task.tid)) {
                ending.accept(task);
            } else {
                watch(task, underWay);
            }
        });
    }

    /** A call that the thread was let make is over. */
    void over(OriginTask task) {
        tasks.notReplaced(task);
        Promise<Void> forked = task.forked;
        task.forked = null;
        if (forked != null) {
            forked.complete();
        }
    }

    /** The thread has ended, be it in a call. */
    void gone(OriginTask task) {
        captured.remove(task.tid);
    }
}
