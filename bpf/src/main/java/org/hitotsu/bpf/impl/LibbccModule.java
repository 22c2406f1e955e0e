package org.hitotsu.bpf.impl;

import com.sun.jna.Memory;
import com.sun.jna.Native;
import com.sun.jna.Pointer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.hitotsu.bpf.BpfLink;
import org.hitotsu.bpf.BpfProgram;
import org.hitotsu.bpf.BpfSource;
import org.hitotsu.bpf.BpfUnavailableException;
import org.hitotsu.bpf.spi.BpfModule;
import org.hitotsu.bpf.spi.MapInfo;

/** Programs that libbcc compiled. Typed tracepoints of the source become raw ones: libbcc makes no typed programs. */
final class LibbccModule implements BpfModule {

    private static final int PROG_TYPE_RAW_TRACEPOINT = 17;
    private static final int LOG_BYTES = 1 << 20;

    private final long module;
    private final List<BpfProgram> programs = new ArrayList<>();
    private final List<MapInfo> maps = new ArrayList<>();
    private final BpfSyscall bpf = new BpfSyscall();
    private boolean closed;

    private LibbccModule(long module) {
        this.module = module;
    }

    /** Takes over the module, and destroys it if its programs cannot be loaded. */
    static LibbccModule load(BpfSource source, long module) throws BpfUnavailableException {
        LibbccModule loaded = new LibbccModule(module);
        try {
            loaded.loadPrograms(source.sections());
            loaded.listMaps();
            return loaded;
        } catch (BpfUnavailableException | RuntimeException e) {
            loaded.close();
            throw e;
        }
    }

    private void loadPrograms(Map<String, String> sections) throws BpfUnavailableException {
        try (Memory log = new Memory(LOG_BYTES)) {
            for (long i = 0; i < Libbcc.bpf_num_functions(module); i++) {
                String name = Libbcc.bpf_function_name(module, i);
                String section = sections.getOrDefault(name, "");
                String target = section.substring(section.indexOf('/') + 1);
                log.setByte(0, (byte) 0);
                int fd = Libbcc.bcc_func_load(
                        module,
                        PROG_TYPE_RAW_TRACEPOINT,
                        name,
                        Libbcc.bpf_function_start_id(module, i),
                        (int) Libbcc.bpf_function_size_id(module, i),
                        "GPL",
                        0,
                        0,
                        Pointer.nativeValue(log),
                        LOG_BYTES,
                        0,
                        0,
                        0);
                if (fd < 0) {
                    int errno = Native.getLastError();
                    throw new BpfUnavailableException(name, "load", errno, null, Errno.remedy(errno), log.getString(0));
                }
                programs.add(new BpfProgram(name, "raw_tp/" + target, fd));
            }
        }
    }

    private void listMaps() {
        for (long i = 0; i < Libbcc.bpf_num_tables(module); i++) {
            maps.add(new MapInfo(
                    Libbcc.bpf_table_name(module, i),
                    Libbcc.bpf_table_fd_id(module, i),
                    Libbcc.bpf_table_type_id(module, i),
                    (int) Libbcc.bpf_table_key_size_id(module, i),
                    (int) Libbcc.bpf_table_leaf_size_id(module, i),
                    (int) Libbcc.bpf_table_max_entries_id(module, i)));
        }
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
        if (closed || !programs.contains(program)) {
            throw new IllegalStateException(program.name() + " is not a program of an open object");
        }
        int fd = bpf.openRawTracepoint(program.target(), program.fd());
        if (fd < 0) {
            throw new BpfUnavailableException(
                    program.name(), "attach to " + program.section(), -fd, null, Errno.remedy(-fd), "");
        }
        return new Link(fd);
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            programs.forEach(program -> Libc.close(program.fd()));
            Libbcc.bpf_module_destroy(module);
        }
    }

    /** A raw tracepoint is attached as long as its descriptor is open. */
    private static final class Link implements BpfLink {
        private int fd;

        Link(int fd) {
            this.fd = fd;
        }

        @Override
        public void close() {
            if (fd >= 0) {
                Libc.close(fd);
                fd = -1;
            }
        }
    }
}
