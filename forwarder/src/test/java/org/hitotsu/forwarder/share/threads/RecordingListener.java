package org.hitotsu.forwarder.share.threads;

import io.vertx.core.Future;
import java.util.Collection;
import java.util.List;
import org.hitotsu.forwarder.backend.Backend.Adoption;

/** A share with these hosts, whose shadows are there at once unless {@link #ready} says otherwise. */
final class RecordingListener implements ThreadMover.Listener {
    private final List<Integer> hosts;
    /** What a host's shadow waits for. */
    Future<Void> ready = Future.succeededFuture();

    int ended;
    int released;

    RecordingListener(Integer... hosts) {
        this.hosts = List.of(hosts);
    }

    @Override
    public void onEnded() {
        ended++;
    }

    @Override
    public void onReplaced(Adoption next) {}

    @Override
    public void onReleased() {
        released++;
    }

    @Override
    public Future<Void> ensureHost(int node) {
        return ready;
    }

    @Override
    public Collection<Integer> hosts() {
        return hosts;
    }

    @Override
    public void onAway(int threads) {}
}
