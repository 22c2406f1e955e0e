package org.hitotsu.forwarder.share.threads;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.hitotsu.forwarder.backend.CallMemory;
import org.hitotsu.forwarder.backend.OriginThreads;
import org.hitotsu.forwarder.backend.ThreadImage;
import org.hitotsu.forwarder.nativecall.FileStatus;
import org.hitotsu.forwarder.nativecall.Linux;
import org.hitotsu.forwarder.nativecall.Ptrace.Registers;
import org.hitotsu.forwarder.syscall.Transfers;
import org.hitotsu.forwarder.syscall.Transfers.FileKind;
import org.hitotsu.forwarder.syscall.Transfers.Part;
import org.jspecify.annotations.Nullable;

/**
 * Has a thread's deputy finish the transfer that parking the thread has broken off in the middle: a write to a full pipe
 * would answer less than it was given otherwise, for no reason that the program knows. One thread's; event loop only.
 *
 * <p>A call that came back short of itself is not told from one that was broken off. Then the rest is tried in vain, and the
 * answer is the same: the rest would have to wait (EAGAIN), is at the end, or fails as it did.
 */
final class TransferRest {
    private static final int MEMORY_DEVICES = 1;

    private final OriginThreads threads;
    private final CallMemory memory;
    private final SharedThread thread;
    private final ThreadImage image;
    private final long nr;
    private final long[] args;
    private final Promise<ThreadImage> whole = Promise.promise();
    private long done;
    private long[] pieces = {};
    private boolean executing;

    private TransferRest(OriginThreads threads, CallMemory memory, SharedThread thread, ThreadImage image) {
        this.threads = threads;
        this.memory = memory;
        this.thread = thread;
        this.image = image;
        this.nr = image.register(Registers.ORIG_RAX);
        this.args = Registers.callArguments(image.registers());
        this.done = image.register(Registers.RAX);
    }

    /**
     * What is to be finished before a thread that was just parked may leave.
     *
     * @return null if it is in no transfer
     */
    static @Nullable TransferRest of(OriginThreads threads, CallMemory memory, SharedThread thread, ThreadImage image) {
        long nr = image.register(Registers.ORIG_RAX);
        if (nr < 0
                || image.register(Registers.RAX) <= 0
                || !mayBreakOff(thread.tid(), nr, Registers.callArguments(image.registers()))) {
            return null;
        }
        return new TransferRest(threads, memory, thread, image);
    }

    /** Whether interrupting a thread's call may make it answer less than it would. */
    static boolean mayBreakOff(int tid, long nr, long[] args) {
        return Transfers.concerns(nr) && Transfers.mayBreakOff(nr, args, kind(tid, args[0]));
    }

    private static FileKind kind(int tid, long fd) {
        FileStatus status = FileStatus.ofDescriptor(tid, (int) fd);
        return switch (status.type()) {
            case PIPE -> FileKind.PIPE;
            case SOCKET -> FileKind.SOCKET;
            case CHARACTER_DEVICE -> device(status.deviceMajor());
            default -> FileKind.OTHER;
        };
    }

    private static FileKind device(int major) {
        return switch (major) {
            case MEMORY_DEVICES -> FileKind.MEMORY;
            // Virtual and serial ones, /dev/tty, pseudoterminals, ttyACM, ttyUSB, ttyAMA and its kin, hvc
            // (Documentation/admin-guide/devices.txt).
            case 4, 5, 136, 137, 138, 139, 140, 141, 142, 143, 166, 188, 204, 229 -> FileKind.TERMINAL;
            default -> FileKind.OTHER;
        };
    }

    /** Completes with the image behind the whole transfer; not if the thread ends, or comes home by {@link #breakOff}. */
    Future<ThreadImage> finish() {
        describe().onComplete(read -> {
            pieces = read.succeeded() ? read.result() : new long[0];
            next();
        });
        return whole.future();
    }

    private void next() {
        Part part = thread.signalled ? null : Transfers.next(nr, args, done, pieces);
        if (part == null) {
            whole.complete(image.afterCall(done));
            return;
        }
        executing = true;
        threads.exec(thread.tid(), part.nr(), part.args());
    }

    /** The deputy has made a part. */
    void onExecuted(long result) {
        executing = false;
        if (result > 0) {
            done += result;
            next();
        } else if (result == -Linux.ERESTARTSYS) {
            // recvmmsg(2) keeps what has interrupted it as the error of its socket, and tells it once (do_recvmmsg()).
            next();
        } else {
            whole.complete(image.afterCall(done));
        }
    }

    /** Whether the deputy is at it. If not, a signal that comes is looked at before the next part. */
    boolean executing() {
        return executing;
    }

    /**
     * Ends the transfer for a signal, as that would natively, while {@link #executing}.
     *
     * @return completes when the thread is home, with what was transferred as its call's result
     */
    Future<Void> breakOff() {
        return threads.resumeInRest(thread.tid(), image, done);
    }

    private Future<long[]> describe() {
        return switch (Transfers.vector(nr)) {
            case NONE -> Future.succeededFuture(new long[0]);
            case IOVEC -> vector(args[1], args[2]);
            case MSGHDR ->
                read(args[1], Transfers.MSGHDR_SIZE)
                        .compose(header ->
                                vector(header.getLong(Transfers.MSGHDR_IOV), header.getLong(Transfers.MSGHDR_IOVLEN)));
        };
    }

    private Future<long[]> vector(long address, long count) {
        if (count < 1 || count > Transfers.MAX_VECTOR) {
            return Future.failedFuture("a vector of " + count + " pieces");
        }
        return read(address, (int) count * Transfers.IOVEC_SIZE).map(bytes -> {
            long[] read = new long[2 * (int) count];
            bytes.asLongBuffer().get(read);
            return read;
        });
    }

    private Future<ByteBuffer> read(long address, int length) {
        return memory.read(thread.tid(), address, length)
                .compose(bytes -> bytes == null
                        ? Future.failedFuture("memory that can't be read")
                        : Future.succeededFuture(ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN)));
    }
}
