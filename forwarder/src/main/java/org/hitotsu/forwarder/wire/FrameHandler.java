package org.hitotsu.forwarder.wire;

import org.hitotsu.forwarder.wire.proto.WireHeader;

/** Receives decoded frames. */
@FunctionalInterface
public interface FrameHandler {

    /**
     * One frame.
     *
     * @param header its header, with a body
     * @param frame everything behind the total length field; fresh for this call, so it may be kept
     * @param payloadOffset where the payload starts in {@code frame}
     * @param payloadLength bytes of payload, 0 if there is none
     * @throws MalformedFrameException if this frame may not come here; the connection is closed
     */
    void onFrame(WireHeader header, byte[] frame, int payloadOffset, int payloadLength) throws MalformedFrameException;
}
