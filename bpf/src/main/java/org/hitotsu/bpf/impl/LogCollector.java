package org.hitotsu.bpf.impl;

import com.sun.jna.Callback;
import com.sun.jna.Memory;
import com.sun.jna.Pointer;
import org.jspecify.annotations.Nullable;

/**
 * Keeps what libbpf has to say instead of letting it write to standard error. libbpf calls back on the thread that
 * called it, so each thread collects its own; outside of {@link #start} and {@link #stop} it is dropped.
 *
 * <p>When a program is rejected libbpf loads it again with the verifier's log switched on and prints that log, so the
 * collected text has it.
 */
final class LogCollector {

    /** {@code libbpf_print_fn_t}. */
    interface Print extends Callback {
        int print(int level, Pointer format, Pointer arguments);
    }

    private static final int DEBUG = 2;

    /** A verifier log can be 16 MiB; its end holds the reason. */
    private static final int MESSAGE_BYTES = 256 << 10;

    private static final ThreadLocal<@Nullable StringBuilder> COLLECTING = new ThreadLocal<>();

    /** Held here for ever: libbpf keeps the pointer, and JNA frees the trampoline of a callback nobody refers to. */
    static final Print CALLBACK = LogCollector::collect;

    private LogCollector() {}

    private static int collect(int level, Pointer format, Pointer arguments) {
        StringBuilder text = COLLECTING.get();
        if (text == null || level >= DEBUG) {
            return 0;
        }
        try (Memory buffer = new Memory(MESSAGE_BYTES)) {
            Libc.vsnprintf(buffer, MESSAGE_BYTES, format, arguments);
            text.append(buffer.getString(0));
        }
        return 0;
    }

    /** Collects on this thread from now on. */
    static void start() {
        COLLECTING.set(new StringBuilder());
    }

    /** Stops collecting on this thread and answers what came. */
    static String stop() {
        StringBuilder text = COLLECTING.get();
        COLLECTING.remove();
        return text == null ? "" : text.toString().strip();
    }
}
