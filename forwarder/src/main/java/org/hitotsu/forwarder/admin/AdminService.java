package org.hitotsu.forwarder.admin;

/** Commands served on the administration socket. */
public interface AdminService {

    /**
     * Makes {@code command} answerable. Must be called on the daemon's event loop.
     *
     * @throws IllegalStateException if the command has a handler already
     */
    void register(String command, AdminHandler handler);
}
