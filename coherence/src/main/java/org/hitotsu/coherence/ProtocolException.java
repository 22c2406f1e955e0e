package org.hitotsu.coherence;

/**
 * A message or a completion which the state of its page does not allow.
 *
 * <p>It comes from the wire or from a fault in the daemon, so it is never ignored and never repaired. The instance which threw
 * it may have acted on a part of the event and must not be used any further: the daemon ends the share.
 */
public final class ProtocolException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final int node;
    private final long page;
    private final String state;
    private final String event;

    /**
     * @param node the node which sent the message, or the instance's own node for a completion
     * @param page the page, or the first page of a range
     * @param state the state the page was in
     * @param event what came
     */
    public ProtocolException(int node, long page, String state, String event) {
        super("node " + node + " page 0x" + Long.toHexString(page) + " state " + state + ": " + event);
        this.node = node;
        this.page = page;
        this.state = state;
        this.event = event;
    }

    public int node() {
        return node;
    }

    public long page() {
        return page;
    }

    public String state() {
        return state;
    }

    public String event() {
        return event;
    }
}
