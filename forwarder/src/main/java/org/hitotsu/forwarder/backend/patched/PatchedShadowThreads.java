package org.hitotsu.forwarder.backend.patched;

import static org.hitotsu.forwarder.backend.patched.PatchedLayout.REMOTE;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import org.hitotsu.bpf.CallRule;
import org.hitotsu.bpf.CaptureEvent;
import org.hitotsu.forwarder.backend.ShadowThreads;
import org.hitotsu.forwarder.backend.ThreadImage;
import org.hitotsu.forwarder.backend.common.InterruptedCall;
import org.hitotsu.forwarder.backend.common.KernelException;
import org.hitotsu.forwarder.nativecall.Linux;
import org.hitotsu.forwarder.nativecall.Ptrace.Registers;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Threads of a shadow by /dev/hitotsu: each is parked in the kernel until it is resumed with an image. The shadow's first
 * thread stays parked for ever; it makes the others. Event loop only.
 */
final class PatchedShadowThreads implements ShadowThreads {
    private static final Logger LOG = LoggerFactory.getLogger(PatchedShadowThreads.class);
    private static final int SI_KERNEL = 0x80;
    private static final int TRAP_TRACE = 2;
    private static final int TRAP_BRKPT = 1;
    /** CLONE_VM, FS, FILES, SIGHAND, THREAD, SYSVSEM: as pthread_create(3), and nothing written to memory. */
    private static final long THREAD_FLAGS = 0x100 | 0x200 | 0x400 | 0x800 | 0x10000 | 0x40000;

    private static final class Hosted {
        final int tid;
        final CallRunner calls;
        boolean running;
        boolean removing;
        /** Waits in the system call that {@link #sequence} names. */
        boolean captured;

        long sequence;

        @Nullable
        Promise<Parked> parking;

        Hosted(ThreadRequests device, int tid) {
            this.tid = tid;
            this.calls = new CallRunner(device, tid);
        }
    }

    private final ThreadRequests device;
    private final ShadowProcess process;
    private final CallRunner first;
    private final Map<Integer, Hosted> hosted = new HashMap<>();
    private final ArrayDeque<Promise<Integer>> creations = new ArrayDeque<>();
    /** Threads asked for are told of twice, by the end of the call and by themselves, in either order. */
    private @Nullable Promise<Integer> creating;

    private int announced;
    private @Nullable Events events;
    private boolean closed;

    /** @param first makes calls of the parked first thread */
    PatchedShadowThreads(ThreadRequests device, ShadowProcess process, CallRunner first) {
        this.device = device;
        this.process = process;
        this.first = first;
    }

    @Override
    public void events(Events handler) {
        this.events = handler;
    }

    private Events events() {
        return Objects.requireNonNull(events, "events");
    }

    // From the kernel.

    void onEvent(CaptureEvent event) {
        if (closed) {
            return;
        }
        int tid = event.tid();
        Hosted thread = hosted.get(tid);
        if (event.type() == CaptureEvent.Type.BORN) {
            hosted.put(tid, new Hosted(device, tid));
            created(tid);
        } else if (tid == process.pid() && event.type() == CaptureEvent.Type.EXECUTED) {
            first.onExecuted(event);
        } else if (thread != null) {
            onEvent(thread, event);
        }
    }

    private void onEvent(Hosted thread, CaptureEvent event) {
        switch (event.type()) {
            case CAPTURED -> onCaptured(thread, event);
            case PARKED -> onParked(thread, event);
            case TRAP -> onTrap(thread, event);
            case EXECUTED -> thread.calls.onExecuted(event);
            case EXITING -> {
                hosted.remove(thread.tid);
                if (!thread.removing) {
                    shadowGone("thread " + thread.tid + " of the shadow has ended");
                }
            }
            default -> LOG.warn("thread {}: {} in a shadow", thread.tid, event.type());
        }
    }

    private void onCaptured(Hosted thread, CaptureEvent event) {
        if (thread.parking != null) {
            return; // It is parked in it, and PARKED says so.
        }
        thread.captured = true;
        thread.sequence = event.sequence();
        if (LOG.isDebugEnabled() && event.payloadKind() == CallRule.Payload.STRING) {
            byte[] text = event.payload();
            int length = text.length > 0 && text[text.length - 1] == 0 ? text.length - 1 : text.length;
            LOG.debug(
                    "thread {}: system call {} of {}",
                    thread.tid,
                    event.number(),
                    new String(text, 0, length, StandardCharsets.UTF_8));
        }
        events().onCaptured(thread.tid, event.number(), event.arguments(), event.has(CaptureEvent.FLAG_COMPAT));
    }

