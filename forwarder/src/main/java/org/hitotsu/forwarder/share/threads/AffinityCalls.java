package org.hitotsu.forwarder.share.threads;

import io.vertx.core.Future;
import java.util.function.IntPredicate;
import org.hitotsu.forwarder.backend.CallMemory;
import org.hitotsu.forwarder.backend.ProcessorPort;
import org.hitotsu.forwarder.nativecall.Linux;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * sched_getaffinity and sched_setaffinity of a program that sees the processors of all nodes. Errors, their order and the
 * lengths are the kernel's own (kernel/sched/syscalls.c). Event loop only.
 */
final class AffinityCalls {
    private static final Logger LOG = LoggerFactory.getLogger(AffinityCalls.class);

    private final MemoryCalls memoryCalls;
    private final ClusterCpus cpus;
    private final ProcessorPort processors;
    private final CallMemory memory;
    private final int pid;
    private final IntPredicate isThread;

    /**
     * @param memoryCalls in whose turn these calls are made, so that the program is not let go meanwhile
     * @param isThread whether a number is that of a thread of the program
     */
    AffinityCalls(
            MemoryCalls memoryCalls,
            ClusterCpus cpus,
            ProcessorPort processors,
            CallMemory memory,
            int pid,
            IntPredicate isThread) {
        this.memoryCalls = memoryCalls;
        this.cpus = cpus;
        this.processors = processors;
        this.memory = memory;
        this.pid = pid;
        this.isThread = isThread;
    }

    static boolean concerns(long nr) {
        return nr == Linux.NR_SCHED_GETAFFINITY || nr == Linux.NR_SCHED_SETAFFINITY;
    }

    /**
     * Makes a call of thread {@code tid}, and nothing if the thread is gone, or the program let go, when its turn comes.
     *
     * @return its result; null if the thread has to make it: it is about another process
     */
    Future<@Nullable Long> run(int tid, long nr, long[] args) {
        return memoryCalls.inTurn(() -> isThread.test(tid)
                ? make(tid, nr, args)
                : Future.failedFuture("thread " + tid + " has ended, or is not shared any more"));
    }

    private Future<@Nullable Long> make(int tid, long nr, long[] args) {
        int named = (int) args[0];
        int target = named == 0 ? tid : named;
        if (target != pid && !isThread.test(target)) {
            return Future.succeededFuture(null);
        }
        return (nr == Linux.NR_SCHED_GETAFFINITY
                        ? get(tid, target, args[1], args[2])
                        : set(tid, target, args[1], args[2]))
                .recover(cause -> {
                    LOG.error("thread {}: system call {}", tid, nr, cause);
                    return Future.succeededFuture((long) -Linux.ENOMEM);
                })
                .map(result -> result);
    }

    private Future<Long> get(int tid, int target, long length, long address) {
        long bytes = cpus.bytesTold(length);
        if (bytes < 0) {
            return Future.succeededFuture(bytes);
        }
        byte[] real = new byte[cpus.originMaskBytes()];
        long asked = processors.allowed(target, real);
        if (asked < 0) {
            return Future.succeededFuture(asked);
        }
        return memory.write(tid, address, cpus.told(target, real, (int) bytes))
                .map(written -> written ? bytes : -Linux.EFAULT);
    }

    private Future<Long> set(int tid, int target, long length, long address) {
        int bytes = cpus.bytesRead(length);
        Future<byte @Nullable []> mask =
                bytes == 0 ? Future.succeededFuture(new byte[0]) : memory.read(tid, address, bytes);
        return mask.map(read -> read == null ? (long) -Linux.EFAULT : set(target, read));
    }

    private long set(int target, byte[] mask) {
        byte[] home = cpus.atOrigin(mask);
        long result = home == null ? -Linux.EINVAL : processors.allow(target, home);
        // None that there is for the thread at the origin (it may be confined to fewer by a cpuset), but some
        // elsewhere.
        boolean elsewhere = result == -Linux.EINVAL && cpus.hasOthers(mask);
        if (result < 0 && !elsewhere) {
            return result;
        }
        cpus.choose(target, mask, !elsewhere);
        return 0;
    }
}
