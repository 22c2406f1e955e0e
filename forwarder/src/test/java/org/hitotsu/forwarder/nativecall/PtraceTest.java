package org.hitotsu.forwarder.nativecall;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.hitotsu.forwarder.nativecall.Ptrace.Registers;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PtraceTest {

    @Test
    void registersStandWhereTheHeaderHasThem(@TempDir Path scratch) throws Exception {
        Map<String, Integer> ours = Map.ofEntries(
                Map.entry("r11", Registers.R11),
                Map.entry("rbx", Registers.RBX),
                Map.entry("rax", Registers.RAX),
                Map.entry("rcx", Registers.RCX),
                Map.entry("rdx", Registers.RDX),
                Map.entry("rsi", Registers.RSI),
                Map.entry("rdi", Registers.RDI),
                Map.entry("r10", Registers.R10),
                Map.entry("r9", Registers.R9),
                Map.entry("r8", Registers.R8),
                Map.entry("orig_rax", Registers.ORIG_RAX),
                Map.entry("rip", Registers.RIP),
                Map.entry("eflags", Registers.EFLAGS),
                Map.entry("rsp", Registers.RSP));
        Map<String, String> offsets = new LinkedHashMap<>();
        ours.keySet().forEach(name -> offsets.put(name, "offsetof(struct user_regs_struct, " + name + ") / 8"));
        offsets.put("count", "sizeof(struct user_regs_struct) / 8");

        Map<String, Long> header = KernelHeaders.evaluate(scratch, List.of("sys/user.h"), offsets);

        ours.forEach((name, index) -> assertThat(header.get(name)).as(name).isEqualTo(index.longValue()));
        assertThat(header).containsEntry("count", (long) Registers.COUNT);
    }

    @Test
    void callIsPutIntoTheRegistersOfTheSystemCallConvention() {
        long[] registers = new long[Registers.COUNT];
        Arrays.fill(registers, -7);
        Registers.setCall(registers, 42, 1, 2, 3, 4);

        assertThat(registers[Registers.RAX]).isEqualTo(42);
        assertThat(registers[Registers.RDI]).isEqualTo(1);
        assertThat(registers[Registers.RSI]).isEqualTo(2);
        assertThat(registers[Registers.RDX]).isEqualTo(3);
        assertThat(registers[Registers.R10]).isEqualTo(4);
        assertThat(registers[Registers.R8]).isZero();
        assertThat(registers[Registers.R9]).isZero();
        // rcx carries no argument: the syscall instruction overwrites it.
        assertThat(registers[Registers.RCX]).isEqualTo(-7);
        assertThat(registers[Registers.RIP]).isEqualTo(-7);
    }

    @Test
    void waitStatusIsTakenApart() {
        int stop = Ptrace.EVENT_STOP << 16 | Linux.SIGTRAP << 8 | 0x7f;
        assertThat(Ptrace.stopped(stop)).isTrue();
        assertThat(Ptrace.stopSignal(stop)).isEqualTo(Linux.SIGTRAP);
        assertThat(Ptrace.event(stop)).isEqualTo(Ptrace.EVENT_STOP);
        int syscallStop = (Linux.SIGTRAP | 0x80) << 8 | 0x7f;
        assertThat(Ptrace.stopSignal(syscallStop)).isEqualTo(Linux.SIGTRAP | 0x80);
        assertThat(Ptrace.event(syscallStop)).isZero();
        assertThat(Ptrace.stopped(3 << 8)).as("exit(3)").isFalse();
        assertThat(Ptrace.stopped(Linux.SIGKILL)).as("killed").isFalse();
    }

    @Test
    void requestsToAThreadThatIsNotTracedFail() {
        try (Ptrace ptrace = new Ptrace()) {
            int nobody = 0x3ffffff;
            assertThat(ptrace.seize(nobody, nobody, 0)).isEqualTo(-Linux.ESRCH);
            assertThat(ptrace.getRegisters(nobody, new long[Registers.COUNT])).isEqualTo(-Linux.ESRCH);
            assertThat(ptrace.getXstate(nobody)).isNull();
            assertThat(ptrace.setXstate(nobody, new byte[8])).isEqualTo(-Linux.ESRCH);
            assertThat(ptrace.rseq(nobody)).containsExactly(0, 0, 0);
            assertThat(ptrace.mask(nobody)).isEqualTo(-1);
            assertThat(ptrace.setMask(nobody, 0)).isEqualTo(-Linux.ESRCH);
            assertThat(ptrace.faultPending(nobody)).isFalse();
            assertThat(ptrace.setSignalAddress(nobody, 0)).isEqualTo(-Linux.ESRCH);
            assertThat(ptrace.restoreMask(nobody)).isEqualTo(-Linux.ESRCH);
            assertThat(ptrace.eventMessage(nobody)).isEqualTo(-Linux.ESRCH);
        }
    }

    /** A child's registers and extended state are read, written back changed, and read again. */
    @Test
    void registersAndExtendedStateOfAChild() {
        int child = (int) Linux.spawn("/bin/sleep", "600");
        assertThat(child).isPositive();
        try (Ptrace ptrace = new Ptrace()) {
            assumeTrue(
                    ptrace.seize(child, child, Ptrace.OPTION_EXITKILL) == 0,
                    "ptrace of an own child is not allowed here");
            try {
                assertThat(ptrace.interrupt(child)).isZero();
                assertThat(ptrace.waitFor(child)).isEqualTo(child);
                assertThat(Ptrace.stopped(ptrace.lastStatus())).isTrue();
                assertThat(Ptrace.event(ptrace.lastStatus())).isEqualTo(Ptrace.EVENT_STOP);

                long[] registers = new long[Registers.COUNT];
                assertThat(ptrace.getRegisters(child, registers)).isZero();
                assertThat(registers[17]).as("cs").isEqualTo(0x33);
                assertThat(ptrace.restoreMask(child)).isZero();
                assertThat(ptrace.faultPending(child)).isFalse();
                long mask = ptrace.mask(child);
                assertThat(ptrace.setMask(child, mask | 1 << Linux.SIGTRAP - 1)).isZero();
                assertThat(ptrace.mask(child)).isEqualTo(mask | 1 << Linux.SIGTRAP - 1);
                registers[Registers.RBX] = 0x1122334455667788L;
                assertThat(ptrace.setRegisters(child, registers)).isZero();
                long[] again = new long[Registers.COUNT];
                ptrace.getRegisters(child, again);
                assertThat(again).isEqualTo(registers);

                byte[] read = Objects.requireNonNull(ptrace.getXstate(child));
                assertThat(read[read.length - 1])
                        .as("trailing zeros are left out")
                        .isNotZero();
                // The legacy area and the XSAVE header, which may be all zero before the first use.
                byte[] state = Arrays.copyOf(read, Math.max(read.length, 576));
                int xmm0 = 160;
                state[xmm0] = 99;
                state[512] |= 2; // the SSE part is in use
                assertThat(ptrace.setXstate(child, state)).isZero();
                byte[] changed = Objects.requireNonNull(ptrace.getXstate(child));
                assertThat(changed[xmm0]).isEqualTo((byte) 99);
                int size = ptrace.xstateSize(child);
                assertThat(size).isGreaterThanOrEqualTo(state.length);
                assertThat(ptrace.setXstate(child, new byte[size + 1])).isEqualTo(-Linux.EINVAL);
            } finally {
                Linux.kill(child, Linux.SIGKILL);
                int status;
                do {
                    assertThat(ptrace.waitFor(child)).isEqualTo(child);
                    status = ptrace.lastStatus();
                } while (Ptrace.stopped(status));
                assertThat(status & 0x7f).isEqualTo(Linux.SIGKILL);
            }
        } finally {
            Linux.kill(child, Linux.SIGKILL);
        }
    }
}
