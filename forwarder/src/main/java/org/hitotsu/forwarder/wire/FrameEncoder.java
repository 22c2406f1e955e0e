package org.hitotsu.forwarder.wire;

import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.MessageLite;
import io.netty.buffer.ByteBuf;
import java.io.IOException;
import org.hitotsu.forwarder.wire.proto.WireHeader;

/**
 * Writes frames into a buffer.
 *
 * <p>The envelope's two fields are written by hand: building a WireHeader would allocate a builder and a message for each
 * frame only to say the same bytes. Not thread-safe.
 */
final class FrameEncoder {

    private byte[] scratch = new byte[512];

    /**
     * Appends one frame to {@code out}.
     *
     * @param bodyField number of the oneof field of WireHeader which {@code body} is
     * @throws IllegalArgumentException if the frame would be larger than {@link FrameFormat#MAX_TOTAL_BYTES}; nothing
     *     has been written then
     */
    void encode(ByteBuf out, long sequence, int bodyField, MessageLite body, Payload payload) {
        int headerBytes = CodedOutputStream.computeUInt64Size(WireHeader.SEQUENCE_FIELD_NUMBER, sequence)
                + CodedOutputStream.computeMessageSize(bodyField, body);
        long total = (long) FrameFormat.HEADER_FIELD_BYTES + headerBytes + payload.length();
        if (total > FrameFormat.MAX_TOTAL_BYTES) {
            throw new IllegalArgumentException(
                    "frame of " + total + " bytes; at most " + FrameFormat.MAX_TOTAL_BYTES + " are allowed");
        }
        if (scratch.length < headerBytes) {
            scratch = new byte[Math.max(headerBytes, scratch.length * 2)];
        }
        CodedOutputStream header = CodedOutputStream.newInstance(scratch, 0, headerBytes);
        try {
            header.writeUInt64(WireHeader.SEQUENCE_FIELD_NUMBER, sequence);
            header.writeMessage(bodyField, body);
        } catch (IOException e) {
            // Can only mean that the size computed above is wrong: a bug in this class.
            throw new IllegalStateException("header does not fit its own size", e);
        }
        header.checkNoSpaceLeft();
        out.ensureWritable(FrameFormat.TOTAL_FIELD_BYTES + (int) total);
        out.writeInt((int) total);
        out.writeInt(headerBytes);
        out.writeBytes(scratch, 0, headerBytes);
        for (int i = 0; i < payload.slices(); i++) {
            out.writeBytes(payload.array(i), payload.offset(i), payload.length(i));
        }
    }
}
