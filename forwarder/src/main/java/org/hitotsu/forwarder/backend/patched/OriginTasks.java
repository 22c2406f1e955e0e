package org.hitotsu.forwarder.backend.patched;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.hitotsu.forwarder.nativecall.Linux;
import org.hitotsu.forwarder.syscall.Tie;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The threads of one process that have not ended, and whether it has. Event loop only. */
final class OriginTasks {
    private static final Logger LOG = LoggerFactory.getLogger(OriginTasks.class);

    private final int pid;
    private final Map<Integer, OriginTask> tasks = new HashMap<>();
    /** Requests for the first thread that wait until it is known whether it is still there. */
    private final List<Runnable> postponed = new ArrayList<>();

    private boolean ended;

    OriginTasks(int pid) {
        this.pid = pid;
    }

    void add(OriginTask task) {
        tasks.put(task.tid, task);
    }

    @Nullable
    OriginTask get(int tid) {
        return tasks.get(tid);
    }

    /** Whether the number is still that of this thread. */
    boolean holds(OriginTask task) {
        return tasks.get(task.tid) == task;
    }

    void remove(OriginTask task) {
        tasks.remove(task.tid);
    }

    List<Integer> ids() {
        return List.copyOf(tasks.keySet());
    }

    /** One of them; the first thread if that is there, or none is. */
    int any() {
        return tasks.containsKey(pid) || tasks.isEmpty()
                ? pid
                : tasks.keySet().iterator().next();
    }

    /** Whether nothing of the process is of interest any more. */
    boolean ended() {
        return ended;
    }

    void end() {
        ended = true;
    }

    /** The process goes on with another program; the other threads are gone without a word of each. */
    void replaced() {
        ended = true;
        tasks.clear();
        postponed.clear();
    }

    // Ties.

    void tie(OriginTask task, Tie given) {
        if (given.ofProcess()) {
            tasks.values().forEach(each -> each.tie(given.kind()));
        } else {
            task.tie(given.kind());
        }
    }

    /** What a new thread may have from the one that has made it, whichever that is. */
    Tie.@Nullable Kind inherited() {
        return tasks.values().stream()
                .map(task -> task.tie)
                .filter(kind -> kind != null && kind != Tie.Kind.DISPATCH)
                .min(Comparator.comparing(kind -> kind != Tie.Kind.FILTER))
                .orElse(null);
    }

    /** What ties the thread that makes an execve. */
    Tie.@Nullable Kind tieOfReplacing() {
        return tasks.values().stream()
                .filter(each -> each.replacing)
                .findFirst()
                .map(each -> each.tie)
                .orElse(null);
    }

    // Executions of programs.

    /** Whether this is the first thread, and another one makes an execve. */
    boolean mayBeReplaced(int tid) {
        return tid == pid && othersReplace();
    }

    /**
     * Requests something for a thread that is certainly the one that is meant. When another thread makes an execve, the
     * first thread ends, and its number belongs to that one, with the new program (de_thread()), before REPLACED says so:
     * there a late request would set registers or make calls that were the old program's. If the execve fails, nothing has
     * happened.
     */
    void whenCertain(OriginTask task, Runnable request) {
        if (mayBeReplaced(task.tid)) {
            postponed.add(() -> {
                if (holds(task)) {
                    request.run();
                }
            });
        } else {
            request.run();
        }
    }

    /** An execve has failed, or its thread has ended. */
    void notReplaced(OriginTask task) {
        task.replacing = false;
        if (!othersReplace()) {
            List<Runnable> requests = List.copyOf(postponed);
            postponed.clear();
            requests.forEach(Runnable::run);
        }
    }

    private boolean othersReplace() {
        return tasks.values().stream().anyMatch(task -> task.replacing && task.tid != pid);
    }

    // What can't be mended.

    /** Ends the program, unless the kernel has taken a request, or its thread has ended. */
    void require(OriginTask task, String step, long result) {
        if (result < 0 && result != -Linux.ESRCH) {
            // It would stand still, or run on with registers that are not its own.
            fatal(task, step + ": " + Linux.errorName(result));
        }
    }

    void fatal(OriginTask task, String why) {
        if (ended) {
            return;
        }
        LOG.error("thread {}: {}; the program is ended", task.tid, why);
        Linux.kill(pid, Linux.SIGKILL);
    }
}
