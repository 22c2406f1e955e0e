package org.hitotsu.forwarder.membership;

import org.hitotsu.forwarder.share.proto.ShareMessage;

/** Receives the messages of other nodes' share services. */
@FunctionalInterface
public interface ShareMessageHandler {

    /**
     * One message has arrived. Called on the daemon's event loop, for each peer in the order in which it sent them.
     *
     * @param fromNode id of the sender
     * @param message the header's message
     * @param frame the whole frame as received; fresh for this call, so it may be kept
     * @param payloadOffset where the payload starts in {@code frame}
     * @param payloadLength length of the payload in bytes, 0 if there is none
     */
    void onShareMessage(int fromNode, ShareMessage message, byte[] frame, int payloadOffset, int payloadLength);
}
