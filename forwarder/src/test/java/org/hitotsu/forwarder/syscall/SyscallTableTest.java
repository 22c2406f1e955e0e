package org.hitotsu.forwarder.syscall;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.hitotsu.forwarder.metrics.SyscallNames;
import org.hitotsu.forwarder.syscall.Payload.Direction;
import org.hitotsu.forwarder.syscall.Payload.LengthKind;
import org.junit.jupiter.api.Test;

class SyscallTableTest {

    private static final Path HEADER = Path.of("/usr/include/x86_64-linux-gnu/asm/unistd_64.h");
    private static final int LAST_OF_6_12 = 462;
    private static final int HOLE_START = 336;
    private static final int HOLE_END = 423;
    private static final long[] ZEROS = new long[6];

    private final SyscallTable table = SyscallTable.x86_64();

    @Test
    void everyNumberOfTheInstalledKernelHeadersHasTheKernelsName() throws IOException {
        assumeTrue(Files.exists(HEADER), "linux-libc-dev is not installed: no " + HEADER);
        Map<Integer, String> kernel = new TreeMap<>();
        Matcher define = Pattern.compile("#define __NR_(\\w+) (\\d+)").matcher(Files.readString(HEADER));
        while (define.find()) {
            int number = Integer.parseInt(define.group(2));
            if (number <= LAST_OF_6_12) {
                kernel.put(number, define.group(1));
            }
        }
        assertThat(kernel).hasSizeGreaterThan(350);
        kernel.forEach((number, name) ->
                assertThat(table.rule(number).name()).as("number %d", number).isEqualTo(name));
    }

    @Test
    void everyNumberOfLinux612OutsideTheHoleHasALine() {
        for (int number = 0; number <= LAST_OF_6_12; number++) {
            boolean hole = number >= HOLE_START && number <= HOLE_END;
            assertThat(table.knows(number)).as("number %d", number).isEqualTo(!hole);
        }
    }

    @Test
    void namesAgreeWithThoseOfTheMetrics() {
        for (SyscallRule rule : table.rules()) {
            if (rule.number() != 335) { // uretprobe is never made by a program, so the metrics do not name it
                assertThat(SyscallNames.name(rule.number())).isEqualTo(rule.name());
            }
        }
    }

    @Test
    void whatTheTableDoesNotKnowGoesHome() {
        for (long number : new long[] {-1, 336, 423, 463, 511, 512, 1L << 30, Long.MIN_VALUE, Long.MAX_VALUE}) {
            assertThat(table.rule(number, ZEROS).syscallClass())
                    .as("number %d", number)
                    .isEqualTo(SyscallClass.HOME);
            assertThat(table.knows(number)).isFalse();
        }
    }

    @Test
    void whateverTouchesRegistersOrMakesTasksGoesHome() {
        for (int number : new int[] {
            15, 34, 56, 57, 58, 59, 101, 130, 154, 157, 158, 172, 173, 317, 322, 323, 324, 329, 334, 425, 426, 427, 435
        }) {
            assertThat(table.rule(number).syscallClass())
                    .as(table.rule(number).name())
                    .isEqualTo(SyscallClass.HOME);
        }
    }

    @Test
    void whateverChangesMappingsIsMapped() {
        for (int number : new int[] {9, 10, 11, 12, 25, 28, 30, 67, 149, 216, 325, 462}) {
            assertThat(table.rule(number).syscallClass())
                    .as(table.rule(number).name())
                    .isEqualTo(SyscallClass.MAPPED);
        }
    }

    @Test
    void givingMemoryToAUserfaultfdIsMapped() {
        for (long request : new long[] {0xc020aa00L, 0xffffffffc020aa00L, 0xc028aa05L}) {
            assertThat(table.rule(16, new long[] {3, request, 0, 0, 0, 0}).syscallClass())
                    .isEqualTo(SyscallClass.MAPPED);
        }
        assertThat(table.rule(16, new long[] {3, 0xc018aa3fL, 0, 0, 0, 0}).syscallClass())
                .isEqualTo(SyscallClass.FORWARD);
    }

    @Test
    void onlyYieldingTheProcessorIsLocal() {
        assertThat(table.rules().stream().filter(rule -> rule.syscallClass() == SyscallClass.LOCAL))
                .extracting(SyscallRule::name)
                .containsExactly("sched_yield");
    }

    @Test
    void closeIsNeverExecutedTwice() {
        assertThat(table.rule(3).restartOnEintr()).isFalse();
        assertThat(table.rule(436).restartOnEintr()).isFalse();
    }

    @Test
    void whatTheKernelDoesNotRestartAfterAStopIsMarked() {
        // signal(7), "Interruption of system calls and library functions by stop signals", for kernels since 3.8.
        for (int number : new int[] {42, 43, 44, 45, 46, 47, 65, 128, 208, 220, 232, 281, 288, 299, 307, 441}) {
            assertThat(table.rule(number).restartOnEintr())
                    .as(table.rule(number).name())
                    .isTrue();
        }
        for (int number : new int[] {7, 23, 35, 61, 69, 70, 202, 230}) {
            assertThat(table.rule(number).restartOnEintr())
                    .as(table.rule(number).name())
                    .isFalse();
        }
    }

