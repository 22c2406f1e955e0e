package org.hitotsu.forwarder.share.threads;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.Set;
import org.hitotsu.forwarder.nativecall.ProcFiles;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One row of the thread table at the origin. Event loop only. */
public final class SharedThread {
    /** Where the thread is. */
    public enum Place {
        /** At the origin, native. */
        HOME,
        /** Being parked at the origin, to leave. */
        LEAVING,
        /** On another node; its task at the origin is its deputy. */
        OUT,
        /** Told to come home, or coming by itself. */
        RETURNING,
        /** Ending. */
        ENDING
    }

    private static final Logger LOG = LoggerFactory.getLogger(SharedThread.class);

    private final long id;
    private final int tid;
    private final int origin;
    private final Set<Integer> nodesVisited = new LinkedHashSet<>();
    private String name = "";
    Place place = Place.HOME;
    int node;
    /** The node placement wants it on; 0: wherever it is. */
    int wanted;

    long syscalls;
    int shortStays;
    /** Counts its stays at home from which it is to leave by itself. */
    long stay;

    long leftAtNanos;
    boolean signalled;
    /** Stopped before the signal that ends its process with a core file; at home, also if it was about to leave. */
    boolean dying;

    @Nullable
    ExecutorVerticle executor;

    /** Has the id of its executor's deployment. */
    @Nullable
    Future<String> deployed;

    /** What its deputy has to finish before it leaves. */
    @Nullable
    TransferRest rest;

    /** In this it has come home, and waits for its deputy to finish it. */
    @Nullable
    KeptCall kept;

    private @Nullable Promise<Void> moved;
    private int movingTo;

    SharedThread(long id, int tid, int origin) {
        this.id = id;
        this.tid = tid;
        this.origin = origin;
        this.node = origin;
        nodesVisited.add(origin);
    }

    /** th_id: unique in its share. */
    public long id() {
        return id;
    }

    /** th_pid at the origin. */
    public int tid() {
        return tid;
    }

    /** Node it runs on now, or is on the way to. */
    public int node() {
        return node;
    }

    /** At home is also one whose deputy finishes a call for it there. */
    public Place place() {
        return kept != null && kept.timed() ? Place.HOME : place;
    }

    /** System calls forwarded. */
    public long syscalls() {
        return syscalls;
    }

    public Set<Integer> nodesVisited() {
        return Set.copyOf(nodesVisited);
    }

    void visit(int nodeId) {
        node = nodeId;
        nodesVisited.add(nodeId);
    }

    /** Begins a move to {@code target}, until {@link #moved} completes it or {@link #moveFailed} fails it. */
    Future<Void> beginMove(int target) {
        Promise<Void> promise = Promise.promise();
        moved = promise;
        movingTo = target;
        return promise.future();
    }

    /** The move that it is in; null if it is in none. */
    @Nullable
    Future<Void> move() {
        return moved == null ? null : moved.future();
    }

    /** Target of the move that it is in, or was in last. */
    int movingTo() {
        return movingTo;
    }

    /** Whether it is in a move to another node than the origin. */
    boolean isOnward() {
        return moved != null && movingTo != origin;
    }

    /** Ends its move, if it is in one: its image has been sent, or it is at home. */
    void moved() {
        Promise<Void> promise = moved;
        moved = null;
        if (promise != null) {
            promise.tryComplete();
        }
    }

    /** Ends its move, if it is in one: it stays where it is, or has ended. */
    void moveFailed(Throwable cause) {
        Promise<Void> promise = moved;
        moved = null;
        if (promise != null) {
            promise.tryFail(cause);
        }
    }

    public String name() {
        return name;
    }

    /** Reads the name the program gave its thread from /proc; keeps the last one when the thread has ended. */
    public void refreshName(int pid) {
        try {
            name = ProcFiles.shown(ProcFiles.text(Path.of("/proc/" + pid + "/task/" + tid + "/comm"))
                    .stripTrailing());
        } catch (NoSuchFileException e) {
            // The thread has just ended; the name it had stays.
            return;
        } catch (IOException e) {
            LOG.warn("the name of thread {} can't be read: {}", tid, e.getMessage());
        }
    }
}
