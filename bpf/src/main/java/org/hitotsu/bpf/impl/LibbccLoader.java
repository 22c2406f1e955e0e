package org.hitotsu.bpf.impl;

import com.sun.jna.Memory;
import com.sun.jna.Pointer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.hitotsu.bpf.BpfOptions;
import org.hitotsu.bpf.BpfSource;
import org.hitotsu.bpf.BpfUnavailableException;
import org.hitotsu.bpf.btf.Btf;
import org.hitotsu.bpf.spi.BpfLoader;
import org.hitotsu.bpf.spi.BpfModule;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;

/**
 * Has libbcc compile a C source when it is loaded. Some 300 ms and 100 MB more than
 * libbpf. The compiler says what it has to say on standard error, and the working directory of the process is another
 * one while it runs (libbcc changes it): load before anything else starts that depends on it.
 */
public final class LibbccLoader implements BpfLoader {

    private static final String REMEDY = "install libbcc (package libbpfcc or bcc), or use libbpf";
    private static final Pattern OFFSET = Pattern.compile("hito_offset\\((\\w+), ([\\w.]+)\\)");
    private static final Pattern LOOKUP = Pattern.compile("\\bhito_lookup\\((\\w+), ");
    private static final Pattern OUTPUT = Pattern.compile("\\bhito_output\\((\\w+), ");

    @Override
    public String name() {
        return "libbcc";
    }

    @Override
    public Optional<String> unavailable() {
        try {
            // Any call: it is the class that fails to initialise.
            return Libbcc.bpf_num_functions(0) == 0 ? Optional.empty() : Optional.of(REMEDY);
        } catch (LinkageError e) {
            return Optional.of("libbcc.so.0 cannot be loaded; " + REMEDY);
        }
    }

    @Override
    public BpfModule load(BpfSource source, BpfOptions options) throws BpfUnavailableException {
        Optional<String> reason = unavailable();
        if (reason.isPresent()) {
            throw new BpfUnavailableException(source.name(), "compile", 0, reason.get(), REMEDY, "");
        }
        String text = source.text();
        if (text == null) {
            throw new BpfUnavailableException(source.name(), "compile", 0, "there is no C source", "use libbpf", "");
        }
        Path headers = null;
        try {
            headers = BccHeaders.write();
            Libc.setenv("BCC_KERNEL_SOURCE", headers.toString(), 1);
            long module = compile(rewrite(text, Btf.kernel()), flags(options));
            if (module == 0) {
                throw new BpfUnavailableException(
                        source.name(), "compile", 0, "the compiler's words are on standard error", REMEDY, "");
            }
            return LibbccModule.load(source, module);
        } catch (IOException e) {
            throw new BpfUnavailableException(source.name(), "compile", 0, e.toString(), Errno.remedy(Errno.ESRCH), "");
        } finally {
            remove(headers);
        }
    }

    private static void remove(@Nullable Path headers) {
        try {
            if (headers != null) {
                BccHeaders.remove(headers);
            }
        } catch (IOException e) {
            // A few kilobytes stay in the temporary directory; the program is loaded all the same.
            LoggerFactory.getLogger(LibbccLoader.class).warn("temporary headers stay behind", e);
        }
    }

    /** The source in libbcc's dialect; see hito.h. */
    static String rewrite(String text, Btf kernel) {
        String offsets = OFFSET.matcher(text)
                .replaceAll((MatchResult m) -> Integer.toString(kernel.offsetOf(m.group(1), m.group(2))));
        String lookups = LOOKUP.matcher(offsets).replaceAll("$1.lookup(");
        return OUTPUT.matcher(lookups).replaceAll("$1.ringbuf_output(");
    }

    private static List<String> flags(BpfOptions options) {
        List<String> flags = new ArrayList<>(List.of("-DHITO_BCC"));
        options.constants().forEach((name, value) -> flags.add("-D" + name + "=" + value));
        options.maxEntries().forEach((map, entries) -> flags.add("-D" + map + "_entries=" + entries));
        return flags;
    }

    private static long compile(String text, List<String> flags) {
        try (Memory source = string(text);
                Memory array = new Memory(8L * flags.size())) {
            List<Memory> strings = new ArrayList<>();
            for (String flag : flags) {
                strings.add(string(flag));
                array.setPointer(8L * (strings.size() - 1), strings.get(strings.size() - 1));
            }
            long module = Libbcc.bpf_module_create_c_from_string(
                    Pointer.nativeValue(source), 0, Pointer.nativeValue(array), flags.size(), 1, 0);
            strings.forEach(Memory::close);
            return module;
        }
    }

    private static Memory string(String text) {
        byte[] bytes = (text + "\0").getBytes(StandardCharsets.UTF_8);
        Memory memory = new Memory(bytes.length);
        memory.write(0, bytes, 0, bytes.length);
        return memory;
    }
}
