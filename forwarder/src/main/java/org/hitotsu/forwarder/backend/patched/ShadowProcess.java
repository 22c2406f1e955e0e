package org.hitotsu.forwarder.backend.patched;

import io.vertx.core.Context;
import org.hitotsu.forwarder.backend.common.KernelException;
import org.hitotsu.forwarder.loop.LoopFd;
import org.hitotsu.forwarder.nativecall.Linux;

/** The process of a shadow, a child of the daemon: taken note of when it ends, whoever ended it. Event loop only. */
final class ShadowProcess {
    private static final int WNOHANG = 1;

    private final int pid;
    private final int pidfd;
    private final LoopFd endWatch;
    private Runnable onEnded = () -> {};
    private boolean ended;

    private ShadowProcess(Context context, int pid, int pidfd) {
        this.pid = pid;
        this.pidfd = pidfd;
        this.endWatch = LoopFd.watch(context, pidfd, readable -> ended());
    }

    /** @param loader path of hitotsu-blank, which ends with the calling thread */
    static ShadowProcess start(Context context, String loader) throws KernelException {
        int pid = (int) KernelException.check("start " + loader, Linux.spawn(loader));
        long pidfd = Linux.pidfdOpen(pid);
        if (pidfd < 0) {
            Linux.kill(pid, Linux.SIGKILL);
            Linux.call(Linux.NR_WAIT4, pid, 0, 0);
            throw new KernelException("pidfd_open", pidfd);
        }
        return new ShadowProcess(context, pid, (int) pidfd);
    }

    private void ended() {
        if (!ended) {
            ended = true;
            endWatch.close();
            Linux.call(Linux.NR_WAIT4, pid, 0, WNOHANG);
            Linux.close(pidfd);
            onEnded.run();
        }
    }

    int pid() {
        return pid;
    }

    void onEnded(Runnable action) {
        onEnded = action;
    }

    /** A copy of the process's descriptor {@code there}, or {@code -errno}. */
    long fetch(long there) {
        return ended ? -Linux.ESRCH : Linux.pidfdGetfd(pidfd, (int) there);
    }

    void kill() {
        // Until its end was taken note of, its number is nobody else's.
        if (!ended) {
            Linux.kill(pid, Linux.SIGKILL);
        }
    }
}
