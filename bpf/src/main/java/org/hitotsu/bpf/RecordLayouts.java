package org.hitotsu.bpf;

import java.util.List;

/**
 * Offsets, in bytes, of the records which the eBPF programs write. The C side is {@code src/main/c/observer.h}; a test
 * compares both through the BTF of the compiled object. All integers are in native byte order and unsigned.
 */
public final class RecordLayouts {

    /** u32, in every record: which record it is. */
    public static final int TYPE = 0;

    /** {@link #TYPE} of {@link Forward}. */
    public static final int TYPE_FORWARD = 1;

    /** {@link #TYPE} of {@link Fault}. */
    public static final int TYPE_FAULT = 2;

    private RecordLayouts() {}

    /**
     * One field as the readers read it.
     *
     * @param name in C
     * @param offset bytes from the start of the record
     * @param bytes width of the integer
     */
    public record Field(String name, int offset, int bytes) {}

    /** {@code struct hito_forward_record}: one wait of a watched thread inside a syscall. */
    public static final class Forward {
        /** Bytes in the record. */
        public static final int SIZE = 32;
        /** u32: the thread. */
        public static final int TID = 4;
        /** u32: the syscall's number. */
        public static final int NR = 8;
        /** u32: {@link #FLAG_SIGNAL}. */
        public static final int FLAGS = 12;
        /** u64: when it went off the CPU, ns of CLOCK_MONOTONIC, the clock of {@link System#nanoTime}. */
        public static final int NS_OUT = 16;
        /** u64: when it was back on a CPU, same clock. */
        public static final int NS_IN = 24;

        /** It woke with a signal pending: the wait may have been cut short instead of answered. */
        public static final int FLAG_SIGNAL = 1;

        /** Every field of the record. */
        public static final List<Field> FIELDS = List.of(
                new Field("type", TYPE, 4),
                new Field("tid", TID, 4),
                new Field("nr", NR, 4),
                new Field("flags", FLAGS, 4),
                new Field("ns_out", NS_OUT, 8),
                new Field("ns_in", NS_IN, 8));

        private Forward() {}
    }

    /** {@code struct hito_fault_record}: one page fault in user mode. */
    public static final class Fault {
        /** Bytes in the record. */
        public static final int SIZE = 40;
        /** u32: the thread. */
        public static final int TID = 4;
        /** u32: its process. */
        public static final int TGID = 8;
        /** u32: the processor's error code; {@link #ERROR_WRITE}, {@link #ERROR_FETCH}. */
        public static final int ERROR_CODE = 12;
        /** u64: the address that faulted. */
        public static final int ADDRESS = 16;
        /** u64: the instruction that touched it. */
        public static final int IP = 24;
        /** u64: when, ns of CLOCK_MONOTONIC. */
        public static final int NS = 32;

        /** Set in the error code of a write, clear in that of a read (Intel SDM volume 3, 4.7). */
        public static final int ERROR_WRITE = 2;

        /** Set in the error code of an instruction fetch, where pages can be without execute permission (same place). */
        public static final int ERROR_FETCH = 16;

        /** Every field of the record. */
        public static final List<Field> FIELDS = List.of(
                new Field("type", TYPE, 4),
                new Field("tid", TID, 4),
                new Field("tgid", TGID, 4),
                new Field("error_code", ERROR_CODE, 4),
                new Field("address", ADDRESS, 8),
                new Field("ip", IP, 8),
                new Field("ns", NS, 8));

        private Fault() {}
    }
}
