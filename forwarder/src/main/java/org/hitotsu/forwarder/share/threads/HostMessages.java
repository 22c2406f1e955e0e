package org.hitotsu.forwarder.share.threads;

import java.util.Collection;
import java.util.function.Supplier;
import org.hitotsu.forwarder.backend.ThreadImage;
import org.hitotsu.forwarder.membership.PeerNetwork;
import org.hitotsu.forwarder.share.ShareKey;
import org.hitotsu.forwarder.share.proto.Recall;
import org.hitotsu.forwarder.share.proto.ShareMessage;
import org.hitotsu.forwarder.share.proto.ThreadAdded;
import org.hitotsu.forwarder.share.proto.ThreadRemoved;
import org.hitotsu.forwarder.share.proto.Transplant;
import org.hitotsu.forwarder.wire.Payload;

/**
 * What the origin of one share tells its hosts of threads. A host gets it in the order in which it was sent, or is lost. Event
 * loop only.
 */
final class HostMessages {
    private final PeerNetwork network;
    private final ShareKey key;
    private final Supplier<Collection<Integer>> hosts;

    /** @param hosts the share's hosts now, all of which are told of new and ended threads */
    HostMessages(PeerNetwork network, ShareKey key, Supplier<Collection<Integer>> hosts) {
        this.network = network;
        this.key = key;
        this.hosts = hosts;
    }

    /** The program has a thread more, for which each host makes a place. */
    void added(SharedThread thread) {
        toAll(key.message().setThreadAdded(ThreadAdded.newBuilder().setThreadId(thread.id())));
    }

    /** The thread has ended. */
    void removed(SharedThread thread) {
        toAll(key.message().setThreadRemoved(ThreadRemoved.newBuilder().setThreadId(thread.id())));
    }

    /**
     * Has a thread run on {@code node}, from {@code image}.
     *
     * @param sequence number of its last forwarded system call
     */
    void transplant(SharedThread thread, int node, ThreadImage image, long sequence) {
        network.send(
                node,
                key.message()
                        .setTransplant(Transplant.newBuilder()
                                .setThreadId(thread.id())
                                .setSequence(sequence)
                                .setImage(Images.toWire(image)))
                        .build(),
                Payload.of(image.xstate()));
    }

    /** Has the host that a thread is on send it home. */
    void recall(SharedThread thread, String reason) {
        network.send(
                thread.node(),
                key.message()
                        .setRecall(Recall.newBuilder().setThreadId(thread.id()).setReason(reason))
                        .build(),
                Payload.EMPTY);
    }

    private void toAll(ShareMessage.Builder message) {
        ShareMessage built = message.build();
        for (int host : hosts.get()) {
            network.send(host, built, Payload.EMPTY);
        }
    }
}
