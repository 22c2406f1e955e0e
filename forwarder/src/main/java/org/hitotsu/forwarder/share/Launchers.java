package org.hitotsu.forwarder.share;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.hitotsu.forwarder.nativecall.ProcFiles;

/**
 * Processes that have asked to be shared and have not come back yet with their filter. One that ends before that tells nobody,
 * and its id may become another's, so it is known by the time of its start too. Event loop only.
 */
final class Launchers {
    private record Launcher(int pid, long startTicks) {}

    private final Map<Long, Launcher> awaited = new HashMap<>();

    /** The share with this id waits for a process. */
    void await(long share, int pid) {
        awaited.put(share, new Launcher(pid, startTicks(pid)));
    }

    /** The process has come. */
    void came(long share) {
        awaited.remove(share);
    }

    /** The shares whose process has ended without having come; told of once. */
    List<Long> lost() {
        List<Long> lost = new ArrayList<>();
        awaited.forEach((share, launcher) -> {
            if (launcher.startTicks() < 0 || startTicks(launcher.pid()) != launcher.startTicks()) {
                lost.add(share);
            }
        });
        lost.forEach(awaited::remove);
        return lost;
    }

    private static long startTicks(int pid) {
        try {
            return ProcFiles.startTicks(pid);
        } catch (IOException ended) {
            return -1;
        }
    }
}
