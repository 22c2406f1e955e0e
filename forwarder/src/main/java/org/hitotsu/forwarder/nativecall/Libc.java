package org.hitotsu.forwarder.nativecall;

import com.sun.jna.Native;

/**
 * The C library by JNA direct mapping. Every call goes through {@code syscall(2)}, so the binding has one symbol, and
 * no missing one can fail the class. Pointers and sizes are {@code long}; nothing is allocated per call.
 *
 * <p>Any thread may call; ptrace requests must come from the thread that traces (ptrace(2)).
 */
final class Libc {
    static {
        Native.register(Libc.class, "c");
    }

    private Libc() {}

    /** syscall(2): the result, or -1 with {@link Native#getLastError()} set. */
    static native long syscall(long number, long a, long b, long c, long d, long e, long f);

    /** posix_spawn(3): 0 or an errno. The pid is stored at {@code pidOut}. */
    static native int posix_spawn(long pidOut, long path, long actions, long attributes, long argv, long environment);
}