    private void onParked(Hosted thread, CaptureEvent event) {
        Promise<Parked> parking = thread.parking;
        ThreadImage image = rest(thread);
        if (image == null) {
            return;
        }
        if (parking == null) {
            shadowGone("thread " + thread.tid + " was parked unasked");
        } else if (event.has(CaptureEvent.FLAG_IN_CALL)) {
            parking.complete(new Parked(image, true, event.number()));
        } else {
            parking.complete(new Parked(outOfCall(InterruptedCall.settled(image)), false, -1));
        }
    }

    private void onTrap(Hosted thread, CaptureEvent event) {
        Promise<Parked> parking = thread.parking;
        ThreadImage image = rest(thread);
        if (image == null) {
            return;
        }
        image = outOfCall(image);
        if (event.number() == Linux.SIGTRAP && (event.code() == SI_KERNEL || event.code() == TRAP_BRKPT)) {
            // int3 and icebp stop behind themselves; at home they have to be executed again. (0xcd 0x03, the long form,
            // is
            // not used.)
            image = image.with(Registers.RIP, image.register(Registers.RIP) - 1);
        } else if (event.number() == Linux.SIGTRAP && event.code() == TRAP_TRACE) {
            // Unlike a fault it is behind its instruction, which must not run twice.
            image = image.withTrapDue();
        }
        if (parking != null) {
            // The fault was faster than the park, which it has made needless; at home it happens again, or is due.
            parking.complete(new Parked(image, false, -1));
        } else {
            events().onTrap(thread.tid, (int) event.number(), image);
        }
    }

    private static ThreadImage outOfCall(ThreadImage image) {
        return image.with(Registers.ORIG_RAX, -1);
    }

    /** The thread is parked now: its image, or null if it can't be had. */
    private @Nullable ThreadImage rest(Hosted thread) {
        thread.running = false;
        thread.captured = false;
        thread.parking = null;
        try {
            return device.image(thread.tid).image();
        } catch (KernelException e) {
            shadowGone(String.valueOf(e.getMessage()));
            return null;
        }
    }

    // Threads come and go.

    @Override
    public Future<Integer> create() {
        Promise<Integer> promise = Promise.promise();
        creations.add(promise);
        createNext();
        return promise.future();
    }

    private void createNext() {
        if (closed || creating != null || first.busy() || creations.isEmpty()) {
            return;
        }
        Promise<Integer> promise = creations.removeFirst();
        creating = promise;
        announced = 0;
        first.exec(Linux.NR_CLONE, THREAD_FLAGS)
                .onSuccess(made -> {
                    if (made.result() > 0) {
                        created((int) made.result());
                        return;
                    }
                    // One that has no place here stays at its origin, for which there may be a limit of tasks.
                    creating = null;
                    promise.fail(new KernelException("the shadow can't make a thread", made.result()));
                    createNext();
                })
                .onFailure(cause -> shadowGone(String.valueOf(cause.getMessage())));
    }

    /** One of the two words that a thread is there. */
    private void created(int tid) {
        Promise<Integer> promise = creating;
        if (promise == null || announced == 0) {
            announced = tid;
            return;
        }
        creating = null;
        announced = 0;
        promise.complete(tid);
        createNext();
    }

    @Override
    public void remove(int tid) {
        Hosted thread = hosted.get(tid);
        if (thread != null) {
            thread.removing = true;
            // EXITING is all that follows.
            thread.calls.exec(Linux.NR_EXIT, 0);
        }
    }

    // Running and parking.

    @Override
    public void resume(int tid, ThreadImage image) {
        Hosted thread = hosted.get(tid);
        if (thread == null || thread.running) {
            return;
        }
        thread.running = true;
        long resumed = device.resume(tid, outOfCall(image), REMOTE);
        if (resumed < 0) {
            shadowGone("thread " + tid + " of the shadow can't run: " + Linux.errorName(resumed));
        }
    }

    @Override
    public Future<Parked> park(int tid) {
        Hosted thread = hosted.get(tid);
        if (thread == null || !thread.running || thread.parking != null) {
            return Future.failedFuture("thread " + tid + " does not run here");
        }
        Promise<Parked> promise = Promise.promise();
        thread.parking = promise;
        long asked = device.park(tid);
        // Busy: a trap has parked it, of which word is on the way and ends this too.
        if (asked < 0 && asked != -Linux.EBUSY) {
            thread.parking = null;
            return Future.failedFuture(new KernelException("park thread " + tid, asked));
        }
        return promise.future();
    }

    @Override
    public boolean inject(int tid, long result) {
        Hosted thread = hosted.get(tid);
        if (thread == null || !thread.captured || thread.parking != null) {
            return false;
        }
        thread.captured = false;
        return device.inject(tid, thread.sequence, result) >= 0;
    }

    /** The shadow's process has ended. */
    void processEnded() {
        shadowGone("the shadow has ended");
    }

    private void shadowGone(String why) {
        if (!closed) {
            close();
            events().onShadowGone(why);
        }
    }

    /** Ends the shadow. */
    void close() {
        if (!closed) {
            closed = true;
            process.kill();
        }
    }
}
