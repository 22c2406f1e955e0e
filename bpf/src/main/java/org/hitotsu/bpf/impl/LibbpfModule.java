package org.hitotsu.bpf.impl;

import com.sun.jna.Memory;
import com.sun.jna.Pointer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.hitotsu.bpf.BpfLink;
import org.hitotsu.bpf.BpfOptions;
import org.hitotsu.bpf.BpfProgram;
import org.hitotsu.bpf.BpfSource;
import org.hitotsu.bpf.BpfUnavailableException;
import org.hitotsu.bpf.btf.ElfObject;
import org.hitotsu.bpf.spi.BpfModule;
import org.hitotsu.bpf.spi.MapInfo;

/** An object loaded by libbpf. */
final class LibbpfModule implements BpfModule {

    /** How libbpf's log names the program that failed. */
    private static final Pattern FAILED_PROGRAM = Pattern.compile("prog '([^']+)'");

    /** struct bpf_object_open_opts as far as object_name; libbpf takes a shorter struct by its size field. */
    private static final int OPEN_OPTS_BYTES = 16;

    private final long object;
    private final Map<String, Long> handles = new LinkedHashMap<>();
    private final List<BpfProgram> programs = new ArrayList<>();
    private final List<MapInfo> maps = new ArrayList<>();
    private boolean closed;

    private LibbpfModule(long object) {
        this.object = object;
        for (long p = 0; (p = Libbpf.bpf_object__next_program(object, p)) != 0; ) {
            String name = Libbpf.bpf_program__name(p);
            handles.put(name, p);
            programs.add(new BpfProgram(name, Libbpf.bpf_program__section_name(p), Libbpf.bpf_program__fd(p)));
        }
        for (long m = 0; (m = Libbpf.bpf_object__next_map(object, m)) != 0; ) {
            if (Libbpf.bpf_map__is_internal(m) == 0) {
                maps.add(new MapInfo(
                        Libbpf.bpf_map__name(m),
                        Libbpf.bpf_map__fd(m),
                        Libbpf.bpf_map__type(m),
                        Libbpf.bpf_map__key_size(m),
                        Libbpf.bpf_map__value_size(m),
                        Libbpf.bpf_map__max_entries(m)));
            }
        }
    }

    static LibbpfModule load(BpfSource source, BpfOptions options) throws BpfUnavailableException {
        LogCollector.start();
        try {
            byte[] elf = source.object();
            long object = open(source.name(), elf);
            if (object == 0) {
                throw failure(source.name(), "open", -Errno.last());
            }
            try {
                configure(object, source, new ElfObject(elf), options);
                int result = Libbpf.bpf_object__load(object);
                if (result < 0) {
                    throw failure(source.name(), "load", -result);
                }
                return new LibbpfModule(object);
            } catch (BpfUnavailableException | RuntimeException e) {
                Libbpf.bpf_object__close(object);
                throw e;
            }
        } finally {
            LogCollector.stop();
        }
    }

    private static long open(String name, byte[] elf) {
        byte[] nameBytes = (name + "\0").getBytes(StandardCharsets.UTF_8);
        // libbpf copies what it keeps, so all of this may go once it returns.
        try (Memory bytes = new Memory(elf.length);
                Memory nameMemory = new Memory(nameBytes.length);
                Memory options = new Memory(OPEN_OPTS_BYTES)) {
            bytes.write(0, elf, 0, elf.length);
            nameMemory.write(0, nameBytes, 0, nameBytes.length);
            options.setLong(0, OPEN_OPTS_BYTES);
            options.setPointer(8, nameMemory);
            return Libbpf.bpf_object__open_mem(Pointer.nativeValue(bytes), elf.length, Pointer.nativeValue(options));
        }
    }

    private static void configure(long object, BpfSource source, ElfObject elf, BpfOptions options)
            throws BpfUnavailableException {
        for (Map.Entry<String, Integer> size : options.maxEntries().entrySet()) {
            int result = Libbpf.bpf_map__set_max_entries(map(object, size.getKey()), size.getValue());
            if (result < 0) {
                throw failure(source.name(), "size the map " + size.getKey(), -result);
            }
        }
        for (Map.Entry<String, Long> constant : options.constants().entrySet()) {
            setConstant(object, source, elf, constant.getKey(), constant.getValue());
        }
    }

    private static void setConstant(long object, BpfSource source, ElfObject elf, String name, long value) {
        ElfObject.Symbol symbol = elf.symbol(name);
        if (symbol == null || !symbol.section().equals(".rodata")) {
            throw new IllegalArgumentException(source + " has no constant " + name);
        }
        long map = rodata(object);
        try (Memory size = new Memory(8)) {
            long base = Libbpf.bpf_map__initial_value(map, Pointer.nativeValue(size));
            if (base == 0 || symbol.offset() + symbol.size() > size.getLong(0)) {
                throw new IllegalArgumentException(name + " is outside of .rodata of " + source);
            }
            Pointer at = new Pointer(base).share(symbol.offset());
            switch ((int) symbol.size()) {
                case 1 -> at.setByte(0, (byte) value);
                case 2 -> at.setShort(0, (short) value);
                case 4 -> at.setInt(0, (int) value);
                case 8 -> at.setLong(0, value);
                default -> throw new IllegalArgumentException(name + " is not an integer");
            }
        }
    }

    private static long map(long object, String name) {
        for (long m = 0; (m = Libbpf.bpf_object__next_map(object, m)) != 0; ) {
            if (Libbpf.bpf_map__name(m).equals(name)) {
                return m;
            }
        }
        throw new IllegalArgumentException("no map " + name);
    }

    /** Named after the object, whose name is cut so that the whole fits the kernel's 15 characters. */
    private static long rodata(long object) {
        for (long m = 0; (m = Libbpf.bpf_object__next_map(object, m)) != 0; ) {
            if (Libbpf.bpf_map__is_internal(m) != 0 && Libbpf.bpf_map__name(m).endsWith(".rodata")) {
                return m;
            }
        }
        throw new IllegalArgumentException("no map .rodata");
    }

    private static BpfUnavailableException failure(String name, String operation, int errno) {
        String log = LogCollector.stop();
        LogCollector.start();
        Matcher program = FAILED_PROGRAM.matcher(log);
        String firstLine = log.lines().findFirst().orElse("");
        return new BpfUnavailableException(
                program.find() ? program.group(1) : name, operation, errno, firstLine, Errno.remedy(errno), log);
    }

    @Override
    public List<BpfProgram> programs() {
        return List.copyOf(programs);
    }

    @Override
    public List<MapInfo> maps() {
        return List.copyOf(maps);
    }

    @Override
    public BpfLink attach(BpfProgram program) throws BpfUnavailableException {
        Long handle = handles.get(program.name());
        if (closed || handle == null) {
            throw new IllegalStateException(program.name() + " is not a program of an open object");
        }
        LogCollector.start();
        try {
            long link = Libbpf.bpf_program__attach(handle);
            if (link == 0) {
                throw failure(program.name(), "attach to " + program.section(), -Errno.last());
            }
            return new Link(link);
        } finally {
            LogCollector.stop();
        }
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            Libbpf.bpf_object__close(object);
        }
    }

    private static final class Link implements BpfLink {
        private long handle;

        Link(long handle) {
            this.handle = handle;
        }

        @Override
        public void close() {
            if (handle != 0) {
                Libbpf.bpf_link__destroy(handle);
                handle = 0;
            }
        }
    }
}
