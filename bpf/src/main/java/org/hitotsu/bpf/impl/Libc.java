package org.hitotsu.bpf.impl;

import com.sun.jna.Native;
import com.sun.jna.Platform;
import com.sun.jna.Pointer;

/**
 * The few C library calls needed besides libbpf. Directly mapped: pointers and sizes are {@code long}, nothing is
 * marshalled; errno of a failed call is {@link Native#getLastError()}. 64-bit Linux only.
 */
public final class Libc {

    public static final int PROT_READ = 1;
    public static final int PROT_WRITE = 2;
    public static final int MAP_SHARED = 1;
    public static final long MAP_FAILED = -1;
    public static final short POLLIN = 1;

    static {
        Native.register(Libc.class, Platform.C_LIBRARY_NAME);
    }

    private Libc() {}

    public static native long mmap(long address, long length, int protection, int flags, int fd, long offset);

    public static native int munmap(long address, long length);

    public static native int poll(long fds, long count, int timeoutMillis);

    public static native int close(int fd);

    public static native int getpagesize();

    public static native String strerror(int errno);

    /** Process-wide, and not safe against a getenv in another thread: only from a loader, with a name of its own. */
    static native int setenv(String name, String value, int overwrite);

    /** The variadic syscall(2) with the arity of bpf(2); on 64-bit ABIs the registers are the same. */
    public static native long syscall(long number, long first, long second, long third);

    /** {@code arguments} is a va_list, which decays to a pointer on x86-64 and is passed by reference on aarch64. */
    static native int vsnprintf(Pointer buffer, long size, Pointer format, Pointer arguments);
}
