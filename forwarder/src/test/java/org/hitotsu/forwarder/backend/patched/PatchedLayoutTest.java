package org.hitotsu.forwarder.backend.patched;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.Field;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.hitotsu.bpf.BpfSource;
import org.hitotsu.bpf.btf.Btf;
import org.hitotsu.forwarder.nativecall.KernelHeaders;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Structures through the BTF of the object that is compiled with the kernel's header, numbers from the header's text. */
class PatchedLayoutTest {

    private static final Path HEADER = Path.of("..", "bpf", "src", "main", "c", "hitotsu-uapi.h");
    private static final Btf BTF = Btf.ofObject(BpfSource.compiled("capture").object());
    private static final int WRITE = 1;
    private static final int READ = 2;

    @TempDir
    Path scratch;

    private static Map<String, Integer> constants(Class<?> layout) throws IllegalAccessException {
        Map<String, Integer> values = new LinkedHashMap<>();
        for (Field field : layout.getDeclaredFields()) {
            if (!field.isSynthetic()) {
                values.put(field.getName().toLowerCase(Locale.ROOT), ((Number) field.get(null)).intValue());
            }
        }
        return values;
    }

    private static void compare(String struct, Class<?> layout, String... leftOut) throws IllegalAccessException {
        Btf.Struct c = Objects.requireNonNull(BTF.struct(struct), struct);
        Map<String, Integer> fields = c.fields().stream()
                .filter(field -> !List.of(leftOut).contains(field.name()))
                .collect(Collectors.toMap(Btf.Field::name, Btf.Field::offset));
        fields.put("size", c.size());
        assertThat(constants(layout)).as(struct).isEqualTo(fields);
    }

    @Test
    void structuresAreLaidOutAsInTheHeader() throws Exception {
        compare("hitotsu_attach", PatchedLayout.Attach.class);
        compare("hitotsu_thread_arg", PatchedLayout.ThreadArg.class);
        compare("hitotsu_exec", PatchedLayout.Exec.class, "reserved");
        compare(
                "hitotsu_image",
                PatchedLayout.Image.class,
                "sigmask",
                "altstack",
                "altstack_size",
                "altstack_flags",
                "restart_pending",
                "robust_list",
                "clear_child_tid");
    }

    /** _IOC() of include/uapi/asm-generic/ioctl.h. */
    private static long request(int direction, int type, int number, int size) {
        return (long) direction << 30 | (long) size << 16 | (long) type << 8 | number;
    }

    @Test
    void requestsAreNumberedAsInTheHeader() throws Exception {
        String text = Files.readString(HEADER);
        Matcher request = Pattern.compile(
                        "#define HITOTSU_IOC_(\\w+)\\s+_(IO|IOW|IOWR)\\(0xE9, (0x\\w+)(?:, struct (\\w+))?\\)")
                .matcher(text);
        Map<String, Long> header = new LinkedHashMap<>();
        while (request.find()) {
            int direction = request.group(2).equals("IOWR")
                    ? READ | WRITE
                    : request.group(2).equals("IOW") ? WRITE : 0;
            Btf.Struct struct = request.group(4) == null ? null : BTF.struct(request.group(4));
            header.put(
                    "IOC_" + request.group(1),
                    request(direction, 0xe9, Integer.decode(request.group(3)), struct == null ? 0 : struct.size()));
        }
        assertThat(header).hasSize(text.split("#define HITOTSU_IOC_", -1).length - 1);
        for (Map.Entry<String, Long> entry : header.entrySet()) {
            Field ours = PatchedLayout.class.getDeclaredField(entry.getKey());
            assertThat(ours.getLong(null)).as(entry.getKey()).isEqualTo(entry.getValue());
        }
    }

    @ParameterizedTest
    @CsvSource({"ABI", "HOME", "REMOTE", "SHADOW", "REPORT"})
    void constantsAreThoseOfTheHeader(String name) throws Exception {
        int ours = PatchedLayout.class.getDeclaredField(name).getInt(null);
        assertThat(Files.readString(HEADER)).containsPattern("#define HITOTSU_" + name + "\\s+" + ours + "\\s");
    }

    /** What a patch adds to a header, without what stands around it. */
    private static String added(String path) throws IOException {
        Path series = Path.of("..", "kernel-patch");
        StringBuilder lines = new StringBuilder();
        try (Stream<Path> patches = Files.isDirectory(series) ? Files.list(series) : Stream.empty()) {
            for (Path patch :
                    patches.filter(file -> file.toString().endsWith(".patch")).toList()) {
                boolean inside = false;
                for (String line : Files.readAllLines(patch)) {
                    inside = line.startsWith("+++ ")
                            ? line.equals("+++ b/" + path)
                            : inside && !line.startsWith("diff ");
                    if (inside && line.startsWith("+") && !line.startsWith("+++")) {
                        lines.append(line.substring(1)).append('\n');
                    }
                }
            }
        }
        return lines.toString();
    }

