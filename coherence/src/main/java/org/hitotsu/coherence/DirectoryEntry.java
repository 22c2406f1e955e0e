package org.hitotsu.coherence;

import org.jspecify.annotations.Nullable;

/** What the directory knows of one page. The states are described at {@link PageDirectory}. */
final class DirectoryEntry<D> {

    /** No node: the owner of a page with read copies only, and the requester of an orphaned request. */
    static final int NOBODY = Integer.MIN_VALUE;

    enum State {
        M,
        S,
        MS_D,
        SS_D,
        MM_D,
        SM_A,
        SM_AD,
        L;

        /** Whether the request at the head of the queue is being served. */
        boolean serving() {
            return this != M && this != S && this != L;
        }
    }

    /** A request for one page, in its page's queue or held by a lock. */
    static final class Request {
        final long page;
        final Access access;
        /** A hint is declined where a demand would be denied or held. */
        final boolean hint;

        final long since;
        /** {@link #NOBODY} once the node is lost while the request is being served. */
        int node;

        @Nullable
        Request next;

        Request(int node, long page, Access access, boolean hint, long since) {
            this.node = node;
            this.page = page;
            this.access = access;
            this.hint = hint;
            this.since = since;
        }
    }

    final long page;
    State state = State.M;
    /** The only holder, which may write; {@link #NOBODY} in S. */
    int owner;
    /** Holders of read copies; empty in M. */
    final NodeSet copies = new NodeSet();
    /** Nodes which have not answered a recall yet. A subset of owner and copies. */
    final NodeSet pending = new NodeSet();
    /** The pending node which is to send the contents. */
    int source = NOBODY;
    /** Whether the recalls outstanding leave a read copy. */
    boolean sharing;
    /** The contents, while no node is known to keep them. */
    @Nullable
    D data;

    boolean denied;
    int denyReason;
    /** A holder was lost since the page was last granted, so that contents may be missing through nobody's fault. */
    boolean lossy;
    /** The lock this page is under, in state L. */
    @Nullable
    RangeLock lock;

    @Nullable
    Request head;

    private @Nullable Request tail;

    DirectoryEntry(long page, int owner) {
        this.page = page;
        this.owner = owner;
    }

    void enqueue(Request request) {
        request.next = null;
        if (tail == null) {
            head = request;
        } else {
            tail.next = request;
        }
        tail = request;
    }

    @Nullable
    Request dequeue() {
        Request request = head;
        if (request != null) {
            head = request.next;
            if (head == null) {
                tail = null;
            }
            request.next = null;
        }
        return request;
    }

    /** Whether this node waits already for something which {@code access} would not add to. */
    boolean hasRequest(int node, Access access) {
        for (Request r = head; r != null; r = r.next) {
            if (r.node == node && (r.access == Access.WRITE || access == Access.READ)) {
                return true;
            }
        }
        return false;
    }

    /** Takes a lost node's requests out of the queue; one which is being served becomes nobody's. */
    void forgetRequests(int node) {
        Request r = head;
        if (r != null && state.serving()) {
            if (r.node == node) {
                r.node = NOBODY;
            }
            Request kept = r;
            r = r.next;
            kept.next = null;
            tail = kept;
        } else {
            head = null;
            tail = null;
        }
        while (r != null) {
            Request next = r.next;
            if (r.node != node) {
                enqueue(r);
            }
            r = next;
        }
    }

    /** Asks a holder for the page, to keep a copy or not as {@link #sharing} says. */
    void recall(int node, boolean needData, DirectoryActions<D> actions) {
        pending.add(node);
        if (needData) {
            source = node;
        }
        actions.recall(node, page, !sharing, needData);
    }

    ProtocolException failure(int node, String event) {
        String owned = owner == NOBODY ? "" : " owner " + owner;
        return new ProtocolException(node, page, state + owned + " copies " + copies + " pending " + pending, event);
    }
}
