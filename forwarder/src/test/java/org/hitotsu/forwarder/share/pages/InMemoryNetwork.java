package org.hitotsu.forwarder.share.pages;

import com.google.protobuf.InvalidProtocolBufferException;
import io.vertx.core.Context;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.IntConsumer;
import org.hitotsu.forwarder.membership.ComputerTable;
import org.hitotsu.forwarder.membership.PeerNetwork;
import org.hitotsu.forwarder.membership.ShareMessageHandler;
import org.hitotsu.forwarder.share.proto.ShareMessage;
import org.hitotsu.forwarder.wire.Payload;
import org.jspecify.annotations.Nullable;

/** Nodes joined by queues on one event loop; messages are written out and parsed as on a wire. */
public final class InMemoryNetwork {

    /** A message as its receiver got it. */
    public record Sent(int from, int to, ShareMessage message, byte[] payload) {}

    private final Context context;
    private final Map<Integer, Node> nodes = new HashMap<>();
    private final List<Sent> sent = new ArrayList<>();

    public InMemoryNetwork(Context context) {
        this.context = context;
    }

    /** The network as node {@code id} sees it. */
    public PeerNetwork node(int id) {
        return nodes.computeIfAbsent(id, Node::new);
    }

    /** Every message so far, in order. */
    public List<Sent> sent() {
        return sent;
    }

    private final class Node implements PeerNetwork {
        private final int id;
        private @Nullable ShareMessageHandler handler;

        Node(int id) {
            this.id = id;
        }

        @Override
        public int selfId() {
            return id;
        }

        @Override
        public boolean isUp(int nodeId) {
            return nodeId != id && nodes.containsKey(nodeId);
        }

        @Override
        public void send(int nodeId, ShareMessage message, Payload payload) {
            if (nodeId == id) {
                throw new IllegalArgumentException("node " + id + " sends to itself");
            }
            byte[] header = message.toByteArray();
            // Something before the payload, so that an ignored offset is noticed.
            byte[] frame = new byte[3 + payload.length()];
            int at = 3;
            for (int i = 0; i < payload.slices(); i++) {
                System.arraycopy(payload.array(i), payload.offset(i), frame, at, payload.length(i));
                at += payload.length(i);
            }
            context.runOnContext(ignored -> deliver(nodeId, header, frame));
        }

        private void deliver(int to, byte[] header, byte[] frame) {
            ShareMessage message;
            try {
                message = ShareMessage.parseFrom(header);
            } catch (InvalidProtocolBufferException e) {
                throw new IllegalStateException(e);
            }
            sent.add(new Sent(id, to, message, Arrays.copyOfRange(frame, 3, frame.length)));
            Node receiver = nodes.get(to);
            if (receiver != null && receiver.handler != null) {
                receiver.handler.onShareMessage(id, message, frame, 3, frame.length - 3);
            }
        }

        @Override
        public void onShareMessage(ShareMessageHandler shareMessageHandler) {
            handler = shareMessageHandler;
        }

        @Override
        public void onPeerUp(IntConsumer listener) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void onPeerDown(IntConsumer listener) {
            throw new UnsupportedOperationException();
        }

        @Override
        public ComputerTable computers() {
            throw new UnsupportedOperationException();
        }

        @Override
        public void onComputersChanged(Consumer<ComputerTable> listener) {
            throw new UnsupportedOperationException();
        }
    }
}
