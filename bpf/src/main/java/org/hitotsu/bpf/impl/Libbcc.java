package org.hitotsu.bpf.impl;

import com.sun.jna.Native;
import com.sun.jna.NativeLibrary;

/** libbcc, directly mapped (bcc_common.h). Loading it brings LLVM and clang into the process. */
final class Libbcc {

    static {
        Native.register(Libbcc.class, NativeLibrary.getInstance("libbcc.so.0"));
    }

    private Libbcc() {}

    static native long bpf_module_create_c_from_string(
            long text, int flags, long cflags, int cflagCount, int allowRlimit, long device);

    static native void bpf_module_destroy(long module);

    static native long bpf_num_functions(long module);

    static native String bpf_function_name(long module, long index);

    static native long bpf_function_start_id(long module, long index);

    static native long bpf_function_size_id(long module, long index);

    static native long bpf_num_tables(long module);

    static native String bpf_table_name(long module, long index);

    static native int bpf_table_fd_id(long module, long index);

    static native int bpf_table_type_id(long module, long index);

    static native long bpf_table_key_size_id(long module, long index);

    static native long bpf_table_leaf_size_id(long module, long index);

    static native long bpf_table_max_entries_id(long module, long index);

    static native int bcc_func_load(
            long module,
            int programType,
            String name,
            long instructions,
            int bytes,
            String license,
            int kernelVersion,
            int logLevel,
            long log,
            int logBytes,
            long device,
            int flags,
            int attachType);
}
