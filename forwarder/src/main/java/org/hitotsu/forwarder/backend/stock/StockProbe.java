package org.hitotsu.forwarder.backend.stock;

import java.util.ArrayList;
import java.util.List;
import org.hitotsu.forwarder.backend.Backend.Feature;
import org.hitotsu.forwarder.backend.common.Userfault;
import org.hitotsu.forwarder.nativecall.Linux;
import org.hitotsu.forwarder.nativecall.NativeMemory;

/** Looks for what the stock back-end needs of the kernel, each by trying it. */
final class StockProbe {
    private static final int NR_SECCOMP = 317;
    private static final int NR_PRCTL = 157;
    private static final int NR_ARCH_PRCTL = 158;
    private static final int SECCOMP_SET_MODE_FILTER = 1;
    private static final int SECCOMP_GET_ACTION_AVAIL = 2;
    private static final int NEW_LISTENER = 8;
    private static final int WAIT_KILLABLE_RECV = 32;
    private static final int PR_GET_TID_ADDRESS = 40;
    private static final int ARCH_MAP_VDSO_64 = 0x2003;

    private final List<Feature> features = new ArrayList<>();

    private StockProbe() {}

    static List<Feature> run() {
        StockProbe probe = new StockProbe();
        try (NativeMemory scratch = new NativeMemory(64)) {
            probe.all(scratch.address());
        }
        return probe.features;
    }

    private void all(long scratch) {
        add("root", Linux.call(107, 0, 0, 0) == 0, "effective user id", "start hitotsu as root");
        long uffd = Linux.call(Linux.NR_USERFAULTFD, Linux.O_CLOEXEC | Linux.O_NONBLOCK, 0, 0);
        add("userfaultfd", uffd >= 0, detail(uffd), "build the kernel with CONFIG_USERFAULTFD and run as root");
        if (uffd >= 0) {
            try (Userfault handle = new Userfault((int) uffd)) {
                long api = handle.enable(0);
                add(
                        "userfaultfd write protection of shared memory",
                        api >= 0,
                        detail(api),
                        "use Linux 5.19 or later with CONFIG_PTE_MARKER_UFFD_WP");
            }
        }
        NativeMemory.putInt(scratch, BpfAssembler.USER_NOTIF);
        long notify = Linux.call(NR_SECCOMP, SECCOMP_GET_ACTION_AVAIL, 0, scratch);
        add("seccomp user notification", notify >= 0, detail(notify), "build the kernel with CONFIG_SECCOMP_FILTER");
        // With a null program: EFAULT says that the flags are known, EINVAL that they are not.
        long killable = Linux.call(NR_SECCOMP, SECCOMP_SET_MODE_FILTER, NEW_LISTENER | WAIT_KILLABLE_RECV, 0);
        add("seccomp killable notifications", killable == -Linux.EFAULT, detail(killable), "use Linux 5.19 or later");
        long pidfd = Linux.pidfdOpen(Linux.getpid());
        long copy = pidfd < 0 ? pidfd : Linux.pidfdGetfd((int) pidfd, 0);
        add("pidfd_getfd", pidfd >= 0 && copy >= 0, detail(copy), "use Linux 5.6 or later");
        closeIfOpen(copy);
        closeIfOpen(pidfd);
        long memfd = Linux.memfdCreate("hitotsu-probe");
        add("memfd", memfd >= 0, detail(memfd), "build the kernel with CONFIG_MEMFD_CREATE");
        closeIfOpen(memfd);
        long tid = Linux.call(NR_PRCTL, PR_GET_TID_ADDRESS, scratch, 0);
        add("checkpoint/restore prctl", tid >= 0, detail(tid), "build the kernel with CONFIG_CHECKPOINT_RESTORE");
        // This process has a vdso already, so EEXIST is the answer of a kernel that can map one.
        long vdso = Linux.call(NR_ARCH_PRCTL, ARCH_MAP_VDSO_64, 0, 0);
        add("vdso at a chosen address", vdso == -Linux.EEXIST, detail(vdso), "build with CONFIG_CHECKPOINT_RESTORE");
    }

    private static void closeIfOpen(long fd) {
        if (fd >= 0) {
            Linux.close((int) fd);
        }
    }

    private static String detail(long result) {
        return result >= 0 ? "works" : Linux.errorName(result);
    }

    private void add(String name, boolean present, String detail, String remedy) {
        features.add(new Feature(name, present, present ? "works" : detail, present ? "" : remedy));
    }
}
