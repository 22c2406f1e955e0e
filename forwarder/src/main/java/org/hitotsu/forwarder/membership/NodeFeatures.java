package org.hitotsu.forwarder.membership;

import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * What a node's processor and kernel can do. Immutable.
 *
 * @param cpuFlags the "flags" of /proc/cpuinfo
 * @param xstateBytes size of the XSAVE area ptrace gives for a thread (NT_X86_XSTATE), 0 if unknown
 * @param kernelRelease as {@code uname -r}
 * @param pageBytes size of a page
 * @param backends back-ends this node can run, best first
 * @param cpus processors the node offers to shares
 */
public record NodeFeatures(
        SortedSet<String> cpuFlags,
        int xstateBytes,
        String kernelRelease,
        int pageBytes,
        List<String> backends,
        int cpus) {

    /**
     * Flags that say something of the kernel, the hypervisor or the machine but give a program no instruction to use
     * (arch/x86/include/asm/cpufeatures.h, Linux 6.12). A flag that is not known here counts, to be on the safe side.
     */
    private static final Set<String> NOT_FOR_PROGRAMS = Set.of(("""
            acpi amd_ibpb_ret amd_lbr_v2 amd_ppin aperfmperf apic arat arch_capabilities arch_lbr arch_perfmon art
            auto_ibrs bhi_ctrl bts bus_lock_detect cat_l2 cat_l3 cdp_l2 cdp_l3 cmp_legacy constant_tsc cpb cppc cpuid
            cpuid_fault cqm cqm_llc cqm_mbm_local cqm_mbm_total cqm_occup_llc cr8_legacy dca de debug_swap decodeassists
            ds_cpl dtes64 dtherm dts ept ept_ad epb est extapic extd_apicid flexpriority flush_l1d flushbyasid hfi ht
            hw_pstate hwp hwp_act_window hwp_epp hwp_notify hwp_pkg_req hypervisor ibpb ibpb_brtype ibrs ibrs_enhanced
            ibs ibt ida intel_ppin intel_pt invpcid invpcid_single irperf lbrv mba mca mce md_clear mp msr mtrr mwaitx
            nonstop_tsc nopl npt nrip_save nx ospke overflow_recov pae pat pausefilter pbe pcid pdcm pdpe1gb pebs
            perfctr_core perfctr_llc perfctr_nb perfmon_v2 pfthreshold pge pln proc_feedback pse pse36 pti pts rapl rdt_a
            rep_good ring3mwait rrsba_ctrl rsb_ctxsw sbpb sdtrt sev sev_es sev_snp sgx sgx_lc skinit smap smca
            sme smep smx split_lock_detect ss ssbd stibp stibp_always_on succor svm svm_lock tm tm2 tme topoext
            tpr_shadow tsc_adjust tsc_deadline_timer tsc_known_freq tsc_reliable tsc_scale umip up v_spec_ctrl v_vmsave_vmload
            vgif virt_ssbd vmcb_clean vme vmx vnmi vpid wbnoinvd wdt x2apic x2avic xsaves xtopology xtpr""").split("\\s+"));

    /** Copies its collections. */
    public NodeFeatures {
        cpuFlags = Collections.unmodifiableSortedSet(new TreeSet<>(cpuFlags));
        backends = List.copyOf(backends);
    }

    /**
     * Why a thread of a program started on a node with {@code origin} features can't run here, or null if it can.
     *
     * <p>A program chooses code by CPUID when it starts (glibc's ifuncs, for one), so every instruction set of its origin
     * must be here. The XSAVE area must have the same size, for it is moved as it is.
     */
    public @Nullable String whyCannotHost(NodeFeatures origin) {
        TreeSet<String> missing = new TreeSet<>(origin.cpuFlags);
        missing.removeAll(cpuFlags);
        missing.removeAll(NOT_FOR_PROGRAMS);
        if (!missing.isEmpty()) {
            return "its processor lacks " + String.join(" ", missing);
        }
        if (xstateBytes != origin.xstateBytes) {
            return "its processor's XSAVE area has " + xstateBytes + " bytes, the origin's " + origin.xstateBytes;
        }
        return null;
    }
}
