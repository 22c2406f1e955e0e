package org.hitotsu.forwarder.admin;

import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;

/** Answers one command of the administration socket. */
@FunctionalInterface
public interface AdminHandler {

    /**
     * Called on the daemon's event loop; must not block it. The future's object becomes the final reply. A failed future
     * (or an exception) becomes an error reply; an {@link AdminException} chooses its exit code and text.
     *
     * @param request the whole request, {@code {"command": NAME, "id": N, ...}}
     * @param connection who asks; replies before the final one go through {@link AdminConnection#send}
     */
    Future<JsonObject> handle(JsonObject request, AdminConnection connection);
}
