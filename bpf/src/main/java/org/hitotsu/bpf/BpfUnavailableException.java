package org.hitotsu.bpf;

import org.hitotsu.bpf.impl.Errno;
import org.jspecify.annotations.Nullable;

/**
 * The kernel, its configuration or a missing library does not allow an eBPF operation. The message says which program,
 * what was tried, why it failed and what would help; it is meant to be logged as it is.
 */
public final class BpfUnavailableException extends Exception {

    private static final long serialVersionUID = 1L;

    private final String program;
    private final int errno;
    private final String remedy;
    private final String log;

    /**
     * @param program the program or object concerned
     * @param operation what was tried, e.g. "attach to tp_btf/sched_switch"
     * @param errno the kernel's positive error number, 0 where the failure is not the kernel's
     * @param detail more about the cause, or null
     * @param remedy what would help
     * @param log what the library and the verifier had to say, or ""
     */
    public BpfUnavailableException(
            String program, String operation, int errno, @Nullable String detail, String remedy, String log) {
        super(message(program, operation, errno, detail, remedy));
        this.program = program;
        this.errno = errno;
        this.remedy = remedy;
        this.log = log;
    }

    private static String message(String program, String operation, int errno, @Nullable String detail, String remedy) {
        StringBuilder text =
                new StringBuilder("eBPF ").append(program).append(": cannot ").append(operation);
        if (errno != 0) {
            text.append(": ").append(Errno.describe(errno));
        }
        if (detail != null && !detail.isEmpty()) {
            text.append(": ").append(detail);
        }
        return text.append("; ").append(remedy).toString();
    }

    /** The program or object concerned. */
    public String program() {
        return program;
    }

    /** The kernel's positive error number; 0 where the failure is not the kernel's. */
    public int errno() {
        return errno;
    }

    /** What would help, as a phrase. */
    public String remedy() {
        return remedy;
    }

    /** What the library said while it failed, the verifier's log included; "" if nothing. Can be hundreds of lines. */
    public String log() {
        return log;
    }
}
