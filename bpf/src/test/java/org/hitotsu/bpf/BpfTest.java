package org.hitotsu.bpf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.hitotsu.bpf.impl.Errno;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BpfTest {

    private static final BpfSource OBSERVER = BpfSource.resource("observer");

    @TempDir
    Path dir;

    private static Bpf observer(BpfOptions options) throws BpfUnavailableException {
        return Kernel.openOrSkip(() -> Bpf.open(OBSERVER, BpfLoaders.libbpf(), options));
    }

    @Test
    void namesItsPrograms() throws Exception {
        try (Bpf bpf = observer(BpfOptions.none())) {
            assertThat(bpf.programs())
                    .extracting(BpfProgram::name)
                    .containsExactlyInAnyOrder("hito_switch", "hito_fault");
            assertThat(bpf.program("hito_fault").kind()).isEqualTo("tp_btf");
            assertThat(bpf.program("hito_fault").target()).isEqualTo("page_fault_user");
            assertThatThrownBy(() -> bpf.program("other")).hasMessageContaining("other");
            assertThatThrownBy(() -> bpf.attachTracepoint("hito_fault")).isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> bpf.ringBuffer("hito_lost", (d, o, l) -> {}))
                    .isInstanceOf(IllegalArgumentException.class);
        }
    }

    @Test
    void theSourceNamesTheSameSectionsAsTheObject() throws Exception {
        try (Bpf bpf = observer(BpfOptions.none())) {
            Map<String, String> object = new TreeMap<>();
            bpf.programs().forEach(program -> object.put(program.name(), program.section()));
            assertThat(OBSERVER.sections()).isEqualTo(object);
            assertThat(OBSERVER.text()).doesNotContain("#include \"").contains("struct hito_fault_record");
        }
    }

    @Test
    void attachesAndDetaches() throws Exception {
        try (Bpf bpf = observer(BpfOptions.none())) {
            BpfLink one = bpf.attachRawTracepoint("hito_switch");
            one.close();
            one.close();
            List<BpfLink> all = bpf.attachAll();
            assertThat(all).hasSize(2);
        }
    }

    @Test
    void tableHoldsWhatIsPut() throws Exception {
        try (Bpf bpf = observer(BpfOptions.none())) {
            BpfTable table = bpf.table("hito_processes");
            assertThat(table.get(7, -1)).isEqualTo(-1);
            assertThat(table.contains(7)).isFalse();
            assertThat(table.put(7, 70)).isZero();
            assertThat(table.put(7, 0xfffffffeL)).isZero();
            assertThat(table.put(8, 80)).isZero();
            assertThat(table.get(7, -1)).isEqualTo(0xfffffffeL);
            assertThat(table.contains(8)).isTrue();
            assertThat(table.get(new byte[] {8, 0, 0, 0})).containsExactly(80, 0, 0, 0);

            List<Integer> keys = new ArrayList<>();
            table.forEach((key, value) -> keys.add((int) key[0]));
            assertThat(keys).containsExactlyInAnyOrder(7, 8);

            assertThat(table.delete(7)).isZero();
            assertThat(table.delete(7)).isEqualTo(-Errno.ENOENT);
            assertThat(table.put(new byte[] {9, 0, 0, 0}, new byte[] {1, 2, 0, 0}))
                    .isZero();
            assertThat(table.get(9, -1)).isEqualTo(0x201);
            table.clear();
            assertThat(table.contains(8)).isFalse();
            assertThatThrownBy(() -> table.get(new byte[3])).isInstanceOf(IllegalArgumentException.class);
        }
    }

    @Test
    void tableHasTheSizeItWasGiven() throws Exception {
        try (Bpf bpf = observer(BpfOptions.none().withMaxEntries("hito_processes", 2))) {
            BpfTable table = bpf.table("hito_processes");
            assertThat(table.maxEntries()).isEqualTo(2);
            assertThat(table.put(1, 0)).isZero();
            assertThat(table.put(2, 0)).isZero();
            assertThat(table.put(3, 0)).isEqualTo(-Errno.E2BIG);
        }
    }

    @Test
    void countersOfAllCpusAreSummed() throws Exception {
        try (Bpf bpf = observer(BpfOptions.none())) {
            BpfTable table = bpf.table("hito_lost");
            byte[] value = new byte[table.valueSize()];
            for (int at = 0; at < value.length; at += 8) {
                value[at] = 3;
            }
            assertThat(table.sum(1)).isZero();
            assertThat(table.put(new byte[] {1, 0, 0, 0}, value)).isZero();
            assertThat(table.sum(1)).isEqualTo(3L * value.length / 8);
            assertThat(table.sum(2)).isZero();
            assertThatThrownBy(() -> bpf.table("hito_threads").get(1, 0)).isInstanceOf(IllegalStateException.class);
        }
    }

    @Test
    void aClosedTableThrows() throws Exception {
        Bpf bpf = observer(BpfOptions.none());
        BpfTable table = bpf.table("hito_processes");
        RingBuffer ring = bpf.ringBuffer("hito_ring", (d, o, l) -> {});
        bpf.close();
        assertThatThrownBy(() -> table.put(1, 1)).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> table.forEach((k, v) -> {})).isInstanceOf(IllegalStateException.class);
        assertThat(ring.poll(1)).isZero();
        assertThat(ring.await(0)).isFalse();
    }

    @Test
    void anUnknownOptionIsTheCallersError() throws Exception {
        observer(BpfOptions.none()).close();
        assertThatThrownBy(() -> observer(BpfOptions.none().withConstant("hito_wakeup", 1)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("hito_wakeup");
        assertThatThrownBy(() -> observer(BpfOptions.none().withMaxEntries("hito_nothing", 1)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("hito_nothing");
    }

    @Test
    void aRejectedProgramComesWithTheVerifiersLogAndNothingIsPrinted() throws Exception {
        observer(BpfOptions.none()).close();
        Path object = Kernel.built("rejected.bpf.o");
        PrintStream err = System.err;
        ByteArrayOutputStream printed = new ByteArrayOutputStream();
        System.setErr(new PrintStream(printed, true, StandardCharsets.UTF_8));
        BpfUnavailableException e;
        try {
            e = catchThrowableOfType(BpfUnavailableException.class, () -> Bpf.open(object));
        } finally {
            System.setErr(err);
        }
        assertThat(e.program()).isEqualTo("hito_bad");
        assertThat(e.errno()).isIn(Errno.EACCES, Errno.EINVAL);
        assertThat(e.log()).contains("invalid mem access").contains("processed ");
        assertThat(e).hasMessageContaining("hito_bad").hasMessageContaining("errno");
        assertThat(printed.toString(StandardCharsets.UTF_8)).isEmpty();
    }

    @Test
    void aMissingHookIsNamed() throws Exception {
        observer(BpfOptions.none()).close();
        try (Bpf bpf = Bpf.open(Kernel.built("nohook.bpf.o"))) {
            assertThatThrownBy(bpf::attachAll)
                    .isInstanceOfSatisfying(BpfUnavailableException.class, e -> {
                        assertThat(e.errno()).isEqualTo(Errno.ENOENT);
                        assertThat(e.program()).isEqualTo("hito_nohook");
                        assertThat(e.remedy()).contains("tracepoint");
                    })
                    .hasMessageContaining("raw_tp/hitotsu_no_such_hook");
        }
    }

    @Test
    void whatIsNoObjectIsRefused() throws Exception {
        Assumptions.assumeTrue(BpfLoaders.libbpf().unavailable().isEmpty(), "no libbpf");
        Path file = dir.resolve("garbage.bpf.o");
        Files.write(file, new byte[4096]);
        assertThatThrownBy(() -> Bpf.open(file))
                .isInstanceOf(BpfUnavailableException.class)
                .hasMessageContaining("garbage");
    }

    /** In a JVM of its own that gave all capabilities away: what the daemon's log would say. */
    @Test
    void withoutPrivilegesTheMessageSaysWhatWouldHelp() throws Exception {
        observer(BpfOptions.none()).close();
        Assumptions.assumeTrue(new File("/usr/bin/setpriv").canExecute(), "no setpriv (util-linux)");
        Process child = new ProcessBuilder(
                        "/usr/bin/setpriv",
                        "--bounding-set=-all",
                        "--inh-caps=-all",
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xshare:auto",
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        System.getProperty("java.class.path"),
                        Unprivileged.class.getName())
                .redirectErrorStream(true)
                .start();
        String said = new String(child.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(said).contains("errno 1").contains("CAP_BPF");
        assertThat(child.waitFor()).as(said).isEqualTo(3);
    }

    /** Tries to open the observer; exits with 3 if that is unavailable. */
    static final class Unprivileged {
        private Unprivileged() {}

        public static void main(String[] args) {
            try {
                SyscallObserver.open((a, b, c, d, e) -> {}, (a, b, c, d, e, f) -> {})
                        .close();
            } catch (BpfUnavailableException e) {
                System.out.println(e.getMessage());
                System.exit(3);
            }
        }
    }
}