    private static String find(String text, String pattern) {
        Matcher matcher = Pattern.compile(pattern, Pattern.DOTALL).matcher(text);
        assertThat(matcher.find()).as(pattern).isTrue();
        return matcher.group();
    }

    @Test
    void extractionIsTheKernelPatchs() throws Exception {
        String patch = added("include/uapi/linux/userfaultfd.h");
        Assumptions.assumeTrue(!patch.isEmpty(), "no patch changes userfaultfd's header");
        Path header = scratch.resolve("extract.h");
        Files.writeString(
                header,
                "#include <linux/types.h>\n#include <linux/ioctl.h>\n#define UFFDIO 0xAA\n"
                        + find(patch, "struct uffdio_extract \\{.*?\\n\\};")
                        + "\n"
                        + patch.lines()
                                .filter(line -> line.startsWith("#define"))
                                .collect(Collectors.joining("\n"))
                                .replace("\\", "struct uffdio_extract)")
                        + "\n");
        Map<String, String> names = new LinkedHashMap<>();
        names.put("UFFDIO_EXTRACT", "UFFDIO_EXTRACT");
        names.put("EXTRACT_SHARE", "UFFDIO_EXTRACT_SHARE");
        names.put("EXTRACT_INVALIDATE", "UFFDIO_EXTRACT_INVALIDATE");
        names.put("EXTRACT_DROP", "UFFDIO_EXTRACT_DROP");
        names.put("EXTRACT_MAX_RANGE", "UFFDIO_EXTRACT_MAX_RANGE");
        names.put("FEATURE_PRIVATE_FILE", "UFFD_FEATURE_PRIVATE_FILE");
        Map<String, Long> values = KernelHeaders.evaluate(scratch, List.of(header.toString()), names);
        assertThat(values).hasSize(names.size());
        for (Map.Entry<String, Long> entry : values.entrySet()) {
            Number ours = (Number)
                    PatchedLayout.class.getDeclaredField(entry.getKey()).get(null);
            assertThat(ours.longValue()).as(entry.getKey()).isEqualTo(entry.getValue());
        }
        Map<String, String> offsets = new LinkedHashMap<>();
        for (String field : constants(PatchedLayout.Extract.class).keySet()) {
            offsets.put(
                    field,
                    field.equals("size")
                            ? "(sizeof(struct uffdio_extract))"
                            : "offsetof(struct uffdio_extract, " + field + ")");
        }
        Map<String, Integer> compiled = new LinkedHashMap<>();
        KernelHeaders.evaluate(scratch, List.of(header.toString()), offsets)
                .forEach((field, value) -> compiled.put(field, value.intValue()));
        assertThat(constants(PatchedLayout.Extract.class)).isEqualTo(compiled);
    }

    /** The words that the shadow's first system calls read, where its loader has them. */
    @Test
    void loaderHasItsWordsWhereTheyAreLookedFor() throws Exception {
        try (InputStream in = PatchedLayout.class.getResourceAsStream("/native/hitotsu-blank")) {
            ByteBuffer elf = ByteBuffer.wrap(in.readAllBytes()).order(ByteOrder.LITTLE_ENDIAN);
            assertThat(at(elf, PatchedLayout.Loader.ALL_SIGNALS, 8)).containsOnly(-1);
            assertThat(string(elf, PatchedLayout.Loader.NAME)).isEqualTo("hitotsu-shadow");
            assertThat(string(elf, PatchedLayout.Loader.CANVAS_NAME)).isEqualTo("hitotsu-canvas");
        }
    }

    private static String string(ByteBuffer elf, long address) {
        byte[] bytes = at(elf, address, 16);
        int end = 0;
        while (bytes[end] != 0) {
            end++;
        }
        return new String(bytes, 0, end, StandardCharsets.US_ASCII);
    }

    /** Bytes of the segment (elf(5), PT_LOAD) that holds an address. */
    private static byte[] at(ByteBuffer elf, long address, int length) {
        int headers = (int) elf.getLong(32);
        for (int i = 0; i < elf.getShort(56); i++) {
            int header = headers + i * elf.getShort(54);
            long offset = address - elf.getLong(header + 16);
            if (elf.getInt(header) == 1 && offset >= 0 && offset + length <= elf.getLong(header + 32)) {
                byte[] bytes = new byte[length];
                elf.get((int) (elf.getLong(header + 8) + offset), bytes);
                return bytes;
            }
        }
        throw new AssertionError("nothing is loaded at 0x" + Long.toHexString(address));
    }
}
