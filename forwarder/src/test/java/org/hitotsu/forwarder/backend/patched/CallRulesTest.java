package org.hitotsu.forwarder.backend.patched;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.hitotsu.bpf.CallRule;
import org.hitotsu.bpf.CallRule.Home;
import org.hitotsu.bpf.CallRule.Remote;
import org.hitotsu.forwarder.nativecall.Linux;
import org.hitotsu.forwarder.syscall.SyscallTable;
import org.junit.jupiter.api.Test;

class CallRulesTest {

    private static final int GETPID = 39;
    private static final int SCHED_YIELD = 24;
    private static final int OPENAT = Linux.NR_OPENAT;
    private static final int RENAME = 82;
    private static final int FUTEX = Linux.NR_FUTEX;

    private final Map<Integer, CallRule> rules = CallRules.of(SyscallTable.x86_64());

    private CallRule rule(int number) {
        return rules.getOrDefault(number, CallRule.DEFAULT);
    }

    @Test
    void callsThatChangeTheMemoryAreCapturedAtHome() {
        for (int nr : new int[] {
            Linux.NR_MUNMAP,
            Linux.NR_MPROTECT,
            Linux.NR_PKEY_MPROTECT,
            Linux.NR_BRK,
            Linux.NR_MREMAP,
            Linux.NR_REMAP_FILE_PAGES,
            Linux.NR_PROCESS_MADVISE,
            Linux.NR_SHMAT,
            Linux.NR_SHMDT,
            Linux.NR_PRCTL,
            Linux.NR_ARCH_PRCTL,
            Linux.NR_MODIFY_LDT,
            Linux.NR_MLOCK,
            Linux.NR_MLOCKALL,
            Linux.NR_MLOCK2,
            Linux.NR_MSEAL,
            Linux.NR_FORK,
            Linux.NR_EXECVE,
            Linux.NR_EXECVEAT
        }) {
            assertThat(rule(nr).home()).as("call " + nr).isEqualTo(Home.CAPTURE);
        }
        assertThat(rule(Linux.NR_MMAP).home()).isEqualTo(Home.CAPTURE_MAPPING);
        assertThat(rule(Linux.NR_MADVISE).home()).isEqualTo(Home.CAPTURE_DROPPING);
        assertThat(rule(Linux.NR_IOCTL).home()).isEqualTo(Home.CAPTURE_USERFAULTFD);
        assertThat(rule(Linux.NR_CLONE).home()).isEqualTo(Home.CAPTURE_CLONE);
        assertThat(rule(Linux.NR_CLONE3).home()).isEqualTo(Home.CAPTURE_CLONE3);
        assertThat(rule(Linux.NR_SCHED_GETAFFINITY).home()).isEqualTo(Home.CAPTURE_AFFINITY);
        assertThat(rule(Linux.NR_SCHED_SETAFFINITY).home()).isEqualTo(Home.CAPTURE_AFFINITY);
    }

    /** The kernel reports ends and births by itself; everything else is the thread's own affair. */
    @Test
    void otherCallsAreMadeAtHome() {
        for (int nr : new int[] {Linux.NR_EXIT, Linux.NR_VFORK, Linux.NR_READ, Linux.NR_WRITE, FUTEX, GETPID}) {
            assertThat(rule(nr).home()).as("call " + nr).isEqualTo(Home.LOCAL);
        }
    }

    @Test
    void elsewhereAllIsForwardedButForTheTablesLocalCalls() {
        for (Map.Entry<Integer, CallRule> entry : rules.entrySet()) {
            Remote expected = entry.getKey() == GETPID
                    ? Remote.PID
                    : entry.getKey() == SCHED_YIELD ? Remote.LOCAL : Remote.FORWARD;
            assertThat(entry.getValue().remote()).as("call " + entry.getKey()).isEqualTo(expected);
        }
        assertThat(rules).containsKeys(GETPID, SCHED_YIELD);
    }

    @Test
    void pathsAndBuffersThatAreReadGoAlong() {
        assertThat(rule(OPENAT)).isEqualTo(new CallRule(Home.LOCAL, Remote.FORWARD, CallRule.Payload.STRING, 1, 0));
        assertThat(rule(RENAME).payload()).isEqualTo(CallRule.Payload.STRING);
        assertThat(rule(Linux.NR_WRITE))
                .isEqualTo(new CallRule(Home.LOCAL, Remote.FORWARD, CallRule.Payload.BYTES, 1, 2));
        assertThat(rule(Linux.NR_READ)).isEqualTo(CallRule.DEFAULT);
        assertThat(rule(Linux.NR_EXECVE).payload()).as("goes home").isEqualTo(CallRule.Payload.NONE);
    }
}
