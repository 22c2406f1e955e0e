package org.hitotsu.forwarder.backend.stock;

import org.hitotsu.forwarder.backend.ThreadImage;
import org.hitotsu.forwarder.nativecall.Linux;

/**
 * Futex calls of threads at home that write, which the kernel would end with EFAULT where the word's page is on another
 * node: the agent makes them for the thread, with that page at hand (agent.c, futex_guard). Event loop only.
 */
final class BorrowedCalls {
    private static final int WAKE_OP = 5;
    private static final int CMP_REQUEUE_PI = 12;

    private final OriginProcess process;
    private final TrappedCalls trapped;
    private final Deputies deputies;
    private final ThreadParking parking;

    BorrowedCalls(OriginProcess process, TrappedCalls trapped, Deputies deputies, ThreadParking parking) {
        this.process = process;
        this.trapped = trapped;
        this.deputies = deputies;
        this.parking = parking;
    }

    /**
     * The addresses of the words that such a call is about. In a thread that is tied here the agent may not run: it makes the
     * call itself, and the pages of its words are kept here.
     */
    static long[] words(long[] args) {
        return switch ((int) args[1] & SeccompFilters.FUTEX_COMMAND) {
            case WAKE_OP, CMP_REQUEUE_PI -> new long[] {args[0], args[4]};
            default -> new long[] {args[0]};
        };
    }

    /** Has the trapped futex call of a thread made. */
    void begin(OriginTask task, long[] args) {
        if (!process.everMoved) {
            trapped.proceed(task);
            return;
        }
        task.borrowed = true;
        parking.capture(task)
                .onSuccess(captured -> {
                    if (captured.restarted() == Linux.NR_FUTEX) {
                        ThreadImage image = captured.image();
                        task.inBorrowedCall = image.inCall(Linux.NR_FUTEX);
                        deputies.request(task, StockLayout.CMD_EXEC, Linux.NR_FUTEX, args);
                    } else {
                        // A signal was delivered first. Its handler runs, and the call comes again.
                        parking.resume(task, captured.image(), false, 0);
                    }
                })
                .onFailure(cause -> {
                    task.borrowed = false;
                    trapped.proceed(task);
                });
    }

    /** The agent has made it: the thread goes on behind it. */
    void finish(OriginTask task, ThreadImage image, long result) {
        leave(task, image.afterCall(result), false);
    }

    /** Has the thread go home out of it: for a signal, or to make it anew. Whether it was in one. */
    boolean breakOff(OriginTask task) {
        ThreadImage image = task.inBorrowedCall;
        if (image == null) {
            return false;
        }
        leave(task, image, true);
        return true;
    }

    private void leave(OriginTask task, ThreadImage image, boolean inCall) {
        task.inBorrowedCall = null;
        parking.resume(task, image, inCall, 0);
    }
}
