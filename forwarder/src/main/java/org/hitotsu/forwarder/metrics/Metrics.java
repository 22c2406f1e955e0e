package org.hitotsu.forwarder.metrics;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.IntSupplier;
import java.util.function.ToDoubleFunction;
import org.hitotsu.forwarder.wire.WireStats;

/**
 * Everything the daemon counts and times, by name of what happened rather than of a meter.
 *
 * <p>Meters are resolved when this is built (those by syscall number at their first use) and kept in arrays, so a hot
 * path pays an index and an add. Any thread may call any method. docs/metrics.md lists the meters.
 */
public final class Metrics {

    /** How a forwarded syscall ended. */
    public enum SyscallOutcome {
        /** The origin ran it and the result was injected, an errno of the program's own making included. */
        DONE,
        /** A signal cut it short at the origin. */
        INTERRUPTED,
        /** The thread went home instead of it. */
        HOME,
        /** The share ended or a node was lost before the result came. */
        LOST
    }

    /** A leg of a chain whose latency is worth a histogram. */
    public enum Stage {
        /** Syscall: captured until its frame is handed to the peer connection. */
        CAPTURE,
        /** Syscall: at the origin, frame in until the deputy has run it. */
        EXECUTE,
        /** Syscall: frame out until the reply frame is in, on the remote node. */
        ROUND_TRIP,
        /** Syscall: reply in until injected. */
        INJECT,
        /** Syscall: the thread off its processor until it runs with the result, as the kernel saw it. */
        PARKED,
        /** Page: fault seen until the page is installed. */
        FAULT,
        /** Page: extraction of one page from a process. */
        EXTRACT,
        /** Page: installation of one page in a process. */
        INSTALL,
        /** Thread: parked until it runs on the other node. */
        TRANSPLANT,
        /** Thread: parked until it runs at the origin again. */
        HOMECOMING
    }

    /** Kinds of page fault. */
    public enum FaultKind {
        /** Read of a page that is not here. */
        READ,
        /** Write to a page that is not here. */
        WRITE,
        /** Write to a page that is here as a read copy. */
        UPGRADE
    }

    /** What a fault that the kernel took was about. */
    public enum Access {
        /** A load. */
        READ,
        /** A store. */
        WRITE,
        /** An instruction fetch. */
        EXEC
    }

    /** Why something is missing from what the kernel says. */
    public enum Unobserved {
        /** A syscall: this node did not read fast enough. */
        SYSCALL_DROPPED,
        /** A syscall: the kernel did not show when it ended. */
        SYSCALL_UNSEEN,
        /** A page fault: this node did not read fast enough. */
        FAULT_DROPPED
    }

    /** Which way pages go, seen from this node. */
    public enum Direction {
        /** Received from a peer. */
        IN,
        /** Sent to a peer. */
        OUT
    }

    private static final int SYSCALL_NUMBERS = 512;
    private static final int MAX_REASONS = 64;
    private static final SyscallOutcome[] OUTCOMES = SyscallOutcome.values();

    private final MeterRegistry registry;
    private final AtomicReferenceArray<Counter> syscalls =
            new AtomicReferenceArray<>(SYSCALL_NUMBERS * OUTCOMES.length);
    private final Timer[] stages = new Timer[Stage.values().length];
    private final Counter[] faults = new Counter[FaultKind.values().length];
    private final Counter[] kernelFaults = new Counter[Access.values().length];
    private final Counter[] unobserved = new Counter[Unobserved.values().length];
    private final Counter[] pages = new Counter[Direction.values().length];
    private final Counter[] pageBytes = new Counter[Direction.values().length];
    private final Counter[] transplants = new Counter[Direction.values().length];
    private final Map<String, Counter> homecomings = new ConcurrentHashMap<>();

    /** Meters go to {@code registry}. */
    public Metrics(MeterRegistry registry) {
        this.registry = registry;
        for (Stage stage : Stage.values()) {
            stages[stage.ordinal()] = Timer.builder("hitotsu.stage")
                    .description("Time spent in one stage of a forwarded syscall, page fault or transplant")
                    .tag("stage", label(stage))
                    .serviceLevelObjectives(BUCKETS)
                    .register(registry);
        }
        for (FaultKind kind : FaultKind.values()) {
            faults[kind.ordinal()] = Counter.builder("hitotsu.faults")
                    .description("Page faults of moved threads and of the origin's on pages that are elsewhere")
                    .tag("kind", label(kind))
                    .register(registry);
        }
        for (Access access : Access.values()) {
            kernelFaults[access.ordinal()] = Counter.builder("hitotsu.kernel.faults")
                    .description(
                            "Page faults in user mode of processes with moved threads, the ordinary ones included, as"
                                    + " the kernel saw them (eBPF)")
                    .tag("access", label(access))
                    .register(registry);
        }
        for (Unobserved what : Unobserved.values()) {
            unobserved[what.ordinal()] = Counter.builder("hitotsu.observer.lost")
                    .description("What is missing from hitotsu_kernel_faults_total and the stage parked")
                    .tag("record", label(what))
                    .register(registry);
        }
        for (Direction direction : Direction.values()) {
            pages[direction.ordinal()] = Counter.builder("hitotsu.pages")
                    .description("Pages moved between this node and its peers")
                    .tag("direction", label(direction))
                    .register(registry);
            pageBytes[direction.ordinal()] = Counter.builder("hitotsu.page.bytes")
                    .description("Bytes of page content moved between this node and its peers")
                    .baseUnit("bytes")
                    .tag("direction", label(direction))
                    .register(registry);
            transplants[direction.ordinal()] = Counter.builder("hitotsu.transplants")
                    .description("Threads moved: out from this node, in to this node")
                    .tag("direction", label(direction))
                    .register(registry);
        }
    }

