package org.hitotsu.forwarder.share.threads;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.hitotsu.forwarder.backend.OriginThreads;
import org.hitotsu.forwarder.backend.ThreadImage;
import org.hitotsu.forwarder.nativecall.Linux;
import org.hitotsu.forwarder.nativecall.Ptrace.Registers;
import org.jspecify.annotations.Nullable;

/** Writes down what it is asked to do. System calls in the space succeed with 0, or as {@link #results} says. */
final class RecordingThreads implements OriginThreads {

    private static final Map<Integer, String> NAMES = Map.of(
            Linux.NR_MMAP, "mmap",
            Linux.NR_MUNMAP, "munmap",
            Linux.NR_MPROTECT, "mprotect",
            Linux.NR_PKEY_MPROTECT, "pkey_mprotect",
            Linux.NR_MREMAP, "mremap",
            Linux.NR_MADVISE, "madvise",
            Linux.NR_BRK, "brk");

    final List<String> log;
    final Map<Integer, Future<Long>> results = new HashMap<>();
    /** Why a thread stays, by its number. */
    final Map<Integer, String> stays = new HashMap<>();
    /** What a parked thread's image is; never there by itself. */
    Future<ThreadImage> parked = Promise.<ThreadImage>promise().future();

    /** What the end of a way home waits for. */
    Future<Void> resumed = Future.succeededFuture();

    long programBreak = 0x500000;

    RecordingThreads(List<String> log) {
        this.log = log;
    }

    static String hex(long... values) {
        return String.join(
                " ", Arrays.stream(values).mapToObj(Long::toHexString).toList());
    }

    static String call(long nr, long... args) {
        return NAMES.getOrDefault((int) nr, "call " + nr) + " " + hex(args);
    }

    @Override
    public Future<@Nullable Long> execStopped(int tid, long nr, long[] args) {
        log.add("stopped " + tid + " " + call(nr, args));
        return Future.succeededFuture(null);
    }

    @Override
    public Future<Long> execInSpace(int tid, long nr, long... args) {
        if (nr == Linux.NR_BRK) {
            // The kernel's answer to what it refuses is the break as it is.
            if (args[0] >= 0x500000 && args[0] < 0x10000000) {
                programBreak = args[0];
            }
            log.add("brk " + hex(args[0]));
            return Future.succeededFuture(programBreak);
        }
        log.add(call(nr, args));
        return results.getOrDefault((int) nr, Future.succeededFuture(0L));
    }

    @Override
    public void exec(int tid, long nr, long[] args) {
        log.add("deputy " + tid + " " + call(nr, args));
    }

    @Override
    public void exit(int tid, int status) {
        log.add("exit " + tid + " " + status);
    }

    @Override
    public void events(Events events) {}

    @Override
    public Collection<Integer> ids() {
        return List.of(1000);
    }

    @Override
    public Future<ThreadImage> park(int tid) {
        return parked;
    }

    @Override
    public void release(int tid) {
        log.add("release " + tid);
    }

    @Override
    public Future<Void> resume(int tid, ThreadImage image, boolean inCall) {
        log.add("resume " + tid + (inCall ? " in call" : ", rax " + image.register(Registers.RAX)));
        return resumed;
    }

    @Override
    public Future<Void> resumeInRest(int tid, ThreadImage image, long done) {
        log.add("resume " + tid + " in rest, " + done);
        return Future.succeededFuture();
    }

    @Override
    public void answer(int tid, long result) {
        log.add("answer " + tid + " " + result);
    }

    @Override
    public void proceed(int tid) {
        log.add("proceed " + tid);
    }

    @Override
    public void proceedWithExec(int tid) {
        log.add("exec " + tid);
    }

    @Override
    public @Nullable String stays(int tid) {
        return stays.get(tid);
    }

    @Override
    public Future<Void> proceedWithExit(int tid) {
        log.add("end " + tid);
        return Future.succeededFuture();
    }

    @Override
    public Future<Void> proceedWithCoreDump(int tid) {
        log.add("dump " + tid);
        return Future.succeededFuture();
    }

    @Override
    public Future<Void> proceedWithFork(int tid) {
        log.add("fork " + tid);
        return Future.succeededFuture();
    }
}
