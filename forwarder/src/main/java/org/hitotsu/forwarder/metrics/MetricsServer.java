package org.hitotsu.forwarder.metrics;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.jvm.JvmGcMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.system.FileDescriptorMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.core.instrument.binder.system.UptimeMetrics;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import java.io.IOException;
import org.hitotsu.forwarder.config.HostPort;
import org.jspecify.annotations.Nullable;

/** Serves a registry as Prometheus text at {@code /metrics}. To be called on the event loop. */
public final class MetricsServer {

    private static final String CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8";

    private final Vertx vertx;
    private final PrometheusMeterRegistry registry;
    private @Nullable HttpServer server;

    /** @param registry what to serve */
    public MetricsServer(Vertx vertx, PrometheusMeterRegistry registry) {
        this.vertx = vertx;
        this.registry = registry;
    }

    /** Adds meters of the JVM and of its process to {@code registry}. */
    public static void bindProcessMeters(MeterRegistry registry) {
        new JvmMemoryMetrics().bindTo(registry);
        // Lives as long as the daemon: nothing to close before the process ends.
        @SuppressWarnings("resource")
        JvmGcMetrics collections = new JvmGcMetrics();
        collections.bindTo(registry);
        new JvmThreadMetrics().bindTo(registry);
        new ProcessorMetrics().bindTo(registry);
        new FileDescriptorMetrics().bindTo(registry);
        new UptimeMetrics().bindTo(registry);
    }

    /** Starts to serve. The future's value is the address with the port the kernel chose. */
    public Future<HostPort> start(HostPort address) {
        HttpServer http = vertx.createHttpServer(new HttpServerOptions().setIdleTimeout(60))
                .requestHandler(this::serve);
        server = http;
        return http.listen(address.port(), address.host())
                .map(s -> new HostPort(address.host(), s.actualPort()))
                .recover(e -> Future.failedFuture(new IOException(
                        "metrics address " + address + ": can't listen there: " + e.getMessage()
                                + "; give --metrics an address of this machine and a free port",
                        e)));
    }

    /** Stops to serve. */
    public Future<Void> stop() {
        HttpServer http = server;
        return http == null ? Future.succeededFuture() : http.close();
    }

    private void serve(HttpServerRequest request) {
        if (!request.method().equals(HttpMethod.GET) || !request.path().equals("/metrics")) {
            request.response().setStatusCode(404).end("GET /metrics\n");
            return;
        }
        // Writing hundreds of series takes milliseconds, which the event loop has not.
        vertx.executeBlocking(registry::scrape)
                .onComplete(
                        text -> request.response()
                                .putHeader("Content-Type", CONTENT_TYPE)
                                .end(text),
                        e -> request.response().setStatusCode(500).end(e + "\n"));
    }
}
