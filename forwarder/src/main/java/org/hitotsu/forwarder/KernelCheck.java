package org.hitotsu.forwarder;

import java.util.List;

/** Probes this machine's kernel for what the back-ends need; found through {@link java.util.ServiceLoader}. */
public interface KernelCheck {

    /**
     * What was found about one back-end.
     *
     * @param backend its name
     * @param usable whether a node can run with it here
     * @param missing what it lacks, each as {@code THING: CAUSE; REMEDY}
     * @param notes what else is worth knowing
     */
    record Finding(String backend, boolean usable, List<String> missing, List<String> notes) {

        /** Copies its lists. */
        public Finding {
            missing = List.copyOf(missing);
            notes = List.copyOf(notes);
        }
    }

    /** Probes; leaves nothing behind. May block for up to a few seconds. */
    List<Finding> check();

    /**
     * Probes for what a node can do without, as {@link #check} does; a finding's {@code backend} is the name of that, and
     * {@code usable} whether it works here.
     */
    default List<Finding> optional() {
        return List.of();
    }
}
