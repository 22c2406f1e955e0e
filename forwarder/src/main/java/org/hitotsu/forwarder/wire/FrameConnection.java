package org.hitotsu.forwarder.wire;

import com.google.protobuf.MessageLite;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.util.ReferenceCountUtil;
import io.vertx.core.internal.net.NetSocketInternal;
import io.vertx.core.net.NetSocket;
import io.vertx.core.net.SocketAddress;
import java.util.function.Consumer;
import org.hitotsu.forwarder.wire.proto.WireHeader;
import org.jspecify.annotations.Nullable;

/**
 * One TCP connection that carries frames. Everything here belongs to the event loop of its socket: to be called on it,
 * and calling back on it.
 *
 * <p>Sends are gathered: the first of a turn of the event loop opens a buffer and schedules its write for the end of the
 * turn, the following append to it. A burst of replies costs one system call, and the receiver one wake-up.
 *
 * <p>Reading and writing go to the Netty channel under the Vert.x socket, because {@link NetSocket#handler} copies every
 * inbound buffer to the heap before the decoder copies it into its frame, and {@link NetSocket#write} allocates a promise
 * for each call.
 */
public final class FrameConnection {

    /** A buffer that has grown to this is written at once; it would only cost memory to let it grow on. */
    private static final int FLUSH_BYTES = 1 << 20;

    private static final int INITIAL_BUFFER_BYTES = 4 << 10;

    /** What a frame has beside its body and payload, and a little for those that follow. */
    private static final int HEADER_ROOM = 512;

    /** A peer that leaves this much unread is taken for stuck. */
    private static final long MAX_PENDING_BYTES = 512L << 20;

    private final NetSocketInternal socket;
    private final ChannelHandlerContext channelContext;
    private final FrameEncoder encoder = new FrameEncoder();
    private final FrameDecoder decoder;
    private final WireStats stats;
    private final Runnable flush = this::flush;

    private @Nullable FrameHandler frameHandler;
    private @Nullable Consumer<String> closeHandler;
    private @Nullable ByteBuf gathering;
    private boolean flushScheduled;
    private long nextSequence;
    private long lastReceivedNanos = System.nanoTime();
    private boolean closed;
    private @Nullable String failure;

    /**
     * Takes over {@code socket}, and gives no frame to anyone before {@link #onFrames}.
     *
     * @param maxTotalBytes largest total length taken for now
     * @param stats what to count into
     */
    public FrameConnection(NetSocket socket, int maxTotalBytes, WireStats stats) {
        this.stats = stats;
        this.socket = (NetSocketInternal) socket;
        this.channelContext = this.socket.channelHandlerContext();
        this.decoder = new FrameDecoder(maxTotalBytes, this::onFrame);
        socket.exceptionHandler(e -> failure = e.getMessage() != null ? e.getMessage() : e.toString());
        socket.closeHandler(v -> onClosed());
        this.socket.messageHandler(this::onBytes);
    }

    /** Sets who is given the frames, now or in place of the one before. */
    public void onFrames(FrameHandler handler) {
        frameHandler = handler;
    }

    /** Sets who is told, once and with the reason, that the connection was closed by anyone but {@link #close}. */
    public void onClose(Consumer<String> handler) {
        closeHandler = handler;
    }

    /** Changes the largest total length taken. */
    public void maxTotalBytes(int bytes) {
        decoder.maxTotalBytes(bytes);
    }

    /**
     * Queues a frame; it leaves at the end of this turn of the event loop, behind those queued before. The payload has
     * been copied when this returns. Does nothing on a closed connection.
     *
     * @param bodyField number of the oneof field of WireHeader which {@code body} is
     * @throws IllegalArgumentException if the frame would be larger than {@link FrameFormat#MAX_TOTAL_BYTES}
     */
    public void send(int bodyField, MessageLite body, Payload payload) {
        if (closed) {
            return;
        }
        ByteBuf out = gathering;
        if (out == null) {
            // Grown, a buffer would be of twice the size.
            int expected = payload.length() + body.getSerializedSize() + HEADER_ROOM;
            out = channelContext.alloc().directBuffer(Math.max(INITIAL_BUFFER_BYTES, expected));
            gathering = out;
        }
        encoder.encode(out, nextSequence, bodyField, body, payload);
        nextSequence++;
        stats.framesOut.increment();
        if (out.readableBytes() >= FLUSH_BYTES) {
            flush();
        } else if (!flushScheduled) {
            flushScheduled = true;
            channelContext.executor().execute(flush);
        }
    }

    /** Writes what was queued, closes the connection and calls no handler any more. */
    public void close() {
        if (closed) {
            return;
        }
        flush();
        closed = true;
        decoder.stop();
        socket.close();
    }

    /** Whether the connection is closed. */
    public boolean isClosed() {
        return closed;
    }

    /** {@link System#nanoTime} at which bytes last came in; the time of connecting before any did. */
    public long lastReceivedNanos() {
        return lastReceivedNanos;
    }

    /** Address of this end. */
    public SocketAddress localAddress() {
        return socket.localAddress();
    }

    /** Address of the other end. */
    public SocketAddress remoteAddress() {
        return socket.remoteAddress();
    }

    private void onBytes(Object message) {
        try {
            if (closed || !(message instanceof ByteBuf in)) {
                return;
            }
            lastReceivedNanos = System.nanoTime();
            stats.bytesIn.add(in.readableBytes());
            decoder.feed(in);
        } catch (MalformedFrameException e) {
            fail("malformed frame: " + e.getMessage());
        } finally {
            ReferenceCountUtil.release(message);
        }
    }

    private void onFrame(WireHeader header, byte[] frame, int payloadOffset, int payloadLength)
            throws MalformedFrameException {
        FrameHandler handler = frameHandler;
        if (handler == null) {
            throw new MalformedFrameException("nobody expects a frame here");
        }
        stats.framesIn.increment();
        handler.onFrame(header, frame, payloadOffset, payloadLength);
    }

    private void flush() {
        flushScheduled = false;
        ByteBuf out = gathering;
        if (out == null) {
            return;
        }
        gathering = null;
        if (closed) {
            out.release();
            return;
        }
        stats.writes.increment();
        stats.bytesOut.add(out.readableBytes());
        // A failure comes as an exception of the channel, which closes it.
        ChannelFuture unused = channelContext.writeAndFlush(out, channelContext.voidPromise());
        Channel channel = channelContext.channel();
        ChannelOutboundBuffer unsent = channel.unsafe().outboundBuffer();
        if (unsent != null && unsent.totalPendingWriteBytes() > MAX_PENDING_BYTES) {
            fail("it has left " + unsent.totalPendingWriteBytes() + " bytes unread");
        }
    }

    private void fail(String reason) {
        if (closed) {
            return;
        }
        failure = reason;
        // Tells the handlers through onClosed, which sees that it was not close() that was called.
        socket.close();
        onClosed();
    }

    private void onClosed() {
        if (closed) {
            return;
        }
        closed = true;
        decoder.stop();
        ByteBuf out = gathering;
        gathering = null;
        if (out != null) {
            out.release();
        }
        Consumer<String> handler = closeHandler;
        if (handler != null) {
            handler.accept(failure != null ? failure : "connection closed by the other end");
        }
    }
}