    @Test
    void whatWouldWaitItsWholeTimeOnceMoreIsMarked() {
        assertThat(table.rule(232, new long[] {4, 0, 1, 100, 0, 0}).timed()).isTrue();
        assertThat(table.rule(281, new long[] {4, 0, 1, 0x7fffffff, 0, 0}).timed())
                .isTrue();
        // For ever, as an int: also as what a compiler leaves in the upper half.
        assertThat(table.rule(232, new long[] {4, 0, 1, -1, 0, 0}).timed()).isFalse();
        assertThat(table.rule(281, new long[] {4, 0, 1, 0xffffffffL, 0, 0}).timed())
                .isFalse();
        // With a signal mask it is made at home.
        assertThat(table.rule(281, new long[] {4, 0, 1, 100, 0x1000, 8}).syscallClass())
                .isEqualTo(SyscallClass.HOME);
        int[][] pointers = {{128, 2}, {208, 4}, {220, 3}, {333, 4}, {333, 5}, {441, 3}, {441, 4}};
        for (int[] call : pointers) {
            long[] args = new long[6];
            assertThat(table.rule(call[0], args).timed()).isFalse();
            args[call[1]] = 0x1000;
            assertThat(table.rule(call[0], args).timed()).isTrue();
        }
    }

    @Test
    void onlyForwardedCallsCarryPayloads() {
        for (SyscallRule rule : table.rules()) {
            if (rule.syscallClass() != SyscallClass.FORWARD) {
                assertThat(rule.payloads()).as(rule.name()).isEmpty();
            }
            assertThat(rule.payloads().stream().map(Payload::argIndex).distinct())
                    .as(rule.name())
                    .hasSameSizeAs(rule.payloads());
            for (Payload payload : rule.payloads()) {
                assertThat(payload.lengthArg()).as(rule.name()).isNotEqualTo(payload.argIndex());
            }
        }
    }

    @Test
    void readIsWrittenAsFarAsItsResult() {
        Payload buffer = table.rule(0).payloads().get(0);
        long[] args = {3, 0x1000, 65536, 0, 0, 0};
        assertThat(buffer).isEqualTo(new Payload(1, Direction.OUT, LengthKind.ARG, 1, 2, /* resultLimited= */ true));
        assertThat(buffer.length(args)).isEqualTo(65536);
        assertThat(buffer.written(args, 100)).isEqualTo(100);
        assertThat(buffer.written(args, 70000)).isEqualTo(65536);
        assertThat(buffer.written(args, -5)).isZero();
    }

    @Test
    void writeIsReadWhole() {
        Payload buffer = table.rule(1).payloads().get(0);
        long[] args = {1, 0x1000, 4097, 0, 0, 0};
        assertThat(buffer.direction()).isEqualTo(Direction.IN);
        assertThat(buffer.length(args)).isEqualTo(4097);
        assertThat(buffer.written(args, 4097)).isZero();
    }

    @Test
    void itemsCountTimesTheirSize() {
        long[] poll = {0x1000, 3, 0, 0, 0, 0};
        assertThat(table.rule(7).payloads().get(0).length(poll)).isEqualTo(24);
        long[] epoll = {4, 0x1000, 64, 0, 0, 0};
        assertThat(table.rule(232).payloads().get(0).written(epoll, 2)).isEqualTo(24);
        long[] select = {65, 0x1000, 0, 0, 0, 0};
        assertThat(table.rule(23).payloads().get(0).length(select)).isEqualTo(16);
        assertThat(table.rule(23).payloads().get(1).length(select))
                .as("a null set")
                .isZero();
    }

    @Test
    void absurdCountsHaveNoLength() {
        for (long count : new long[] {-1, Long.MIN_VALUE, Long.MAX_VALUE}) {
            assertThat(table.rule(232).payloads().get(0).length(new long[] {4, 0x1000, count, 0, 0, 0}))
                    .isZero();
        }
        assertThat(table.rule(23).payloads().get(0).length(new long[] {-1, 0x1000, 0, 0, 0, 0}))
                .isZero();
    }

    @Test
    void variantsChooseByArgument() {
        assertThat(table.rule(202, new long[] {0x1000, 128, 1, 0, 0, 0}).payloads())
                .as("FUTEX_WAIT_PRIVATE reads the word and the timeout")
                .extracting(Payload::argIndex)
                .containsExactly(0, 3);
        assertThat(table.rule(202, new long[] {0x1000, 129, 1, 0, 0, 0}).payloads())
                .as("FUTEX_WAKE_PRIVATE touches no memory")
                .isEmpty();
        assertThat(table.rule(271, new long[] {0, 0, 0, 0x1000, 8, 0}).syscallClass())
                .isEqualTo(SyscallClass.HOME);
        assertThat(table.rule(271, ZEROS).syscallClass()).isEqualTo(SyscallClass.FORWARD);
        assertThat(table.rule(157, new long[] {15, 0x1000, 0, 0, 0, 0}).syscallClass())
                .isEqualTo(SyscallClass.FORWARD);
    }

    @Test
    void malformedTablesNameTheLine() {
        for (String bad : List.of(
                "0 read",
                "0 read forward - out(6,4)",
                "0 read forward - out(1,arg7)",
                "0 read forward - in(1,arg2,result)",
                "0 read forward - in(1,4),",
                "0 read sideways - -",
                "512 late forward - -")) {
            assertThatThrownBy(() -> SyscallTable.parse("t", List.of("# head", bad)))
                    .as(bad)
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageStartingWith("t:2");
        }
        assertThatThrownBy(() -> SyscallTable.parse("t", List.of("0 read forward - -", "0 read home - -")))
                .hasMessageContaining("t:2");
        assertThatThrownBy(() -> SyscallTable.parse("t", List.of("0 read[arg0=1] forward - -")))
                .hasMessageContaining("variant of read under unknown");
    }
}
