package org.hitotsu.forwarder.share;

import io.vertx.core.Future;
import java.util.List;
import org.hitotsu.forwarder.DaemonContext;

/**
 * Watches from beside what shared processes do on this node; nothing depends on what it sees. Found through {@link
 * java.util.ServiceLoader}. Where it can't work it does nothing. Event loop only.
 */
public interface ThreadObserver {

    /** Watches nothing. */
    ThreadObserver NONE = new ThreadObserver() {};

    /**
     * A page whose faults stand out.
     *
     * @param page its first address
     * @param ip the instruction that faulted on it last
     * @param faults at least so many
     */
    record HotPage(long page, long ip, long faults) {}

    /** Called once, before all else; doesn't wait for what it begins. */
    default void start(DaemonContext daemon) {}

    /** A thread of a shared process begins to run in this node's shadow under this id. */
    default void onRunsHere(int tid) {}

    /** It has ceased to; no-op if it didn't run here. */
    default void onLeft(int tid) {}

    /** This process, origin or shadow of a shared one, has a part in it whose threads run on more than one node. */
    default void onShared(int tgid) {}

    /** It has no longer; no-op if it had none. */
    default void onUnshared(int tgid) {}

    /** Pages of a process with the most faults, the most first; few, and empty if nothing is known. */
    default List<HotPage> hot(int tgid) {
        return List.of();
    }

    /** Called once, when nothing runs here any more. Completes when nothing of it is left in the kernel. */
    default Future<Void> stop() {
        return Future.succeededFuture();
    }
}
