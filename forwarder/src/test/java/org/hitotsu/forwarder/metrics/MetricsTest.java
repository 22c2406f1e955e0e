package org.hitotsu.forwarder.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.Tag;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.vertx.core.Vertx;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import org.hitotsu.forwarder.config.HostPort;
import org.hitotsu.forwarder.metrics.Metrics.Access;
import org.hitotsu.forwarder.metrics.Metrics.Direction;
import org.hitotsu.forwarder.metrics.Metrics.FaultKind;
import org.hitotsu.forwarder.metrics.Metrics.Stage;
import org.hitotsu.forwarder.metrics.Metrics.SyscallOutcome;
import org.hitotsu.forwarder.metrics.Metrics.Unobserved;
import org.hitotsu.forwarder.wire.WireStats;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class MetricsTest {

    private static final Path REFERENCE = Path.of("..", "docs", "metrics.md");

    private final PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    private final Metrics metrics = new Metrics(registry);

    @Test
    void whatIsCountedIsScraped() {
        metrics.syscallForwarded(1, SyscallOutcome.DONE);
        metrics.syscallForwarded(1, SyscallOutcome.DONE);
        metrics.syscallForwarded(35, SyscallOutcome.INTERRUPTED);
        metrics.syscallForwarded(400_000, SyscallOutcome.HOME);
        metrics.fault(FaultKind.UPGRADE);
        metrics.kernelFault(Access.EXEC);
        metrics.unobserved(Unobserved.FAULT_DROPPED, 5);
        metrics.pagesMoved(Direction.OUT, 3, 12_288);
        metrics.transplant(Direction.IN);
        metrics.homecoming("signal");
        metrics.latency(Stage.FAULT, 7_000);
        metrics.sharesFrom(() -> 4);
        metrics.peersFrom(() -> 2);

        assertThat(registry.scrape().lines())
                .contains(
                        "hitotsu_syscalls_forwarded_total{outcome=\"done\",syscall=\"write\"} 2.0",
                        "hitotsu_syscalls_forwarded_total{outcome=\"interrupted\",syscall=\"nanosleep\"} 1.0",
                        "hitotsu_syscalls_forwarded_total{outcome=\"home\",syscall=\"unknown\"} 1.0",
                        "hitotsu_faults_total{kind=\"upgrade\"} 1.0",
                        "hitotsu_kernel_faults_total{access=\"exec\"} 1.0",
                        "hitotsu_observer_lost_total{record=\"fault_dropped\"} 5.0",
                        "hitotsu_pages_total{direction=\"out\"} 3.0",
                        "hitotsu_page_bytes_total{direction=\"out\"} 12288.0",
                        "hitotsu_transplants_total{direction=\"in\"} 1.0",
                        "hitotsu_homecomings_total{reason=\"signal\"} 1.0",
                        "hitotsu_stage_seconds_bucket{stage=\"fault\",le=\"5.0E-6\"} 0",
                        "hitotsu_stage_seconds_bucket{stage=\"fault\",le=\"1.0E-5\"} 1",
                        "hitotsu_shares 4.0",
                        "hitotsu_peers_up 2.0");
    }

    @Test
    void reasonsAreBounded() {
        for (int i = 0; i < 1000; i++) {
            metrics.homecoming("reason" + i);
        }
        long series = registry.scrape()
                .lines()
                .filter(l -> l.startsWith("hitotsu_homecomings_total{"))
                .count();
        assertThat(series).isLessThanOrEqualTo(65);
        assertThat(registry.scrape()).contains("hitotsu_homecomings_total{reason=\"other\"} 936.0");
    }

    @Test
    void syscallsHaveTheirNames() {
        assertThat(SyscallNames.name(0)).isEqualTo("read");
        assertThat(SyscallNames.name(202)).isEqualTo("futex");
        assertThat(SyscallNames.name(435)).isEqualTo("clone3");
        assertThat(SyscallNames.name(462)).isEqualTo("mseal");
        assertThat(SyscallNames.name(-1)).isEqualTo("unknown");
    }

    @Test
    @Timeout(60)
    void pageIsServed() throws Exception {
        Vertx vertx = Vertx.vertx();
        try {
            MetricsServer.bindProcessMeters(registry);
            MetricsServer server = new MetricsServer(vertx, registry);
            HostPort at = server.start(new HostPort("127.0.0.1", 0))
                    .toCompletionStage()
                    .toCompletableFuture()
                    .get(20, TimeUnit.SECONDS);
            HttpClient client = HttpClient.newHttpClient();
            HttpResponse<String> page = client.send(
                    HttpRequest.newBuilder(URI.create("http://" + at + "/metrics"))
                            .build(),
                    HttpResponse.BodyHandlers.ofString());
            assertThat(page.statusCode()).isEqualTo(200);
            assertThat(page.headers().firstValue("Content-Type"))
                    .hasValueSatisfying(v -> assertThat(v).startsWith("text/plain"));
            assertThat(page.body()).contains("hitotsu_faults_total", "jvm_memory_used_bytes", "process_uptime_seconds");
            HttpResponse<String> other = client.send(
                    HttpRequest.newBuilder(URI.create("http://" + at + "/")).build(),
                    HttpResponse.BodyHandlers.ofString());
            assertThat(other.statusCode()).isEqualTo(404);
        } finally {
            vertx.close().toCompletionStage().toCompletableFuture().get(20, TimeUnit.SECONDS);
        }
    }

    /** docs/metrics.md lists exactly the meters there are. With -Dhitotsu.docs=write the table is written anew. */
    @Test
    void referenceListsExactlyTheMetersThereAre() throws Exception {
        String expected = table();
        String text = Files.readString(REFERENCE);
        int from = text.indexOf("| Meter |");
        int to = text.indexOf("\n\n", from);
        if ("write".equals(System.getProperty("hitotsu.docs"))) {
            Files.writeString(REFERENCE, text.substring(0, from) + expected + text.substring(to));
            return;
        }
        assertThat(text.substring(from, to)).isEqualTo(expected);
    }

    private String table() {
        for (SyscallOutcome outcome : SyscallOutcome.values()) {
            metrics.syscallForwarded(0, outcome);
        }
        metrics.homecoming("signal");
        metrics.sharesFrom(() -> 0);
        metrics.peersFrom(() -> 0);
        metrics.observerFrom(() -> 0);
        metrics.trafficFrom(new WireStats());

        Map<String, String[]> rows = new TreeMap<>();
        Map<String, Map<String, TreeSet<String>>> labels = new TreeMap<>();
        for (Meter meter : registry.getMeters()) {
            Meter.Id id = meter.getId();
            String name = id.getConventionName(registry.config().namingConvention())
                    + (id.getType() == Meter.Type.COUNTER ? "_total" : "");
            rows.put(name, new String[] {type(id.getType()), String.valueOf(id.getDescription())});
            Map<String, TreeSet<String>> values = labels.computeIfAbsent(name, n -> new TreeMap<>());
            for (Tag tag : id.getTags()) {
                values.computeIfAbsent(tag.getKey(), k -> new TreeSet<>()).add(tag.getValue());
            }
        }
        StringBuilder table = new StringBuilder("| Meter | Type | Labels | Meaning |\n| --- | --- | --- | --- |");
        rows.forEach((name, row) -> {
            StringBuilder cells = new StringBuilder();
            labels.getOrDefault(name, Map.of())
                    .forEach((key, values) -> cells.append(cells.isEmpty() ? "" : "; ")
                            .append('`')
                            .append(key)
                            .append('`')
                            // Values that depend on the program are not for a reference.
                            .append(
                                    key.equals("syscall") || key.equals("reason")
                                            ? ""
                                            : ": " + String.join(", ", values)));
            table.append("\n| `")
                    .append(name)
                    .append("` | ")
                    .append(row[0])
                    .append(" | ")
                    .append(cells)
                    .append(" | ")
                    .append(row[1])
                    .append(" |");
        });
        return table.toString();
    }

    private static String type(Meter.Type type) {
        return switch (type) {
            case COUNTER -> "counter";
            case GAUGE -> "gauge";
            case TIMER -> "histogram";
            default -> type.name();
        };
    }
}
