package org.hitotsu.bpf.impl;

import com.sun.jna.Native;
import com.sun.jna.NativeLibrary;

/**
 * libbpf, directly mapped. Registration is eager: every function here must be in libbpf 1.1, or the class fails to
 * initialise. Objects, programs, maps and links are their addresses; 0 is an error with errno set (libbpf 1.0 and
 * later), a negative int is the negative errno.
 */
final class Libbpf {

    /** Oldest version with everything that is used and tested. */
    static final int MAJOR = 1;

    static final int MINOR = 1;

    static {
        Native.register(Libbpf.class, NativeLibrary.getInstance("libbpf.so.1"));
        libbpf_set_print(LogCollector.CALLBACK);
    }

    private Libbpf() {}

    static native int libbpf_major_version();

    static native int libbpf_minor_version();

    static native long libbpf_set_print(LogCollector.Print callback);

    static native long bpf_object__open_mem(long bytes, long size, long options);

    static native int bpf_object__load(long object);

    static native void bpf_object__close(long object);

    static native long bpf_object__next_program(long object, long program);

    static native String bpf_program__name(long program);

    static native String bpf_program__section_name(long program);

    static native int bpf_program__fd(long program);

    static native long bpf_program__attach(long program);

    static native int bpf_link__destroy(long link);

    static native long bpf_object__next_map(long object, long map);

    static native String bpf_map__name(long map);

    static native int bpf_map__fd(long map);

    static native int bpf_map__type(long map);

    static native int bpf_map__key_size(long map);

    static native int bpf_map__value_size(long map);

    static native int bpf_map__max_entries(long map);

    static native int bpf_map__set_max_entries(long map, int entries);

    /** A C {@code bool}: only the low byte of the answer is defined. */
    static native byte bpf_map__is_internal(long map);

    static native long bpf_map__initial_value(long map, long sizeOut);
}
