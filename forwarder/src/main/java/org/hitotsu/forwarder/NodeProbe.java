package org.hitotsu.forwarder;

import java.util.List;

/**
 * What a module has found this machine to be capable of.
 *
 * @param backends names of the kernel back-ends that work here, best first
 * @param xstateBytes size of the XSAVE area ptrace gives for a thread, 0 if not looked for
 */
public record NodeProbe(List<String> backends, int xstateBytes) {

    /** Nothing found. */
    public static final NodeProbe NONE = new NodeProbe(List.of(), 0);

    /** Copies its list. */
    public NodeProbe {
        backends = List.copyOf(backends);
    }
}
