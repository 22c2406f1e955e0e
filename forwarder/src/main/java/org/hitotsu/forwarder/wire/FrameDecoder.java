package org.hitotsu.forwarder.wire;

import com.google.protobuf.CodedInputStream;
import io.netty.buffer.ByteBuf;
import java.io.IOException;
import org.hitotsu.forwarder.wire.proto.WireHeader;
import org.jspecify.annotations.Nullable;

/**
 * Cuts a byte stream, however it is fragmented, into frames.
 *
 * <p>Each frame is collected in an array of its exact size, so a page is copied once, from the socket's buffer, and the
 * receiver may keep the array. Not thread-safe.
 */
public final class FrameDecoder {

    private final FrameHandler handler;

    private int maxTotalBytes;
    private long nextSequence;
    private boolean stopped;

    // The total length field while it is incomplete.
    private int total;
    private int totalBytesRead;

    // The frame being collected, null between frames.
    private byte @Nullable [] frame;
    private int filled;

    /** A decoder that takes frames of at most {@code maxTotalBytes} and gives them to {@code handler}. */
    public FrameDecoder(int maxTotalBytes, FrameHandler handler) {
        this.maxTotalBytes = maxTotalBytes;
        this.handler = handler;
    }

    /** Changes the limit, from the next frame on. */
    public void maxTotalBytes(int bytes) {
        maxTotalBytes = bytes;
    }

    /** Makes this and all later {@link #feed} discard what they are given. */
    public void stop() {
        stopped = true;
        frame = null;
    }

    /**
     * Takes all readable bytes of {@code in} and calls the handler for each frame they complete. Does not release
     * {@code in}.
     *
     * @throws MalformedFrameException if the stream is none of frames; the decoder has stopped then
     */
    public void feed(ByteBuf in) throws MalformedFrameException {
        try {
            while (!stopped && in.isReadable()) {
                byte[] collecting = frame;
                if (collecting == null) {
                    readTotal(in);
                } else {
                    int n = Math.min(in.readableBytes(), collecting.length - filled);
                    in.readBytes(collecting, filled, n);
                    filled += n;
                    if (filled == collecting.length) {
                        frame = null;
                        dispatch(collecting);
                    }
                }
            }
        } catch (MalformedFrameException e) {
            stop();
            throw e;
        }
        in.skipBytes(in.readableBytes());
    }

    private void readTotal(ByteBuf in) throws MalformedFrameException {
        if (totalBytesRead == 0 && in.readableBytes() >= FrameFormat.TOTAL_FIELD_BYTES) {
            startFrame(in.readInt());
            return;
        }
        total = total << 8 | in.readUnsignedByte();
        if (++totalBytesRead == FrameFormat.TOTAL_FIELD_BYTES) {
            int complete = total;
            total = 0;
            totalBytesRead = 0;
            startFrame(complete);
        }
    }

    private void startFrame(int length) throws MalformedFrameException {
        // The smallest frame has a header of its body's tag and length; a header without a body is refused later.
        if (length < FrameFormat.HEADER_FIELD_BYTES || length > maxTotalBytes) {
            throw new MalformedFrameException("frame of " + Integer.toUnsignedString(length) + " bytes; "
                    + FrameFormat.HEADER_FIELD_BYTES + " to " + maxTotalBytes + " are allowed");
        }
        frame = new byte[length];
        filled = 0;
    }

    private void dispatch(byte[] bytes) throws MalformedFrameException {
        int headerBytes = (bytes[0] & 0xff) << 24 | (bytes[1] & 0xff) << 16 | (bytes[2] & 0xff) << 8 | bytes[3] & 0xff;
        int room = bytes.length - FrameFormat.HEADER_FIELD_BYTES;
        if (headerBytes < 0 || headerBytes > room) {
            throw new MalformedFrameException(
                    "header of " + Integer.toUnsignedString(headerBytes) + " bytes in a frame with room for " + room);
        }
        WireHeader header;
        try {
            header = WireHeader.parseFrom(
                    CodedInputStream.newInstance(bytes, FrameFormat.HEADER_FIELD_BYTES, headerBytes));
        } catch (IOException e) {
            throw new MalformedFrameException("header is no WireHeader: " + e.getMessage(), e);
        }
        if (header.getSequence() != nextSequence) {
            throw new MalformedFrameException("frame " + Long.toUnsignedString(header.getSequence()) + " came where "
                    + nextSequence + " was due");
        }
        nextSequence++;
        if (header.getBodyCase() == WireHeader.BodyCase.BODY_NOT_SET) {
            throw new MalformedFrameException("header has no body known here");
        }
        int payloadOffset = FrameFormat.HEADER_FIELD_BYTES + headerBytes;
        handler.onFrame(header, bytes, payloadOffset, bytes.length - payloadOffset);
    }
}
