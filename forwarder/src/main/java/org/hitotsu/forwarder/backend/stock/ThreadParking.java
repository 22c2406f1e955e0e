package org.hitotsu.forwarder.backend.stock;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.HashMap;
import java.util.Map;
import java.util.function.BiConsumer;
import org.hitotsu.forwarder.backend.ThreadImage;
import org.hitotsu.forwarder.backend.common.BrokenOffCall;
import org.hitotsu.forwarder.nativecall.Linux;
import org.hitotsu.forwarder.nativecall.Ptrace.Registers;
import org.hitotsu.forwarder.syscall.Tie;
import org.jspecify.annotations.Nullable;

/** Takes threads at home into the agent, as deputies, and lets them run natively again. Event loop only. */
final class ThreadParking {
    private static final int DEPARTURE_MILLIS = 1;

    private final OriginProcess process;
    private final TrappedCalls trapped;
    private final Deputies deputies;
    /** Restartable sequences that were taken away from threads which are home again: address, length, signature. */
    private final Map<Integer, long[]> rseqs = new HashMap<>();

    ThreadParking(OriginProcess process, TrappedCalls trapped, Deputies deputies) {
        this.process = process;
        this.trapped = trapped;
        this.deputies = deputies;
    }

    /** Makes the task of a thread at home a deputy, which has left its restartable sequences behind. */
    Future<ThreadImage> park(OriginTask task) {
        if (task.deputy) {
            return Future.failedFuture(
                    "thread " + task.tid + (task.borrowed ? " is in a call on a futex" : " is not at home"));
        }
        Tie.Kind tie = process.tieOf(task);
        if (tie != null) {
            return Future.failedFuture("thread " + task.tid + " stays at its origin, for it " + tie.why());
        }
        if ((task.trapped != 0 || task.spawning > 0) && !task.ending) {
            return Future.failedFuture("thread " + task.tid + " is in a system call that changes the address space");
        }
        return capture(task).compose(done -> settle(task, done));
    }

    /** Puts a thread that is at home into the agent, and answers what it was. If it fails, the thread goes on at home. */
    Future<OriginTracee.Captured> capture(OriginTask task) {
        Promise<OriginTracee.Captured> captured = Promise.promise();
        if (task.ending) {
            process.region.takeSlotToEnd(slot -> {
                if (task.trapped != 0 && !process.ended) {
                    capture(task, slot, captured);
                } else {
                    // Killed, or let go, while it waited.
                    process.region.freeSlot(slot);
                    captured.fail("thread " + task.tid + " has ended");
                }
            });
            return captured.future();
        }
        try {
            int kept = task.borrowed ? AgentRegion.KEPT_FOR_ENDS : AgentRegion.KEPT_FROM_MOVES;
            capture(task, process.region.takeSlot(kept), captured);
        } catch (IllegalStateException full) {
            captured.fail(full);
        }
        return captured.future();
    }

    private void capture(OriginTask task, long slot, Promise<OriginTracee.Captured> captured) {
        task.slot = slot;
        process.everMoved = true;
        task.deputy = true;
        BiConsumer<OriginTracee.Captured, Throwable> parked = (image, failure) -> process.onLoop(() -> {
            OriginTracee tracee = task.tracee;
            if (failure instanceof OriginTracee.StaysException && tracee != null) {
                stays(task);
                process.letGoOn(task, tracee::release);
                captured.tryFail(failure);
            } else if (failure != null) {
                captured.tryFail(failure);
            } else {
                task.brokenOff = image.brokenOff();
                captured.tryComplete(image);
            }
        });
        afterDepartures(() -> {
            OriginTracee tracee = task.tracee;
            if (task.stoppedAtBirth && tracee != null) {
                task.stoppedAtBirth = false;
                process.tracer.submit(ptrace -> tracee.park(ptrace, task.slot, parked));
            } else {
                process.execves.beside(task, () -> seize(task, parked));
            }
        });
    }

    private void afterDepartures(Runnable captures) {
        if (process.ended || process.departures.over()) {
            captures.run();
        } else {
            process.later(DEPARTURE_MILLIS, () -> afterDepartures(captures));
        }
    }

    private void seize(OriginTask task, BiConsumer<OriginTracee.Captured, Throwable> parked) {
        process.tracer.submit(
                ptrace -> OriginTracee.seizeToPark(ptrace, process.standing, task.tid, task.slot, parked),
                (seized, failure) -> process.onLoop(() -> {
                    if (seized != null) {
                        task.tracee = seized;
                        restart(task);
                    } else {
                        stays(task);
                        parked.accept(null, failure);
                        Runnable again = task.again;
                        task.again = null;
                        if (again != null && task.trapped != 0) {
                            again.run();
                        }
                    }
                }));
    }

    private void stays(OriginTask task) {
        task.deputy = false;
        task.tracee = null;
        process.region.freeSlot(task.slot);
        task.slot = 0;
    }

