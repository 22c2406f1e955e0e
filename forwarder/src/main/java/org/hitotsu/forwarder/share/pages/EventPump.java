package org.hitotsu.forwarder.share.pages;

import java.util.ArrayDeque;
import java.util.function.Consumer;

/**
 * Gives the protocol classes one event at a time. Their actions may cause further events on the same node (the origin's
 * cache and the directory talk without a network); these wait until the event that caused them is done, which is what both
 * classes ask for.
 *
 * <p>Event loop only.
 */
public final class EventPump {
    private final ArrayDeque<Runnable> waiting = new ArrayDeque<>();
    private final Consumer<Throwable> onFailure;
    private boolean running;
    private boolean stopped;

    /** @param onFailure is told of an exception of the protocol, or of an error such as a lack of memory; the pump is stopped then */
    public EventPump(Consumer<Throwable> onFailure) {
        this.onFailure = onFailure;
    }

    /** Runs {@code event}, now or after those before it. */
    public void run(Runnable event) {
        if (stopped) {
            return;
        }
        waiting.add(event);
        if (running) {
            return;
        }
        running = true;
        try {
            Runnable next;
            while (!stopped && (next = waiting.poll()) != null) {
                next.run();
            }
        } catch (RuntimeException | Error e) {
            stop();
            onFailure.accept(e);
        } finally {
            running = false;
        }
    }

    /** Drops what waits and everything that comes. */
    public void stop() {
        stopped = true;
        waiting.clear();
    }
}
