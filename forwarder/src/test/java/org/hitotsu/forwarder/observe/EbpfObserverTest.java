package org.hitotsu.forwarder.observe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.vertx.core.Future;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.hitotsu.bpf.BpfUnavailableException;
import org.hitotsu.forwarder.DaemonContext;
import org.hitotsu.forwarder.DaemonModule;
import org.hitotsu.forwarder.KernelCheck;
import org.hitotsu.forwarder.NodeDaemon;
import org.hitotsu.forwarder.config.BackendChoice;
import org.hitotsu.forwarder.config.HostPort;
import org.hitotsu.forwarder.config.NodeConfig;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** In a daemon and on the running kernel; skipped, with the reason, where that takes no eBPF programs. */
@Timeout(120)
class EbpfObserverTest {

    private static final HostPort ANY = new HostPort("127.0.0.1", 0);
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    @TempDir
    private Path directory;

    private NodeDaemon daemon;
    private DaemonContext context;

    /** The observer alone as a daemon's module. */
    private final class Module implements DaemonModule {
        private final EbpfObserver observer;

        Module(EbpfObserver observer) {
            this.observer = observer;
        }

        @Override
        public Future<Void> start(DaemonContext given) {
            context = given;
            observer.start(given);
            return Future.succeededFuture();
        }

        @Override
        public Future<Void> stop() {
            return observer.stop();
        }
    }

    private void startDaemon(EbpfObserver observer) throws Exception {
        NodeConfig config = new NodeConfig(
                ANY,
                null,
                NodeConfig.DEFAULT_JOIN_TIMEOUT,
                "observed",
                2,
                ANY,
                directory.resolve("observed.sock"),
                BackendChoice.AUTO,
                NodeConfig.DEFAULT_HOLD_TIME,
                NodeConfig.DEFAULT_PING_INTERVAL,
                NodeConfig.DEFAULT_LEASE,
                false);
        daemon = NodeDaemon.create(config, List.of(new Module(observer)));
        get(daemon.start());
    }

    @AfterEach
    void stopDaemon() throws Exception {
        if (daemon != null) {
            get(daemon.stop());
        }
    }

    private static <T> T get(Future<T> future) throws Exception {
        return future.toCompletionStage().toCompletableFuture().get(20, TimeUnit.SECONDS);
    }

    private void onLoop(Runnable action) throws Exception {
        CompletableFuture<Void> done = new CompletableFuture<>();
        context.context().runOnContext(v -> {
            action.run();
            done.complete(null);
        });
        done.get(20, TimeUnit.SECONDS);
    }

    private static void requireEbpf() {
        KernelCheck.Finding finding = new EbpfKernelCheck().optional().get(0);
        if (!finding.usable()) {
            String reason = finding.missing().get(0);
            System.out.println("skipped: " + reason);
            Assumptions.abort(reason);
        }
    }

    /** Descriptors of this process on such objects: programs, maps or links. */
    private static long descriptors(String kind) {
        try (Stream<Path> all = Files.list(Path.of("/proc/self/fd"))) {
            return all.filter(fd -> {
                        try {
                            String target = Files.readSymbolicLink(fd).toString();
                            return target.startsWith("anon_inode:") && target.contains(kind);
                        } catch (NoSuchFileException e) {
                            return false;
                        } catch (IOException e) {
                            throw new AssertionError(e);
                        }
                    })
                    .count();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private double metric(String name, String tag, String value) {
        return context.metrics().registry().get(name).tag(tag, value).counter().count();
    }

    private long parked() {
        return context.metrics()
                .registry()
                .get("hitotsu.stage")
                .tag("stage", "parked")
                .timer()
                .count();
    }

    private double up() {
        return context.metrics().registry().get("hitotsu.observer.up").gauge().value();
    }

    /** A shell that waits for a line, forks (so that it writes to pages which it must copy first), and answers. */
    @Test
    void countsWaitsAndFaultsWhileItIsAttachedAndLeavesNothing() throws Exception {
        requireEbpf();
        EbpfObserver observer = new EbpfObserver();
        startDaemon(observer);
        Process shell = new ProcessBuilder("/bin/sh", "-c", "while read x; do (:); echo $x; done").start();
        try (BufferedWriter in = shell.outputWriter();
                BufferedReader out = shell.inputReader()) {
            int pid = (int) shell.pid();
            onLoop(() -> {
                observer.onRunsHere(pid);
                observer.onShared(pid);
            });
            await().atMost(PATIENCE).until(() -> descriptors("bpf_link") == 2);
            assertThat(up()).isEqualTo(1);
            for (int i = 0; i < 50; i++) {
                in.write("line\n");
                in.flush();
                assertThat(out.readLine()).isEqualTo("line");
            }
            await().atMost(PATIENCE).untilAsserted(() -> {
                // Of 50 reads the first began before the hook was there, and the kernel may leave out some.
                assertThat(parked()).isGreaterThanOrEqualTo(40);
                assertThat(metric("hitotsu.kernel.faults", "access", "write")).isGreaterThanOrEqualTo(50);
            });
            assertThat(metric("hitotsu.observer.lost", "record", "fault_dropped"))
                    .isZero();
            onLoop(() -> {
                assertThat(observer.hot(pid)).isNotEmpty().allMatch(page -> page.faults() > 1);
                assertThat(observer.hot(pid + 1)).isEmpty();
            });

            onLoop(() -> observer.onLeft(pid));
            await().atMost(PATIENCE).until(() -> descriptors("bpf_link") == 1);
            onLoop(() -> observer.onUnshared(pid));
            await().atMost(PATIENCE).until(() -> descriptors("bpf_link") == 0);
            long before = parked();
            in.write("line\n");
            in.flush();
            assertThat(out.readLine()).isEqualTo("line");
            assertThat(parked()).isEqualTo(before);

            // A stop while something is watched.
            onLoop(() -> observer.onShared(pid));
            await().atMost(PATIENCE).until(() -> descriptors("bpf_link") == 1);
            get(daemon.stop());
            assertThat(descriptors("bpf")).isZero();
        } finally {
            shell.destroy();
        }
    }

    @Test
    void aRefusalLeavesADaemonThatObservesNothing() throws Exception {
        AtomicReference<BpfUnavailableException> refusal = new AtomicReference<>();
        EbpfObserver observer = new EbpfObserver((options, forwards, faults) -> {
            refusal.set(new BpfUnavailableException("hito_switch", "load", 1, null, "run as root", ""));
            throw refusal.get();
        });
        startDaemon(observer);
        await().atMost(PATIENCE).until(() -> refusal.get() != null);
        onLoop(() -> {
            observer.onRunsHere(1);
            observer.onShared(1);
            observer.onLeft(1);
            observer.onUnshared(1);
        });
        assertThat(up()).isZero();
        onLoop(() -> assertThat(observer.hot(1)).isEmpty());
        get(daemon.stop());
        assertThat(descriptors("bpf")).isZero();
    }

    @Test
    void theCheckSaysWhatIsMissingAndLeavesNothing() {
        List<KernelCheck.Finding> findings = new EbpfKernelCheck().optional();
        assertThat(findings).hasSize(1);
        KernelCheck.Finding finding = findings.get(0);
        assertThat(finding.usable()).isEqualTo(finding.missing().isEmpty());
        assertThat(finding.missing()).allMatch(missing -> missing.matches("eBPF .+: cannot .+; .+"));
        assertThat(descriptors("bpf")).isZero();
    }
}
