package org.hitotsu.forwarder.membership;

import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * What a node's processor and kernel can do. Immutable.
 *
 * @param cpuFlags the "flags" of /proc/cpuinfo
 * @param xstateBytes size of the XSAVE area ptrace gives for a thread (NT_X86_XSTATE), 0 if unknown
 * @param kernelRelease as {@code uname -r}
 * @param vdsoBytes size of [vvar], [vvar_vclock] and [vdso] together
 * @param pageBytes size of a page
 * @param backends back-ends this node can run, best first
 * @param cpus processors the node offers to shares
 */
public record NodeFeatures(
        SortedSet<String> cpuFlags,
        int xstateBytes,
        String kernelRelease,
        int vdsoBytes,
        int pageBytes,
        List<String> backends,
        int cpus) {

    /** Copies its collections. */
    public NodeFeatures {
        cpuFlags = java.util.Collections.unmodifiableSortedSet(new TreeSet<>(cpuFlags));
        backends = List.copyOf(backends);
    }

    /**
     * Why a thread of a program started on a node with {@code origin} features can't run here, or null if it can.
     *
     * <p>A program chooses code by CPUID when it starts (glibc's ifuncs, for one), so every flag of its origin must be
     * here. The XSAVE area must have the same size, for it is moved as it is.
     */
    public @Nullable String whyCannotHost(NodeFeatures origin) {
        TreeSet<String> missing = new TreeSet<>(origin.cpuFlags);
        missing.removeAll(cpuFlags);
        if (!missing.isEmpty()) {
            return "its processor lacks " + String.join(" ", missing);
        }
        if (xstateBytes != origin.xstateBytes) {
            return "its processor's XSAVE area has " + xstateBytes + " bytes, the origin's " + origin.xstateBytes;
        }
        return null;
    }

    /** Whether the vDSO of both nodes takes the same room, so that it can stand at the origin's address. */
    public boolean sameVdsoSize(NodeFeatures other) {
        return vdsoBytes == other.vdsoBytes;
    }
}
