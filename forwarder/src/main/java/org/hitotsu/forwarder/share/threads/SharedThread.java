package org.hitotsu.forwarder.share.threads;

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
    private final Set<Integer> nodesVisited = new LinkedHashSet<>();
    private String name = "";
    Place place = Place.HOME;
    int node;
    /** The node placement wants it on; 0: wherever it is. */
    int wanted;

    long syscalls;
    int shortStays;
    long leftAtNanos;
    boolean signalled;

    @Nullable
    ExecutorVerticle executor;

    /** What its deputy has to finish before it leaves. */
    @Nullable
    TransferRest rest;

    /** In this it has come home, and waits for its deputy to finish it. */
    @Nullable
    KeptCall kept;

    io.vertx.core.@Nullable Promise<Void> moved;
    int movingTo;

    SharedThread(long id, int tid, int origin) {
        this.id = id;
        this.tid = tid;
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
