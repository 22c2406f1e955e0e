package org.hitotsu.bpf;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Programs to load: a compiled object, and optionally the C source for loaders which compile at run time. Immutable. */
public final class BpfSource {

    private static final Pattern INCLUDE = Pattern.compile("(?m)^#include \"([^\"]+)\"\\R");

    /** {@code SEC("kind/target")} and the function that follows it. */
    private static final Pattern SECTION = Pattern.compile("SEC\\(\"(\\w+/\\w+)\"\\)\\s+int\\s+(\\w+)\\s*\\(");

    private final String name;
    private final byte[] object;
    private final @Nullable String text;

    private BpfSource(String name, byte[] object, @Nullable String text) {
        this.name = name;
        this.object = object;
        this.text = text;
    }

    /** An object file that clang built for the bpf target. */
    public static BpfSource object(Path path) throws IOException {
        String file = path.getFileName().toString();
        int dot = file.indexOf('.');
        return new BpfSource(dot < 0 ? file : file.substring(0, dot), Files.readAllBytes(path), null);
    }

    /**
     * {@code /native/NAME.bpf.o} of this module, with {@code NAME.bpf.c} and the headers it includes.
     *
     * @throws IllegalStateException if the module was built without it
     */
    public static BpfSource resource(String name) {
        String text = inlineIncludes(text(name + ".bpf.c"), new HashSet<>());
        return new BpfSource(name, bytes(name + ".bpf.o"), text);
    }

    /**
     * {@code /native/NAME.bpf.o} of this module alone, for programs that only a loader of compiled objects can take.
     *
     * @throws IllegalStateException if the module was built without it
     */
    public static BpfSource compiled(String name) {
        return new BpfSource(name, bytes(name + ".bpf.o"), null);
    }

    /** Short name of the object; the kernel shows it as a prefix of the maps for global data. */
    public String name() {
        return name;
    }

    /** The ELF object's bytes. */
    public byte[] object() {
        return object.clone();
    }

    /** The C source with the project's own headers in place of their includes; null if there is only an object. */
    public @Nullable String text() {
        return text;
    }

    /** Program name to section, as the source says. Empty without a source. */
    public Map<String, String> sections() {
        Map<String, String> sections = new TreeMap<>();
        if (text != null) {
            Matcher matcher = SECTION.matcher(text);
            while (matcher.find()) {
                sections.put(matcher.group(2), matcher.group(1));
            }
        }
        return sections;
    }

    private static String inlineIncludes(String text, Set<String> seen) {
        return INCLUDE.matcher(text)
                .replaceAll(match -> seen.add(match.group(1))
                        ? Matcher.quoteReplacement(inlineIncludes(text(match.group(1)), seen))
                        : "");
    }

    private static String text(String file) {
        return new String(bytes(file), StandardCharsets.UTF_8);
    }

    private static byte[] bytes(String file) {
        try (InputStream in = BpfSource.class.getResourceAsStream("/native/" + file)) {
            if (in == null) {
                throw new IllegalStateException("this build of hitotsu has no native/" + file);
            }
            return in.readAllBytes();
        } catch (IOException e) {
            throw new IllegalStateException("native/" + file, e);
        }
    }

    @Override
    public String toString() {
        return name;
    }
}
