package org.hitotsu.forwarder.observe;

import java.util.List;
import org.hitotsu.bpf.BpfUnavailableException;
import org.hitotsu.bpf.SyscallObserver;
import org.hitotsu.forwarder.KernelCheck;

/** What `hitotsu check` says of eBPF observation: loads and attaches the programs for a moment, watching itself. */
public final class EbpfKernelCheck implements KernelCheck {
    private static final String NAME = "eBPF observation";

    @Override
    public List<Finding> check() {
        return List.of();
    }

    @Override
    public List<Finding> optional() {
        int self = (int) ProcessHandle.current().pid();
        try (SyscallObserver observer = Observers.open(
                SyscallObserver.Options.DEFAULT,
                (tid, nr, parkedAt, resumedAt, signal) -> {},
                (tid, tgid, address, ip, access, at) -> {})) {
            observer.watchThread(self);
            observer.watchProcess(self);
        } catch (BpfUnavailableException e) {
            return List.of(new Finding(NAME, false, List.of(String.valueOf(e.getMessage())), List.of()));
        }
        return List.of(new Finding(NAME, true, List.of(), List.of()));
    }
}
