package org.hitotsu.forwarder.admin;

import io.vertx.core.json.JsonObject;

/** A client of the administration socket. Every method must be called on the daemon's event loop. */
public interface AdminConnection {

    /**
     * Sends one object to the client ahead of the final reply, in order. Dropped if the client has gone. The client tells
     * it from the final reply by the member {@code "final"}, which only that has.
     */
    void send(JsonObject object);

    /** Adds a listener called once when the client has gone; at once if it has gone already. */
    void onClose(Runnable listener);

    /** Closes the connection after what was sent has left. */
    void close();

    /** Process id of the client as the kernel gives it (SO_PEERCRED), or -1 if unknown. */
    int peerPid();

    /** User id of the client as the kernel gives it (SO_PEERCRED), or -1 if unknown. */
    int peerUid();
}
