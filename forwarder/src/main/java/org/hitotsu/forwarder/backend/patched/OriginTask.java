package org.hitotsu.forwarder.backend.patched;

import io.vertx.core.Promise;
import org.hitotsu.forwarder.backend.ThreadImage;
import org.hitotsu.forwarder.backend.common.BrokenOffCall;
import org.hitotsu.forwarder.backend.common.InterruptedCall;
import org.hitotsu.forwarder.backend.patched.CallRunner.Executed;
import org.hitotsu.forwarder.nativecall.Ptrace.Registers;
import org.hitotsu.forwarder.syscall.Tie;
import org.jspecify.annotations.Nullable;

/** What the daemon knows of one thread at its origin, and what the thread goes on with when it comes home. Event loop only. */
final class OriginTask {
    /**
     * A way home that has begun.
     *
     * @param transferred by the first part of the call that the image is in
     */
    record Return(ThreadImage image, boolean inCall, long transferred, Promise<Void> done) {
        /** Whether a trap is due before the thread goes on, which the kernel is to raise. */
        boolean trapDue() {
            return !inCall && image.trapDue() && stepped(image);
        }
    }

    final int tid;
    final CallRunner calls;
    /** At the entry of a call, which {@link #sequence} names, to be answered. */
    boolean captured;

    long sequence;
    /** In an execve which it makes itself and reports. */
    boolean replacing;

    /** Completes when a fork is over which it makes itself and reports; null while it is in none. */
    @Nullable
    Promise<Void> forked;

    /** Parked at birth. */
    boolean born;
    /** There, a signal has come for it. */
    boolean signalledAtBirth;
    /** Parked for another node to run it, or about to be. */
    boolean deputy;

    boolean signalled;
    boolean ending;
    /** What ties it to the origin; null if nothing does. */
    Tie.@Nullable Kind tie;
    /** Parked before a signal that ends the process with a core file. */
    boolean dying;

    @Nullable
    Promise<ThreadImage> parking;

    /** The image that was handed out while the task's registers are what they were, interrupted call and all. */
    private @Nullable ThreadImage untouched;

    /** The call that it was parked in and has not made anew; null for none. */
    private @Nullable BrokenOffCall brokenOff;

    /** A call that nobody has been told of: the thread has to take it home, with the signal. */
    @Nullable
    Executed held;

    @Nullable
    Return coming;

    OriginTask(ThreadRequests device, int tid) {
        this.tid = tid;
        this.calls = new CallRunner(device, tid);
    }

    static boolean stepped(ThreadImage image) {
        return (image.register(Registers.EFLAGS) & Registers.TRAP_FLAG) != 0;
    }

    /** Whether it is in a call which it makes itself and reports. */
    boolean reports() {
        return replacing || forked != null;
    }

    /** A filter, which outlives the program, goes before others. */
    void tie(Tie.Kind kind) {
        if (tie != Tie.Kind.FILTER) {
            tie = kind;
        }
    }

    /**
     * What it goes on with elsewhere.
     *
     * @param image as it was parked
     * @param call the captured call that it is in, -1 for none
     */
    ThreadImage parked(ThreadImage image, long call) {
        if (call >= 0) {
            return image.beforeCall(call);
        }
        ThreadImage settled = InterruptedCall.settled(image);
        untouched = settled;
        brokenOff = BrokenOffCall.of(image, settled);
        return settled;
    }

    /** It has made another call than the one that it was parked in, and the program has been told. */
    void movedOn() {
        untouched = null;
        brokenOff = null;
    }

    /**
     * Its way home is over, and it is a thread like any other again.
     *
     * @param last what the deputy executed and nobody was told of; null if it was not given the call
     * @return what it goes on with; null for what the kernel has of it
     */
    @Nullable
    ThreadImage arrive(Return home, @Nullable Executed last) {
        ThreadImage image;
        if (home.inCall()) {
            image = outcome(home.image(), last);
            if (home.transferred() > 0) {
                image = InterruptedCall.behindRest(home.image(), image, home.transferred());
            }
        } else if (home.image().equals(untouched) && (brokenOff == null || signalled)) {
            // Arrays are equal only if they are the same: it never left.
            image = null;
        } else {
            image = home.image().with(Registers.ORIG_RAX, -1);
        }
        if (brokenOff != null && image != null) {
            image = brokenOff.takenHome(image, signalled);
        }
        coming = null;
        held = null;
        movedOn();
        deputy = false;
        signalled = false;
        return image;
    }

    /** The image of a thread in a forwarded call, joined with how far its deputy has come. */
    private static ThreadImage outcome(ThreadImage image, @Nullable Executed last) {
        if (last == null) {
            return image.beforeCall(image.register(Registers.ORIG_RAX));
        }
        if (!last.interrupted()) {
            return image.afterCall(last.result());
        }
        ThreadImage joined = image.with(Registers.RAX, last.result()).with(Registers.ORIG_RAX, last.nr());
        return InterruptedCall.leftToKernel(joined, last.signal());
    }
}
