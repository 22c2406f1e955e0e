package org.hitotsu.bpf;

/** What a page fault was about. */
public enum FaultAccess {
    /** A load. */
    READ,
    /** A store, or a load that is one step of a store (x86 read-modify-write instructions). */
    WRITE,
    /** The fetch of an instruction. */
    EXEC;

    private static final FaultAccess[] BY_BITS = {READ, WRITE, EXEC, EXEC};

    /** From the processor's error code, {@link RecordLayouts.Fault#ERROR_CODE}. */
    static FaultAccess of(int errorCode) {
        int write = (errorCode & RecordLayouts.Fault.ERROR_WRITE) != 0 ? 1 : 0;
        int fetch = (errorCode & RecordLayouts.Fault.ERROR_FETCH) != 0 ? 2 : 0;
        return BY_BITS[write | fetch];
    }
}
