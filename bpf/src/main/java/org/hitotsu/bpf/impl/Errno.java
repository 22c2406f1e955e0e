package org.hitotsu.bpf.impl;

import com.sun.jna.Native;

/** Error numbers of Linux which eBPF calls answer with, and what to do about them. */
public final class Errno {

    public static final int EPERM = 1;
    public static final int ENOENT = 2;
    public static final int ESRCH = 3;
    public static final int EINTR = 4;
    public static final int E2BIG = 7;
    public static final int EAGAIN = 11;
    public static final int ENOMEM = 12;
    public static final int EACCES = 13;
    public static final int EBUSY = 16;
    public static final int EEXIST = 17;
    public static final int EINVAL = 22;
    public static final int ENOSPC = 28;
    public static final int ENOSYS = 38;
    public static final int EOPNOTSUPP = 95;
    /** The kernel's own ENOTSUPP, which leaks out of some eBPF paths. */
    public static final int ENOTSUPP = 524;

    private Errno() {}

    /** The libc's text with the number, e.g. "Operation not permitted (errno 1)". */
    public static String describe(int errno) {
        return errno == ENOTSUPP
                ? "Operation not supported by this kernel (errno 524)"
                : Libc.strerror(errno) + " (errno " + errno + ")";
    }

    /** What helps against this error when an object is loaded or a program attached. */
    public static String remedy(int errno) {
        return switch (errno) {
            case EPERM, EACCES ->
                "run as root or with CAP_BPF and CAP_PERFMON, and check that neither lockdown nor the container forbids"
                        + " eBPF; EACCES with a verifier log means that the program was rejected";
            case ENOENT, ESRCH ->
                "the kernel needs CONFIG_DEBUG_INFO_BTF=y (/sys/kernel/btf/vmlinux) and the tracepoint, Linux 6.1 or"
                        + " later";
            case ENOSYS -> "the kernel needs CONFIG_BPF_SYSCALL=y";
            case EOPNOTSUPP, ENOTSUPP -> "the kernel needs CONFIG_BPF_JIT=y and CONFIG_BPF_EVENTS=y";
            case ENOMEM -> "free memory, or raise the memory limit of the daemon's cgroup";
            case EBUSY -> "another program occupies the hook; detach it first (bpftool link)";
            default -> "see the log of this exception for the verifier's or the library's words";
        };
    }

    /** The errno of the last JNA call of this thread that failed, as a negative number. */
    public static int last() {
        return -Native.getLastError();
    }
}
