package org.hitotsu.forwarder.config;

import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Settings of one daemon. Immutable.
 *
 * @param listen where peers connect; port 0 lets the kernel choose
 * @param join a member of the cluster to join, or null to start one
 * @param joinTimeout how long to ask that member again and again; zero for once
 * @param name name for people, and of the administration socket
 * @param cpus processors offered to shares, at least 1
 * @param metrics where /metrics is served; port 0 lets the kernel choose
 * @param socket path of the administration socket
 * @param backend which kernel back-end to use
 * @param holdTime how long a node may at least use a page before it is taken away
 * @param pingInterval time between two pings to a peer
 * @param lease how long a silent peer is believed
 * @param insecure whether addresses other than loopback are allowed without TLS
 */
public record NodeConfig(
        HostPort listen,
        @Nullable HostPort join,
        Duration joinTimeout,
        String name,
        int cpus,
        HostPort metrics,
        Path socket,
        BackendChoice backend,
        Duration holdTime,
        Duration pingInterval,
        Duration lease,
        boolean insecure) {

    /** Default of {@link #listen}. */
    public static final HostPort DEFAULT_LISTEN = new HostPort("127.0.0.1", 7070);

    /** Default of {@link #joinTimeout}. */
    public static final Duration DEFAULT_JOIN_TIMEOUT = Duration.ofSeconds(30);

    /** Default of {@link #pingInterval}. */
    public static final Duration DEFAULT_PING_INTERVAL = Duration.ofSeconds(1);

    /** Default of {@link #lease}. */
    public static final Duration DEFAULT_LEASE = Duration.ofSeconds(5);

    /** Default of {@link #holdTime}. */
    public static final Duration DEFAULT_HOLD_TIME = Duration.ofNanos(500_000);

    /** Checks what no option parser has. */
    public NodeConfig {
        if (cpus < 1) {
            throw new IllegalArgumentException("cpus must be at least 1, not " + cpus);
        }
        if (lease.compareTo(pingInterval.multipliedBy(2)) < 0) {
            throw new IllegalArgumentException("the lease must be at least two ping intervals");
        }
    }
}
