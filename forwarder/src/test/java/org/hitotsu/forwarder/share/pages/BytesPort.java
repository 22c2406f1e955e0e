package org.hitotsu.forwarder.share.pages;

import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Queue;
import java.util.function.Consumer;
import org.hitotsu.forwarder.backend.PagePort;
import org.jspecify.annotations.Nullable;

/**
 * Memory that keeps its bytes on the heap, and a program which uses it: an access without the right faults, waits, and is
 * made when the page is here. Whatever no kernel would be asked for by a correct caller throws.
 */
public final class BytesPort implements PagePort {

    private enum Mode {
        ABSENT,
        READ,
        WRITE
    }

    private record Waiting(boolean write, Consumer<byte[]> use, int tid, Promise<Void> done) {}

    private final Context context;
    private final boolean origin;
    private final Map<Long, byte[]> content = new HashMap<>();
    private final Map<Long, Mode> modes = new HashMap<>();
    private final Map<Long, Denial> denials = new HashMap<>();
    private final Map<Long, Queue<Waiting>> waiting = new HashMap<>();
    private @Nullable Events events;

    /** @param origin whether all pages are here at first */
    public BytesPort(Context context, boolean origin) {
        this.context = context;
        this.origin = origin;
    }

    // The program.

    /** Completes when {@code use} has had the page's bytes; they may be changed only by an access which writes. */
    public Future<Void> access(long page, boolean write, int tid, Consumer<byte[]> use) {
        Promise<Void> done = Promise.promise();
        attempt(page, new Waiting(write, use, tid, done));
        return done.future();
    }

    public Future<Byte> read(long page, int offset) {
        byte[] value = new byte[1];
        return access(page, false, 1, bytes -> value[0] = bytes[offset]).map(done -> value[0]);
    }

    public Future<Void> write(long page, int offset, int value) {
        return access(page, true, 1, bytes -> bytes[offset] = (byte) value);
    }

    /** Makes accesses from other nodes to a page fail. */
    public void deny(long page, Denial reason) {
        denials.put(page, reason);
    }

    public boolean isWritable(long page) {
        return mode(page) == Mode.WRITE;
    }

    public boolean isPresent(long page) {
        return mode(page) != Mode.ABSENT;
    }

    private Mode mode(long page) {
        return modes.getOrDefault(page, origin ? Mode.WRITE : Mode.ABSENT);
    }

    private byte[] bytes(long page) {
        return content.computeIfAbsent(page, p -> new byte[PageData.SIZE]);
    }

    private void attempt(long page, Waiting access) {
        Mode mode = mode(page);
        if (access.write ? mode == Mode.WRITE : mode != Mode.ABSENT) {
            access.use.accept(bytes(page));
            access.done.complete();
            return;
        }
        waiting.computeIfAbsent(page, p -> new ArrayDeque<>()).add(access);
        boolean protectedPage = mode == Mode.READ;
        later(e -> e.onFault(page, access.write, protectedPage, access.tid));
    }

    private void retry(long page) {
        Queue<Waiting> ready = waiting.remove(page);
        if (ready != null) {
            context.runOnContext(ignored -> ready.forEach(access -> attempt(page, access)));
        }
    }

    // The port.

    private void later(Consumer<Events> event) {
        context.runOnContext(ignored -> {
            if (events != null) {
                event.accept(events);
            }
        });
    }

    private void expect(boolean holds, String what, long page) {
        if (!holds) {
            throw new IllegalStateException(what + " of page " + page + " which is " + mode(page));
        }
    }

    @Override
    public void events(Events receiver) {
        events = receiver;
    }

    @Override
    public void install(long page, byte[] data, int offset, boolean writable) {
        expect(mode(page) == Mode.ABSENT, "install", page);
        content.put(page, Arrays.copyOfRange(data, offset, offset + PageData.SIZE));
        modes.put(page, writable ? Mode.WRITE : Mode.READ);
        retry(page);
        later(e -> e.onInstalled(page));
    }

    @Override
    public void unprotect(long page) {
        expect(mode(page) == Mode.READ, "unprotect", page);
        modes.put(page, Mode.WRITE);
        retry(page);
        later(e -> e.onInstalled(page));
    }

    @Override
    public void extract(long page, boolean invalidate) {
        Denial denial = denials.get(page);
        if (denial != null) {
            later(e -> e.onExtractDenied(page, denial));
            return;
        }
        expect(mode(page) != Mode.ABSENT, "extract", page);
        byte[] data = bytes(page).clone();
        modes.put(page, invalidate ? Mode.ABSENT : Mode.READ);
        if (invalidate) {
            content.remove(page);
        }
        later(e -> e.onExtracted(page, data));
    }

    @Override
    public void drop(long page) {
        expect(mode(page) != Mode.ABSENT, "drop", page);
        modes.put(page, Mode.ABSENT);
        content.remove(page);
        later(e -> e.onDropped(page));
    }

    @Override
    public void wake(long page) {
        retry(page);
    }

    @Override
    public void resolveLocally(long page, boolean write) {
        if (origin) {
            // What was discarded is mapped anew by the program, and empty.
            modes.put(page, Mode.WRITE);
        }
        retry(page);
    }

    @Override
    public void tracked(TrackedPages pages) {}

    @Override
    public @Nullable Denial check(long page, boolean write) {
        return denials.get(page);
    }
}
