package org.hitotsu.forwarder.membership;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.function.BiConsumer;
import org.hitotsu.forwarder.config.HostPort;
import org.hitotsu.forwarder.wire.FrameConnection;
import org.hitotsu.forwarder.wire.proto.Hello;
import org.hitotsu.forwarder.wire.proto.HelloReply;
import org.hitotsu.forwarder.wire.proto.Refused;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks a member to be let in, again and again until it is there: nodes that are started together come up in any order. Event
 * loop only.
 */
final class JoinAttempts {
    private static final Logger log = LoggerFactory.getLogger(JoinAttempts.class);
    private static final long PAUSE_MILLIS = 250;

    private final Vertx vertx;
    private final Dialler dialler;
    private final HostPort member;
    private final Duration limit;
    private final Hello hello;
    private final BiConsumer<FrameConnection, HelloReply> welcome;
    private final Promise<Void> joined = Promise.promise();
    private final long startedNanos = System.nanoTime();
    private boolean said;
    private boolean over;

    /**
     * @param limit no attempt begins later than this after the first; zero for a single one
     * @param welcome called with the connection and its reply, before the future of {@link #begin} succeeds
     */
    JoinAttempts(
            Vertx vertx,
            Dialler dialler,
            HostPort member,
            Duration limit,
            Hello hello,
            BiConsumer<FrameConnection, HelloReply> welcome) {
        this.vertx = vertx;
        this.dialler = dialler;
        this.member = member;
        this.limit = limit;
        this.hello = hello;
        this.welcome = welcome;
    }

    /** Fails with a {@link JoinException} if the member refuses, or can't be reached in time. */
    Future<Void> begin() {
        attempt();
        return joined.future();
    }

    /** Makes no further attempt, and takes back the one that is under way if the member says yes. */
    void stop() {
        over = true;
    }

    private void attempt() {
        if (over) {
            stopped();
            return;
        }
        dialler.dial(member, hello, new Dialler.Outcome() {
            @Override
            public void welcomed(FrameConnection connection, HelloReply reply) {
                if (over) {
                    // Without this the member would take this node for one of its own until the lease ends.
                    connection.close();
                    stopped();
                    return;
                }
                welcome.accept(connection, reply);
                joined.complete();
            }

            @Override
            public void refused(Refused refused) {
                String reason = refused.getCause() + "; " + refused.getRemedy();
                JoinException failure =
                        new JoinException("node at " + member + ": refused to let this node in: " + reason);
                if (refused.getReason() == Refused.Reason.NO_COORDINATOR) {
                    // Nothing that is wrong with this node: another one is too busy, or just leaving.
                    againOr(failure, reason);
                } else {
                    joined.fail(failure);
                }
            }

            @Override
            public void unreachable(String cause) {
                againOr(
                        new JoinException("node at " + member + ": can't be joined: " + cause
                                + "; check the address, and that `hitotsu node` runs there"),
                        cause);
            }
        });
    }

    private void stopped() {
        joined.tryFail(new JoinException("node at " + member + ": not joined, as this node stops"));
    }

    private void againOr(JoinException failure, String cause) {
        if (System.nanoTime() - startedNanos >= limit.toNanos()) {
            joined.fail(failure);
            return;
        }
        if (!said) {
            said = true;
            log.info("node at {}: {}; trying again for {} s", member, cause, limit.toSeconds());
        }
        vertx.setTimer(PAUSE_MILLIS, timer -> attempt());
    }
}
