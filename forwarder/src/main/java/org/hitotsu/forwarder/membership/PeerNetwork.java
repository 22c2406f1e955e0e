package org.hitotsu.forwarder.membership;

import java.util.function.Consumer;
import java.util.function.IntConsumer;
import org.hitotsu.forwarder.share.proto.ShareMessage;
import org.hitotsu.forwarder.wire.Payload;

/**
 * The other nodes, as the share layer sees them: ids to send to, messages from them, and word of their coming and going.
 *
 * <p>Every method must be called on the daemon's event loop, and every handler is called on it.
 *
 * <p>For each peer the order is: {@code onPeerUp}, its messages in the order they were sent, {@code onPeerDown}; nothing
 * of that incarnation follows. An id is never given to another node afterwards.
 */
public interface PeerNetwork {

    /** Id of this node, positive. */
    int selfId();

    /** Whether there is a connection to {@code nodeId} now. False for {@link #selfId()}. */
    boolean isUp(int nodeId);

    /**
     * Sends a message and its payload to a node. First in, first out for each peer; the sends of one turn of the event
     * loop leave in one write at the end of that turn. The payload is copied before this returns.
     *
     * <p>Nothing is thrown if the node is down or goes down: the message is dropped, and {@code onPeerDown} has told or
     * will tell.
     *
     * @throws IllegalArgumentException if the frame would exceed 16 MiB, or {@code nodeId} is this node
     */
    void send(int nodeId, ShareMessage message, Payload payload);

    /** Sets the receiver of share messages. To be set once, before the network starts. */
    void onShareMessage(ShareMessageHandler handler);

    /** Adds a listener, called with a node's id when it can be sent to; at once for those that are up already. */
    void onPeerUp(IntConsumer listener);

    /** Adds a listener, called with a node's id once it can't be reached any more or has left. */
    void onPeerDown(IntConsumer listener);

    /** The computer table as this node knows it now, itself included. */
    ComputerTable computers();

    /** Adds a listener, called with each new computer table. */
    void onComputersChanged(Consumer<ComputerTable> listener);
}
