package org.hitotsu.bpf;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import org.hitotsu.bpf.impl.BpfSyscall;
import org.hitotsu.bpf.spi.BpfLoader;
import org.hitotsu.bpf.spi.BpfModule;
import org.hitotsu.bpf.spi.MapInfo;

/**
 * A loaded eBPF object: the entry point of this package. Confined to one thread at a time, with everything it hands out;
 * only a table or ring may be used by another one than the rest, as long as it is open.
 *
 * <pre>{@code
 * try (Bpf bpf = Bpf.open(BpfSource.resource("observer"))) {
 *     RingBuffer ring = bpf.ringBuffer("hito_ring", handler);
 *     bpf.attachAll();
 *     while (ring.await(-1)) {
 *         ring.poll(1024);
 *     }
 * }
 * }</pre>
 *
 * <p>Nothing is pinned: when the object is closed, or its process dies however it may, the kernel detaches and frees it.
 */
public final class Bpf implements AutoCloseable {

    private static final Set<String> RAW_KINDS = Set.of("raw_tp", "raw_tracepoint", "tp_btf");
    private static final Set<String> TRACEPOINT_KINDS = Set.of("tp", "tracepoint");

    /** How long {@link #close} waits for the kernel to let go of the programs, ns. */
    private static final long RELEASE_NANOS = 2_000_000_000L;

    private static final int PAUSE_NANOS = 500_000;

    private final BpfModule module;
    private final List<BpfProgram> programs;
    private final List<BpfLink> links = new ArrayList<>();
    private final List<BpfTable> tables = new ArrayList<>();
    private final List<RingBuffer> rings = new ArrayList<>();
    private final int possibleCpus;
    private boolean closed;

    private Bpf(BpfModule module) {
        this.module = module;
        this.programs = module.programs();
        this.possibleCpus = possibleCpus();
    }

    /** Loads with libbpf. */
    public static Bpf open(BpfSource source) throws BpfUnavailableException {
        return open(source, BpfLoaders.libbpf(), BpfOptions.none());
    }

    /** Loads an object file with libbpf. */
    public static Bpf open(Path object) throws IOException, BpfUnavailableException {
        return open(BpfSource.object(object));
    }

    /**
     * Loads every program of the source into the kernel. Takes tens of milliseconds, so not for event loops.
     *
     * @throws BpfUnavailableException if the library is missing or the kernel refuses
     * @throws IllegalArgumentException if an option names something the source does not have
     */
    public static Bpf open(BpfSource source, BpfLoader loader, BpfOptions options) throws BpfUnavailableException {
        return new Bpf(loader.load(source, options));
    }

    /** The programs, in no particular order. */
    public List<BpfProgram> programs() {
        return programs;
    }

    /** Attaches a program to the raw or typed tracepoint that its section names ({@code raw_tp}, {@code tp_btf}). */
    public BpfLink attachRawTracepoint(String program) throws BpfUnavailableException {
        return attach(program, RAW_KINDS);
    }

    /** Attaches a program to the classic tracepoint that its section names ({@code tp/category/name}); needs tracefs. */
    public BpfLink attachTracepoint(String program) throws BpfUnavailableException {
        return attach(program, TRACEPOINT_KINDS);
    }

    /** Attaches every program to the hook its section names. If one fails, none stays attached by this call. */
    public List<BpfLink> attachAll() throws BpfUnavailableException {
        List<BpfLink> attached = new ArrayList<>();
        try {
            for (BpfProgram program : programs) {
                attached.add(new Attached(module.attach(program)));
            }
        } catch (BpfUnavailableException e) {
            attached.forEach(BpfLink::close);
            throw e;
        }
        return attached;
    }

    private BpfLink attach(String name, Set<String> kinds) throws BpfUnavailableException {
        BpfProgram program = program(name);
        if (!kinds.contains(program.kind())) {
            throw new IllegalArgumentException(name + " is for " + program.section() + ", not for one of " + kinds);
        }
        return new Attached(module.attach(program));
    }

    /**
     * The program with this name.
     *
     * @throws IllegalArgumentException if there is none
     */
    public BpfProgram program(String name) {
        for (BpfProgram program : programs) {
            if (program.name().equals(name)) {
                return program;
            }
        }
        throw new IllegalArgumentException("no program " + name + " among " + programs);
    }

    /** The kernel's id of a program, as bpftool shows it. */
    public int programId(String name) {
        return new BpfSyscall().programId(program(name).fd());
    }

    /**
     * A view of a map. Closed with this object.
     *
     * @throws IllegalArgumentException if there is none of this name
     */
    public BpfTable table(String name) {
        BpfTable table = new BpfTable(map(name), possibleCpus);
        tables.add(table);
        return table;
    }

    /**
     * Maps a ring buffer into this process. Closed with this object; one reader per ring.
     *
     * @throws IllegalArgumentException if there is no ring buffer of this name
     */
    public RingBuffer ringBuffer(String name, RecordHandler handler) throws BpfUnavailableException {
        MapInfo map = map(name);
        if (map.type() != MapInfo.TYPE_RINGBUF) {
            throw new IllegalArgumentException(name + " is not a ring buffer");
        }
        RingBuffer ring = new RingBuffer(map.fd(), RingBufferReader.map(name, map.fd(), map.maxEntries()), handler);
        rings.add(ring);
        return ring;
    }

    private MapInfo map(String name) {
        for (MapInfo map : module.maps()) {
            if (map.name().equals(name)) {
                return map;
            }
        }
        throw new IllegalArgumentException("no map " + name + " among " + module.maps());
    }

    /** Per-CPU values come for each <em>possible</em> CPU, which may be more than there are. The list: "0-3,8". */
    private static int possibleCpus() {
        try {
            int count = 0;
            String list = Files.readString(Path.of("/sys/devices/system/cpu/possible"));
            for (String range : list.strip().split(",", -1)) {
                String[] ends = range.split("-", -1);
                count += Integer.parseInt(ends[ends.length - 1]) - Integer.parseInt(ends[0]) + 1;
            }
            return count;
        } catch (IOException | NumberFormatException e) {
            throw new IllegalStateException("cannot tell how many CPUs this kernel may have", e);
        }
    }

    /**
     * Detaches and unloads everything. The kernel frees a program only after an RCU grace period; this waits for it, at
     * most two seconds, so that none of the programs is left when it returns. Not for event loops.
     */
    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        BpfSyscall bpf = new BpfSyscall();
        int[] ids = programs.stream().mapToInt(p -> bpf.programId(p.fd())).toArray();
        List.copyOf(links).forEach(BpfLink::close);
        rings.forEach(RingBuffer::close);
        tables.forEach(BpfTable::close);
        module.close();
        long deadline = System.nanoTime() + RELEASE_NANOS;
        for (int id : ids) {
            while (id > 0 && bpf.programExists(id) && System.nanoTime() < deadline) {
                LockSupport.parkNanos(PAUSE_NANOS);
            }
        }
    }

    /** A link that this object closes unless its owner did. */
    private final class Attached implements BpfLink {
        private final BpfLink link;

        Attached(BpfLink link) {
            this.link = link;
            links.add(this);
        }

        @Override
        public void close() {
            link.close();
            links.remove(this);
        }
    }
}
