package org.hitotsu.forwarder.backend.patched;

import java.util.ArrayList;
import java.util.List;
import org.hitotsu.bpf.BpfLoaders;
import org.hitotsu.bpf.BpfUnavailableException;
import org.hitotsu.bpf.SyscallCapture;
import org.hitotsu.forwarder.backend.Backend.Feature;
import org.hitotsu.forwarder.backend.common.KernelException;
import org.hitotsu.forwarder.backend.common.Userfault;
import org.hitotsu.forwarder.nativecall.Linux;

/** Looks for what the patched back-end needs of the kernel, each by trying it. */
final class PatchedProbe {
    private static final String KERNEL = "boot the kernel that kernel-patch/build makes";

    private final List<Feature> features = new ArrayList<>();

    private PatchedProbe() {}

    static List<Feature> run() {
        PatchedProbe probe = new PatchedProbe();
        probe.all();
        return probe.features;
    }

    private void all() {
        boolean device = device();
        extraction();
        if (device) {
            hooks();
        } else {
            add("eBPF programs on the hooks", false, "no " + PatchedLayout.DEVICE + " to have hooks for", KERNEL);
        }
    }

    private boolean device() {
        try (HitotsuDevice opened = HitotsuDevice.open()) {
            long version = opened.version();
            add(
                    PatchedLayout.DEVICE,
                    version == PatchedLayout.ABI,
                    version < 0 ? Linux.errorName(version) : "speaks version " + version + ", not " + PatchedLayout.ABI,
                    "use a kernel and a hitotsu of the same release");
            return version == PatchedLayout.ABI;
        } catch (KernelException e) {
            add(
                    PatchedLayout.DEVICE,
                    false,
                    String.valueOf(e.getMessage()),
                    KERNEL + ", and start hitotsu as root, not in a container with process ids of its own");
            return false;
        }
    }

    private void extraction() {
        String feature = "userfaultfd page extraction";
        long uffd = Linux.call(Linux.NR_USERFAULTFD, Linux.O_CLOEXEC | Linux.O_NONBLOCK, 0, 0);
        if (uffd < 0) {
            add(feature, false, Linux.errorName(uffd), "build the kernel with CONFIG_USERFAULTFD and run as root");
            return;
        }
        try (Userfault handle = new Userfault((int) uffd)) {
            long enabled = handle.enable(PatchedLayout.FEATURE_PRIVATE_FILE);
            add(feature, enabled >= 0, Linux.errorName(enabled), KERNEL);
        }
    }

    /** For a moment, beside the programs of a daemon which may run here: they speak for no process. */
    private void hooks() {
        String feature = "eBPF programs on the hooks";
        try (SyscallCapture capture = SyscallCapture.open(BpfLoaders.libbpf(), event -> {})) {
            add(feature, capture.fd() >= 0, "", "");
        } catch (BpfUnavailableException e) {
            add(feature, false, String.valueOf(e.getMessage()), e.remedy());
        }
    }

    private void add(String name, boolean present, String detail, String remedy) {
        features.add(new Feature(name, present, present ? "works" : detail, present ? "" : remedy));
    }
}