    /**
     * Has the call of a thread that is being parked restart, wherever the thread goes on. The kernel's restart codes are for
     * the way through a stop, without one the program would see them: so the thread, which waits for the answer, is
     * interrupted once more before.
     */
    void restart(OriginTask task) {
        OriginTracee tracee = task.tracee;
        long id = task.trapped;
        if (tracee != null && id != 0) {
            process.tracer.submit(ptrace -> {
                tracee.interruptAnew(ptrace);
                process.onLoop(() -> {
                    if (task.trapped == id) {
                        trapped.answer(task, -Linux.ERESTARTNOINTR);
                    }
                });
            });
        }
    }

    /**
     * Takes the thread's restartable sequences away, before its memory moves: the kernel would write the CPU number into
     * that area at each switch of the deputy. It is not registered on the other node either, since CPU numbers of two
     * nodes overlap and per-CPU data would be shared by CPUs that are not the same; the program sees it unregistered.
     */
    private Future<ThreadImage> settle(OriginTask task, OriginTracee.Captured captured) {
        long[] rseq = captured.rseq();
        if (task.ending) {
            task.rseq = rseq;
            return Future.succeededFuture(captured.image());
        }
        if (rseq[0] == 0) {
            return arrival(task).map(captured.image());
        }
        return abortSequence(captured.image(), rseq[0]).compose(image -> {
            if (task.signalled) {
                // Stopped for it since it was parked: it would not make the call, will not leave, and keeps them.
                return Future.succeededFuture(image);
            }
            Promise<Void> promise = Promise.promise();
            task.unregistered = promise;
            deputies.request(task, StockLayout.CMD_EXEC, Linux.NR_RSEQ, rseq[0], rseq[1], 1, rseq[2]);
            return promise.future().map(unregistered -> {
                rseqs.put(task.tid, rseq);
                return image;
            });
        });
    }

    /**
     * An interrupt of ptrace comes before signals that wait, which the call just made may have let through, or sent
     * (get_signal()): behind that call the thread must not run anywhere before its handlers have. The deputy stops for them
     * when it enters user mode.
     */
    private Future<Void> arrival(OriginTask task) {
        if (task.signalled || task.rendezvous != 0 || task.idle) {
            return Future.succeededFuture();
        }
        Promise<Void> promise = Promise.promise();
        task.arriving = promise;
        return promise.future();
    }

    /** A thread taken in the middle of a restartable sequence goes on at its abort handler (rseq(2)). */
    private Future<ThreadImage> abortSequence(ThreadImage image, long area) {
        return process.readLongs(area + 8, 1)
                .compose(descriptor -> descriptor[0] == 0
                        ? Future.succeededFuture(image)
                        : process.readLongs(descriptor[0] + 8, 3).map(sequence -> {
                            long offset = image.register(Registers.RIP) - sequence[0];
                            return Long.compareUnsigned(offset, sequence[1]) < 0
                                    ? image.with(Registers.RIP, sequence[2])
                                    : image;
                        }))
                .otherwise(image);
    }

    /** Lets a thread that was just created run at home. */
    void release(OriginTask task) {
        if (task.stoppedAtBirth) {
            task.stoppedAtBirth = false;
            OriginTracee tracee = task.tracee;
            task.tracee = null;
            if (tracee != null) {
                process.tracer.submit(tracee::release);
            }
        }
    }

    /**
     * See {@link org.hitotsu.forwarder.backend.OriginThreads#resume}, and {@code resumeInRest}, to which {@code done}
     * belongs.
     */
    Future<Void> resume(OriginTask task, ThreadImage image, boolean inCall, long done) {
        OriginTracee tracee = task.tracee;
        if (tracee == null) {
            return Future.failedFuture("thread " + task.tid + " has ended");
        }
        task.resuming = true;
        Promise<Void> resumed = Promise.promise();
        task.resumed = resumed;
        BrokenOffCall notAnew = task.brokenOff;
        process.letGoOn(task, ptrace -> {
            tracee.resume(ptrace, process.region, image, inCall, done, notAnew);
            process.onLoop(() -> {
                if (task.rendezvous != 0) {
                    long id = task.rendezvous;
                    task.rendezvous = 0;
                    process.notifications.answer(id, 0);
                }
            });
        });
        return resumed.future();
    }

    /** A thread that was to be resumed runs natively. Does nothing for another. */
    void finishResume(OriginTask task) {
        if (!task.resuming) {
            return;
        }
        deputies.dismiss(task);
        task.resuming = false;
        task.signalled = false;
        task.tracee = null;
        task.borrowed = false;
        task.brokenOff = null;
        Promise<Void> resumed = task.resumed;
        task.resumed = null;
        if (resumed != null) {
            resumed.complete();
        }
    }

    /** A thread has ended; {@code task} if it was known. */
    void gone(int tid, @Nullable OriginTask task) {
        rseqs.remove(tid);
        if (task != null && task.slot != 0) {
            process.region.freeSlot(task.slot);
        }
    }

    /** Restartable sequences to be registered again when the program is let go, by thread. */
    Map<Integer, long[]> rseqs() {
        return Map.copyOf(rseqs);
    }
}
