package org.hitotsu.forwarder.backend;

import io.vertx.core.Future;
import java.util.List;

/** One way of getting from a kernel what the daemon needs. */
public interface Backend {
    /** One feature of the kernel, and what to do where it is missing. */
    record Feature(String name, boolean present, String detail, String remedy) {}

    /** {@code stock} or {@code patched}. */
    String name();

    /** Looks for every feature this back-end needs. Blocking: not on the event loop. */
    List<Feature> probe();

    /**
     * The seccomp filter (array of struct sock_filter) with which a program has to be launched; empty for none.
     *
     * @param clusterCpus whether calls about affinity are to be seen, too: see {@link #adopt}
     */
    byte[] launchFilter(boolean clusterCpus);

    /**
     * Takes over a process which waits in the launcher: answers when the daemon traces it, before it executes the
     * program.
     *
     * @param listener the launcher's descriptor of the filter's listener
     * @param clusterCpus whether sched_getaffinity and sched_setaffinity of threads at home come to
     *     {@link OriginThreads.Events#onMemoryCall}, also from the programs that it executes later
     */
    Future<Adoption> adopt(int pid, int listener, boolean clusterCpus);

    /**
     * Takes over a process that runs already. Answers when all its threads are prepared and stand still, to go on with
     * {@link Adoption#start}. If it fails, the process goes on as it was; the message is {@code CAUSE; REMEDY}.
     */
    Future<Adoption> attach(int pid);

    /** The two steps of taking over a process. */
    interface Adoption {
        /**
         * Completes when the program is loaded, prepared and stopped before its first instruction. If it fails, the program is
         * ended; but one that was executed in the place of a shared one may run on natively, with an
         * {@link UnsharedException}.
         */
        Future<OriginSpace> prepared();

        /** Lets the prepared program run; completes when it does. */
        Future<Void> start();
    }

    Future<ShadowSpace> createShadow(SpaceLayout layout);

    /** Frees everything, ending shadows and programs. Completes when nothing of it is left in the kernel. */
    Future<Void> close();
}
