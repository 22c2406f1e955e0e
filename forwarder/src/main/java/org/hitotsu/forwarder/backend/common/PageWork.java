package org.hitotsu.forwarder.backend.common;

import io.vertx.core.Context;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Page operations of one turn of the event loop, done at its end in runs: operations of one kind on adjacent pages, in the
 * order of the calls, become one system call each. The protocol never has two operations under way on one page, so those
 * on different pages may be joined freely.
 *
 * <p>Event loop only.
 */
public final class PageWork {
    /** Longest run; as long as the protocol's longest prefetch. */
    public static final int MAX_RUN = 64;

    public enum Kind {
        INSTALL_WRITABLE,
        INSTALL_PROTECTED,
        UNPROTECT,
        EXTRACT_SHARE,
        EXTRACT_INVALIDATE,
        DROP
    }

    /** One operation. */
    public record Item(Kind kind, long page, byte @Nullable [] data, int offset) {}

    /** Does a run: at least one item, all of {@code kind}, on adjacent pages in ascending order. */
    interface Worker {
        void run(Kind kind, List<Item> items);

        /** Every run of this turn has been handed out. */
        void flushed();
    }

    private final Context context;
    private final Worker worker;
    private List<Item> items = new ArrayList<>();
    private boolean scheduled;
    private boolean closed;

    PageWork(Context context, Worker worker) {
        this.context = context;
        this.worker = worker;
    }

    void add(Kind kind, long page) {
        add(kind, page, null, 0);
    }

    void add(Kind kind, long page, byte @Nullable [] data, int offset) {
        items.add(new Item(kind, page, data, offset));
        if (!scheduled) {
            scheduled = true;
            context.runOnContext(ignored -> flush());
        }
    }

    private void flush() {
        scheduled = false;
        List<Item> work = items;
        items = new ArrayList<>();
        int start = 0;
        for (int i = 1; i <= work.size() && !closed; i++) {
            boolean joins = i < work.size()
                    && i - start < MAX_RUN
                    && work.get(i).kind() == work.get(start).kind()
                    && work.get(i).page() == work.get(i - 1).page() + 1;
            if (!joins) {
                worker.run(work.get(start).kind(), work.subList(start, i));
                start = i;
            }
        }
        if (!closed) {
            worker.flushed();
        }
    }

    /** Drops what is not done. */
    void close() {
        closed = true;
    }
}
