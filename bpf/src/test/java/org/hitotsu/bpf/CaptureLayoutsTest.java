package org.hitotsu.bpf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.hitotsu.bpf.CaptureLayouts.Event;
import org.hitotsu.bpf.CaptureLayouts.PayloadRecord;
import org.hitotsu.bpf.CaptureLayouts.Rule;
import org.hitotsu.bpf.CaptureLayouts.Space;
import org.hitotsu.bpf.btf.Btf;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

/** The Java side of capture.bpf.c against the object that is shipped, its headers, and the kernel patch's. */
class CaptureLayoutsTest {

    private static final Btf BTF = Btf.ofObject(BpfSource.compiled("capture").object());
    private static final Path HEADERS = Path.of("src", "main", "c");
    private static final String UAPI = "include/uapi/linux/hitotsu.h";

    @Test
    void everythingIsLaidOutAsInC() {
        assertThat(Layouts.differences(BTF, "hitotsu_event", Event.SIZE, Event.FIELDS))
                .isEmpty();
        assertThat(Layouts.differences(BTF, "hito_payload_record", PayloadRecord.SIZE, PayloadRecord.FIELDS))
                .isEmpty();
        assertThat(Layouts.differences(BTF, "hito_rule", Rule.SIZE, Rule.FIELDS))
                .isEmpty();
        assertThat(Layouts.differences(BTF, "hito_space", Space.SIZE, Space.FIELDS))
                .isEmpty();
    }

    /** Values of an enum in a header, by name without prefix. */
    private static Map<String, Integer> enumerators(String header, String name, String prefix) throws IOException {
        String text = Files.readString(HEADERS.resolve(header)).replaceAll("(?s)/\\*.*?\\*/", "");
        Matcher body =
                Pattern.compile("enum " + name + " \\{(.*?)\\}", Pattern.DOTALL).matcher(text);
        assertThat(body.find()).isTrue();
        Map<String, Integer> values = new LinkedHashMap<>();
        int next = 0;
        for (String item : body.group(1).split(",")) {
            String[] parts = item.strip().split("\\s*=\\s*");
            if (!parts[0].isEmpty()) {
                next = parts.length > 1 ? Integer.parseInt(parts[1]) : next;
                assertThat(parts[0]).startsWith(prefix);
                values.put(parts[0].substring(prefix.length()), next++);
            }
        }
        return values;
    }

    private static Map<String, Integer> ordinals(Enum<?>[] constants, String cut, int first) {
        Map<String, Integer> values = new LinkedHashMap<>();
        for (Enum<?> constant : constants) {
            values.put(constant.name().replaceFirst(cut, ""), constant.ordinal() + first);
        }
        return values;
    }

    @Test
    void enumsHaveTheOrderOfTheHeaders() throws Exception {
        assertThat(ordinals(CallRule.Home.values(), "^CAPTURE_", 0))
                .isEqualTo(enumerators("capture.h", "hito_home_rule", "HITO_HOME_"));
        assertThat(ordinals(CallRule.Remote.values(), "", 0))
                .isEqualTo(enumerators("capture.h", "hito_remote_rule", "HITO_REMOTE_"));
        assertThat(ordinals(CallRule.Payload.values(), "", 0))
                .isEqualTo(enumerators("capture.h", "hito_payload_kind", "HITO_PAYLOAD_"));
        assertThat(ordinals(CaptureEvent.Type.values(), "", 1))
                .isEqualTo(enumerators("hitotsu-uapi.h", "hitotsu_event_type", "HITOTSU_EV_"));
    }

    @Test
    void constantsAreThoseOfTheHeaders() throws Exception {
        String text =
                Files.readString(HEADERS.resolve("hitotsu-uapi.h")) + Files.readString(HEADERS.resolve("capture.h"));
        Map<String, Integer> constants = Map.of(
                "HITOTSU_EF_IN_CALL", CaptureEvent.FLAG_IN_CALL,
                "HITOTSU_EF_COMPAT", CaptureEvent.FLAG_COMPAT,
                "HITOTSU_EF_SIGNAL", CaptureEvent.FLAG_SIGNAL,
                "HITO_CALLS", Rule.CALLS,
                "HITO_PAYLOAD", PayloadRecord.MAX_PAYLOAD,
                "HITO_SPACE_SHARED", Space.FLAG_SHARED,
                "HITO_SPACE_CLUSTER_CPUS", Space.FLAG_CLUSTER_CPUS,
                "HITO_SPACE_CORES_PIPED", Space.FLAG_CORES_PIPED);
        constants.forEach((name, value) -> assertThat(text)
                .as(name)
                .containsPattern(String.format(Locale.ROOT, "#define %s\\s+%d\\s", name, value)));
    }

