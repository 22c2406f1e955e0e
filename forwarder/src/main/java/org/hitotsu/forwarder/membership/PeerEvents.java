package org.hitotsu.forwarder.membership;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.IntConsumer;
import org.hitotsu.forwarder.share.proto.ShareMessage;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Who is told what of the peers, in the order in which it happened.
 *
 * <p>Closed at first: what happens is kept, for a module that is still starting must miss nothing. {@link #open} tells it;
 * from then on everything is told at once. {@link #silence} ends it. Accessed from the event loop only.
 */
final class PeerEvents {

    private static final Logger log = LoggerFactory.getLogger(PeerEvents.class);

    private final List<IntConsumer> upListeners = new ArrayList<>();
    private final List<IntConsumer> downListeners = new ArrayList<>();
    private final List<Consumer<ComputerTable>> tableListeners = new ArrayList<>();
    private Consumer<String> removedListener = reason -> {};
    private @Nullable ShareMessageHandler shareHandler;

    // What has happened so far, null once open.
    private @Nullable ArrayDeque<Runnable> kept = new ArrayDeque<>();
    private boolean silent;

    void onPeerUp(IntConsumer listener) {
        upListeners.add(listener);
    }

    void onPeerDown(IntConsumer listener) {
        downListeners.add(listener);
    }

    void onComputersChanged(Consumer<ComputerTable> listener) {
        tableListeners.add(listener);
    }

    void onShareMessage(ShareMessageHandler handler) {
        if (shareHandler != null) {
            throw new IllegalStateException("share messages have a receiver already");
        }
        shareHandler = handler;
    }

    void onRemoved(Consumer<String> listener) {
        removedListener = listener;
    }

    boolean isOpen() {
        return kept == null;
    }

    /** Tells what was kept, and from now on all at once. */
    void open() {
        ArrayDeque<Runnable> earlier = kept;
        kept = null;
        if (earlier != null) {
            earlier.forEach(Runnable::run);
        }
    }

    /** Tells nothing any more. */
    void silence() {
        silent = true;
    }

    void up(int id) {
        tell(() -> upListeners.forEach(l -> l.accept(id)));
    }

    void down(int id) {
        tell(() -> downListeners.forEach(l -> l.accept(id)));
    }

    void table(ComputerTable table) {
        tell(() -> tableListeners.forEach(l -> l.accept(table)));
    }

    void share(int from, ShareMessage message, byte[] frame, int payloadOffset, int payloadLength) {
        if (kept == null) {
            // Not through tell, which would allocate for each message.
            handOver(from, message, frame, payloadOffset, payloadLength);
        } else {
            tell(() -> handOver(from, message, frame, payloadOffset, payloadLength));
        }
    }

    /** This node is not in the table any more; told once, and without delay. */
    void removed(String reason) {
        if (!silent) {
            Consumer<String> listener = removedListener;
            removedListener = again -> {};
            listener.accept(reason);
        }
    }

    private void tell(Runnable event) {
        ArrayDeque<Runnable> keep = kept;
        if (keep != null) {
            keep.add(event);
        } else if (!silent) {
            event.run();
        }
    }

    private void handOver(int from, ShareMessage message, byte[] frame, int payloadOffset, int payloadLength) {
        ShareMessageHandler handler = shareHandler;
        if (handler == null) {
            log.warn("peer {}: share message dropped: this node has no share service", from);
            return;
        }
        if (silent) {
            return;
        }
        try {
            handler.onShareMessage(from, message, frame, payloadOffset, payloadLength);
        } catch (RuntimeException e) {
            // A fault in the handling of one message must not cost the connection, and with it every share of this
            // peer.
            log.error("peer {}: handling of a message of share {} failed", from, message.getShareId(), e);
        }
    }
}
