package org.hitotsu.forwarder.backend.patched;

import java.util.Map;
import java.util.TreeMap;
import org.hitotsu.bpf.CallRule;
import org.hitotsu.bpf.CallRule.Home;
import org.hitotsu.bpf.CallRule.Remote;
import org.hitotsu.forwarder.nativecall.Linux;
import org.hitotsu.forwarder.syscall.Payload;
import org.hitotsu.forwarder.syscall.SyscallClass;
import org.hitotsu.forwarder.syscall.SyscallRule;
import org.hitotsu.forwarder.syscall.SyscallTable;

/** What the eBPF programs do about each system call, from the table of system calls. */
final class CallRules {
    private static final int NR_GETPID = 39;

    /**
     * What a thread at home may not do unseen: it changes or copies the memory of which other nodes have a part, has the
     * kernel refuse later that its contents are dropped, ends it or
     * gives it to others ({@link org.hitotsu.forwarder.backend.common.DirectUse}; of pages pinned for a device the kernel
     * tells), ties itself to the origin ({@link org.hitotsu.forwarder.syscall.Tie}), or, of a program that is told of the
     * processors of all nodes, it asks for them. New threads and ends of threads the kernel reports by itself; mapping where
     * nothing is concerns nobody.
     */
    private static final Map<Integer, Home> AT_HOME = Map.ofEntries(
            Map.entry(Linux.NR_MMAP, Home.CAPTURE_MAPPING),
            Map.entry(Linux.NR_MADVISE, Home.CAPTURE_DROPPING),
            Map.entry(Linux.NR_IOCTL, Home.CAPTURE_USERFAULTFD),
            Map.entry(Linux.NR_CLONE, Home.CAPTURE_CLONE),
            Map.entry(Linux.NR_CLONE3, Home.CAPTURE_CLONE3),
            Map.entry(Linux.NR_FORK, Home.CAPTURE),
            Map.entry(Linux.NR_VMSPLICE, Home.CAPTURE),
            Map.entry(Linux.NR_EXECVE, Home.CAPTURE),
            Map.entry(Linux.NR_EXECVEAT, Home.CAPTURE),
            Map.entry(Linux.NR_MPROTECT, Home.CAPTURE),
            Map.entry(Linux.NR_PKEY_MPROTECT, Home.CAPTURE),
            Map.entry(Linux.NR_MUNMAP, Home.CAPTURE),
            Map.entry(Linux.NR_BRK, Home.CAPTURE),
            Map.entry(Linux.NR_MREMAP, Home.CAPTURE),
            Map.entry(Linux.NR_REMAP_FILE_PAGES, Home.CAPTURE),
            Map.entry(Linux.NR_PROCESS_MADVISE, Home.CAPTURE),
            Map.entry(Linux.NR_SHMAT, Home.CAPTURE),
            Map.entry(Linux.NR_SHMDT, Home.CAPTURE),
            Map.entry(Linux.NR_MLOCK, Home.CAPTURE),
            Map.entry(Linux.NR_MLOCKALL, Home.CAPTURE),
            Map.entry(Linux.NR_MLOCK2, Home.CAPTURE),
            Map.entry(Linux.NR_MSEAL, Home.CAPTURE),
            Map.entry(Linux.NR_PRCTL, Home.CAPTURE),
            Map.entry(Linux.NR_SECCOMP, Home.CAPTURE),
            Map.entry(Linux.NR_ARCH_PRCTL, Home.CAPTURE),
            Map.entry(Linux.NR_MODIFY_LDT, Home.CAPTURE),
            Map.entry(Linux.NR_SCHED_SETAFFINITY, Home.CAPTURE_AFFINITY),
            Map.entry(Linux.NR_SCHED_GETAFFINITY, Home.CAPTURE_AFFINITY));

    private CallRules() {}

    /** The rules that differ from {@link CallRule#DEFAULT}, by number. */
    static Map<Integer, CallRule> of(SyscallTable table) {
        Map<Integer, CallRule> rules = new TreeMap<>();
        for (SyscallRule each : table.rules()) {
            CallRule rule = rule(table.rule(each.number()));
            if (!rule.equals(CallRule.DEFAULT)) {
                rules.put(each.number(), rule);
            }
        }
        return rules;
    }

    private static CallRule rule(SyscallRule call) {
        Home home = AT_HOME.getOrDefault(call.number(), Home.LOCAL);
        Remote remote = call.number() == NR_GETPID
                ? Remote.PID
                : call.syscallClass() == SyscallClass.LOCAL ? Remote.LOCAL : Remote.FORWARD;
        if (call.syscallClass() == SyscallClass.FORWARD) {
            for (Payload payload : call.payloads()) {
                if (payload.direction() != Payload.Direction.IN) {
                    continue;
                }
                if (payload.lengthKind() == Payload.LengthKind.STRING) {
                    return new CallRule(home, remote, CallRule.Payload.STRING, payload.argIndex(), 0);
                }
                if (payload.lengthKind() == Payload.LengthKind.ARG && payload.unit() == 1) {
                    return new CallRule(home, remote, CallRule.Payload.BYTES, payload.argIndex(), payload.lengthArg());
                }
            }
        }
        return new CallRule(home, remote, CallRule.Payload.NONE, 0, 0);
    }
}