    /** The header lives in the patch series; the copy that the programs are compiled with must be the very same. */
    @Test
    void headerIsTheKernelPatchs() throws Exception {
        Path series = Path.of("..", "kernel-patch");
        List<String> lines = new ArrayList<>();
        try (Stream<Path> patches = Files.isDirectory(series) ? Files.list(series) : Stream.empty()) {
            for (Path patch : patches.filter(file -> file.toString().endsWith(".patch"))
                    .sorted()
                    .toList()) {
                lines = patched(lines, Files.readAllLines(patch), UAPI);
            }
        }
        Assumptions.assumeFalse(lines.isEmpty(), "no patch adds " + UAPI);
        assertThat(Files.readAllLines(HEADERS.resolve("hitotsu-uapi.h"))).isEqualTo(lines);
    }

    /** The lines of a file after a patch, which need not touch it. */
    private static List<String> patched(List<String> before, List<String> patch, String path) {
        Pattern hunk = Pattern.compile("@@ -(\\d+)(?:,(\\d+))? \\+(\\d+)(?:,(\\d+))? @@.*");
        List<String> after = new ArrayList<>();
        int taken = 0;
        boolean inside = false;
        int old = 0;
        int fresh = 0;
        for (String line : patch) {
            Matcher matcher = hunk.matcher(line);
            if (old == 0 && fresh == 0 && line.startsWith("+++ ")) {
                inside = line.equals("+++ b/" + path);
            } else if (old == 0 && fresh == 0 && inside && matcher.matches()) {
                old = matcher.group(2) == null ? 1 : Integer.parseInt(matcher.group(2));
                fresh = matcher.group(4) == null ? 1 : Integer.parseInt(matcher.group(4));
                int start = Integer.parseInt(matcher.group(1)) - (old == 0 ? 0 : 1);
                after.addAll(before.subList(taken, start));
                taken = start;
            } else if (old > 0 || fresh > 0) {
                char kind = line.isEmpty() ? ' ' : line.charAt(0);
                String text = line.isEmpty() ? "" : line.substring(1);
                if (kind != '+') {
                    assertThat(before.get(taken++)).isEqualTo(text);
                    old--;
                }
                if (kind != '-') {
                    after.add(text);
                    fresh--;
                }
            }
        }
        after.addAll(before.subList(taken, before.size()));
        return after;
    }

    @Test
    void patchesAreFollowed() {
        List<String> first = List.of(
                "--- a/other",
                "+++ b/other",
                "@@ -1 +1,2 @@",
                " x",
                "+y",
                "--- /dev/null",
                "+++ b/dir/n.h",
                "@@ -0,0 +1,4 @@",
                "+one",
                "+",
                "++++ three",
                "+four",
                "-- ",
                "2.39.5");
        List<String> second =
                List.of("--- a/dir/n.h", "+++ b/dir/n.h", "@@ -2,3 +2,3 @@ one", " ", "-+++ three", "+3", " four");
        List<String> added = patched(List.of(), first, "dir/n.h");
        assertThat(added).containsExactly("one", "", "+++ three", "four");
        assertThat(patched(added, second, "dir/n.h")).containsExactly("one", "", "3", "four");
        assertThat(patched(added, second, "other")).isEqualTo(added);
    }

    private static ByteBuffer record(int type, int tid, int payloadBytes) {
        ByteBuffer data = ByteBuffer.allocate(8 + PayloadRecord.SIZE).order(ByteOrder.nativeOrder());
        data.putLong(8 + Event.COOKIE, 0x123456789abcdefL);
        data.putInt(8 + Event.TYPE, type);
        data.putInt(8 + Event.FLAGS, CaptureEvent.FLAG_COMPAT);
        data.putInt(8 + Event.TID, tid);
        data.putInt(8 + Event.PID, 77);
        data.putInt(8 + Event.CODE, 128);
        data.putLong(8 + Event.SEQ, 9);
        data.putLong(8 + Event.NR, 1);
        data.putLong(8 + Event.RESULT, -4);
        for (int i = 0; i < 6; i++) {
            data.putLong(8 + Event.ARGS + 8 * i, 100 + i);
        }
        data.putInt(8 + PayloadRecord.KIND, 2);
        data.putInt(8 + PayloadRecord.BYTES, payloadBytes);
        data.put(8 + PayloadRecord.PAYLOAD, new byte[] {1, 2, 3});
        return data;
    }

