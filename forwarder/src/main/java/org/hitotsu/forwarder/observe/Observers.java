package org.hitotsu.forwarder.observe;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.hitotsu.bpf.BpfLoaders;
import org.hitotsu.bpf.BpfUnavailableException;
import org.hitotsu.bpf.FaultListener;
import org.hitotsu.bpf.ForwardListener;
import org.hitotsu.bpf.SyscallObserver;

/** Opens observers, for whoever may have one here. */
final class Observers {
    private static final Path PID_NAMESPACE = Path.of("/proc/self/ns/pid");
    /** PROC_PID_INIT_INO of include/linux/proc_ns.h: the first namespace's number, the same on every kernel since 3.8. */
    private static final String INITIAL = "pid:[4026531836]";

    private Observers() {}

    /**
     * Loads the programs. Takes tens of milliseconds.
     *
     * @throws BpfUnavailableException if they can't be loaded here, or would see other threads than the daemon means
     */
    static SyscallObserver open(SyscallObserver.Options options, ForwardListener forwards, FaultListener faults)
            throws BpfUnavailableException {
        requireInitialPidNamespace();
        return SyscallObserver.open(BpfLoaders.libbpf(), options, forwards, faults);
    }

    /** eBPF programs see the ids of the initial namespace; in another one an id of ours is someone else's. */
    private static void requireInitialPidNamespace() throws BpfUnavailableException {
        String namespace;
        try {
            namespace = Files.readSymbolicLink(PID_NAMESPACE).toString();
        } catch (IOException e) {
            throw new BpfUnavailableException(
                    "observer", "read " + PID_NAMESPACE, 0, e.getMessage(), "mount /proc", "");
        }
        if (!namespace.equals(INITIAL)) {
            throw new BpfUnavailableException(
                    "observer",
                    "watch threads",
                    0,
                    "this is a pid namespace of its own, whose thread ids mean other threads to the kernel",
                    "run the node in the initial one (containers: --pid=host)",
                    "");
        }
    }
}