    private static final Duration[] BUCKETS = {
        Duration.ofNanos(1_000),
        Duration.ofNanos(2_500),
        Duration.ofNanos(5_000),
        Duration.ofNanos(10_000),
        Duration.ofNanos(25_000),
        Duration.ofNanos(50_000),
        Duration.ofNanos(100_000),
        Duration.ofNanos(250_000),
        Duration.ofNanos(500_000),
        Duration.ofMillis(1),
        Duration.ofNanos(2_500_000),
        Duration.ofMillis(5),
        Duration.ofMillis(10),
        Duration.ofMillis(25),
        Duration.ofMillis(50),
        Duration.ofMillis(100),
        Duration.ofSeconds(1)
    };

    /** A moved thread's syscall with this x86-64 number has ended at the node where the thread runs. */
    public void syscallForwarded(int number, SyscallOutcome outcome) {
        int slot = (number < 0 || number >= SYSCALL_NUMBERS ? SYSCALL_NUMBERS - 1 : number) * OUTCOMES.length
                + outcome.ordinal();
        Counter counter = syscalls.getPlain(slot);
        if (counter == null) {
            counter = Counter.builder("hitotsu.syscalls.forwarded")
                    .description("Syscalls of moved threads executed at their origin")
                    .tag("syscall", SyscallNames.name(number))
                    .tag("outcome", label(outcome))
                    .register(registry);
            syscalls.setRelease(slot, counter);
        }
        counter.increment();
    }

    /** One passage of {@code stage} took {@code nanos} ns. */
    public void latency(Stage stage, long nanos) {
        stages[stage.ordinal()].record(nanos, TimeUnit.NANOSECONDS);
    }

    /** A fault was seen on this node. */
    public void fault(FaultKind kind) {
        faults[kind.ordinal()].increment();
    }

    /** The kernel took a page fault of a process with moved threads. */
    public void kernelFault(Access access) {
        kernelFaults[access.ordinal()].increment();
    }

    /** {@code count} more are missing from what the kernel says. */
    public void unobserved(Unobserved what, long count) {
        unobserved[what.ordinal()].increment(count);
    }

    /** {@code count} pages with together {@code bytes} bytes on the wire were moved. */
    public void pagesMoved(Direction direction, int count, long bytes) {
        pages[direction.ordinal()].increment(count);
        pageBytes[direction.ordinal()].increment((double) bytes);
    }

    /** A thread left this node for another or came to it, other than by going home. */
    public void transplant(Direction direction) {
        transplants[direction.ordinal()].increment();
    }

    /**
     * A thread went home. Reasons are a small closed set of lower-case words chosen by the caller; beyond 64 different
     * ones the rest are counted as "other".
     */
    public void homecoming(String reason) {
        Counter counter = homecomings.get(reason);
        if (counter == null) {
            String known = homecomings.size() < MAX_REASONS ? reason : "other";
            counter = homecomings.computeIfAbsent(
                    known,
                    r -> Counter.builder("hitotsu.homecomings")
                            .description("Threads that went home, by reason")
                            .tag("reason", r)
                            .register(registry));
        }
        counter.increment();
    }

    /** Registers the source of the number of shared processes this node takes part in; read at scrapes by any thread. */
    public void sharesFrom(IntSupplier shares) {
        Gauge.builder("hitotsu.shares", shares::getAsInt)
                .description("Shared processes this node is origin or host of")
                .strongReference(true)
                .register(registry);
    }

    /** Registers the source of the number of connected peers; read at scrapes by any thread. */
    public void peersFrom(IntSupplier peers) {
        Gauge.builder("hitotsu.peers.up", peers::getAsInt)
                .description("Other nodes this one has a connection to")
                .strongReference(true)
                .register(registry);
    }

    /** Registers the source of whether the kernel is observed, 1 or 0; read at scrapes by any thread. */
    public void observerFrom(IntSupplier observing) {
        Gauge.builder("hitotsu.observer.up", observing::getAsInt)
                .description("1 if this node's kernel takes the eBPF programs that observe it")
                .strongReference(true)
                .register(registry);
    }

    /** Registers the source of the traffic with peers; read at scrapes by any thread. */
    public void trafficFrom(WireStats stats) {
        counter("hitotsu.wire.frames", Direction.IN, stats, WireStats::framesIn)
                .description("Frames received from and sent to peers")
                .register(registry);
        counter("hitotsu.wire.frames", Direction.OUT, stats, WireStats::framesOut)
                .description("Frames received from and sent to peers")
                .register(registry);
        counter("hitotsu.wire.bytes", Direction.IN, stats, WireStats::bytesIn)
                .description("Bytes received from and sent to peers")
                .baseUnit("bytes")
                .register(registry);
        counter("hitotsu.wire.bytes", Direction.OUT, stats, WireStats::bytesOut)
                .description("Bytes received from and sent to peers")
                .baseUnit("bytes")
                .register(registry);
        FunctionCounter.builder("hitotsu.wire.writes", stats, WireStats::writes)
                .description("Socket writes to peers, each of one frame or more")
                .register(registry);
    }

    private static FunctionCounter.Builder<WireStats> counter(
            String name, Direction direction, WireStats stats, ToDoubleFunction<WireStats> value) {
        return FunctionCounter.builder(name, stats, value).tag("direction", label(direction));
    }

    /** For meters of a module's own. */
    public MeterRegistry registry() {
        return registry;
    }

    private static String label(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT);
    }
}