    @Test
    void eventsAreRead() {
        CaptureEvent event = new CaptureEvent();
        assertThat(event.wrap(record(1, 78, 3), 8, PayloadRecord.SIZE)).isTrue();
        assertThat(event.cookie()).isEqualTo(0x123456789abcdefL);
        assertThat(event.type()).isEqualTo(CaptureEvent.Type.CAPTURED);
        assertThat(event.has(CaptureEvent.FLAG_COMPAT)).isTrue();
        assertThat(event.has(CaptureEvent.FLAG_SIGNAL)).isFalse();
        assertThat(event.tid()).isEqualTo(78);
        assertThat(event.pid()).isEqualTo(77);
        assertThat(event.code()).isEqualTo(128);
        assertThat(event.sequence()).isEqualTo(9);
        assertThat(event.number()).isEqualTo(1);
        assertThat(event.result()).isEqualTo(-4);
        assertThat(event.arguments()).containsExactly(100, 101, 102, 103, 104, 105);
        assertThat(event.payloadKind()).isEqualTo(CallRule.Payload.BYTES);
        assertThat(event.payload()).containsExactly(1, 2, 3);
        assertThat(event.wrap(record(8, 78, 3), 8, Event.SIZE)).isTrue();
        assertThat(event.type()).isEqualTo(CaptureEvent.Type.REPLACED);
        assertThat(event.payloadKind()).isEqualTo(CallRule.Payload.NONE);
        assertThat(event.payloadBytes()).isZero();
    }

    @Test
    void whatIsNoEventIsRefused() {
        CaptureEvent event = new CaptureEvent();
        assertThat(event.wrap(record(0, 78, 3), 8, PayloadRecord.SIZE)).isFalse();
        assertThat(event.wrap(record(9, 78, 3), 8, PayloadRecord.SIZE)).isFalse();
        assertThat(event.wrap(record(11, 78, 3), 8, PayloadRecord.SIZE)).isFalse();
        assertThat(event.wrap(record(-1, 78, 3), 8, PayloadRecord.SIZE)).isFalse();
        assertThat(event.wrap(record(1, 0, 3), 8, PayloadRecord.SIZE)).isFalse();
        assertThat(event.wrap(record(1, 78, 257), 8, PayloadRecord.SIZE)).isFalse();
        assertThat(event.wrap(record(1, 78, -1), 8, PayloadRecord.SIZE)).isFalse();
        assertThat(event.wrap(record(1, 78, 3), 8, Event.SIZE - 8)).isFalse();
        assertThat(event.wrap(record(1, 78, 3), 8, Event.SIZE + 8)).isFalse();
    }

    @Test
    void rulesAreWrittenAsInC() {
        CallRule rule = new CallRule(CallRule.Home.CAPTURE_CLONE3, CallRule.Remote.PID, CallRule.Payload.BYTES, 3, 5);
        assertThat(rule.toBytes()).containsExactly(5, 2, 2, 3, 5, 0, 0, 0);
        assertThat(CallRule.DEFAULT.toBytes()).containsOnly(0);
        assertThatThrownBy(
                        () -> new CallRule(CallRule.Home.LOCAL, CallRule.Remote.FORWARD, CallRule.Payload.BYTES, 6, 0))
                .isInstanceOf(IllegalArgumentException.class);
    }

    /** On a kernel without the hooks it says so; on one with them, a program that speaks for nobody hears nothing. */
    @Test
    void opensOrSaysWhyNot() throws Exception {
        boolean hooks = Files.exists(Path.of("/dev/hitotsu"));
        try (SyscallCapture capture =
                SyscallCapture.open(BpfLoaders.libbpf(), event -> Assumptions.abort("an event of " + event.tid()))) {
            assertThat(hooks).isTrue();
            capture.rule(39, CallRule.DEFAULT);
            assertThatThrownBy(() -> capture.rule(Rule.CALLS, CallRule.DEFAULT))
                    .isInstanceOf(IllegalArgumentException.class);
            capture.admit(-5, true, true, true, 1234);
            capture.dismiss(-5);
            capture.dismiss(-5);
            assertThat(capture.poll(10)).isZero();
        } catch (BpfUnavailableException e) {
            assertThat(hooks).as(e.getMessage() + e.log()).isFalse();
            assertThat(e.getMessage()).contains("eBPF");
            System.out.println("no hooks here: " + e.getMessage());
        }
    }
}
