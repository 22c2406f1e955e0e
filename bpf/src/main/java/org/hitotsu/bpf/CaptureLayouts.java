package org.hitotsu.bpf;

import java.util.List;
import org.hitotsu.bpf.RecordLayouts.Field;

/**
 * Offsets, in bytes, of what capture.bpf.c writes and reads. The C side is {@code src/main/c/capture.h} and the kernel's
 * own {@code hitotsu-uapi.h}; a test compares all of them through the BTF of the compiled object. All integers are in
 * native byte order.
 */
public final class CaptureLayouts {

    private CaptureLayouts() {}

    /** {@code struct hitotsu_event}: what a thread does. */
    public static final class Event {
        /** Bytes in the record. */
        public static final int SIZE = 112;
        /** u64: what the process was attached with. */
        public static final int COOKIE = 0;
        /** u32: enum hitotsu_event_type. */
        public static final int TYPE = 8;
        /** u32: HITOTSU_EF_*. */
        public static final int FLAGS = 12;
        /** s32: the thread, in the initial pid namespace. */
        public static final int TID = 16;
        /** s32: its process. */
        public static final int PID = 20;
        /** u32: HITOTSU_HOME or _REMOTE. */
        public static final int MODE = 24;
        /** u32: the si_code of a trap's signal. */
        public static final int CODE = 28;
        /** u64: number of a captured call. */
        public static final int SEQ = 32;
        /** u64: the system call, or a trap's signal. */
        public static final int NR = 40;
        /** s64: what an executed call answered, or a trap's address. */
        public static final int RESULT = 48;
        /** u64[6]: of a captured call. */
        public static final int ARGS = 56;
        /** u64: the instruction pointer. */
        public static final int IP = 104;

        /** Every field of the record. */
        public static final List<Field> FIELDS = List.of(
                new Field("cookie", COOKIE, 8),
                new Field("type", TYPE, 4),
                new Field("flags", FLAGS, 4),
                new Field("tid", TID, 4),
                new Field("pid", PID, 4),
                new Field("mode", MODE, 4),
                new Field("code", CODE, 4),
                new Field("seq", SEQ, 8),
                new Field("nr", NR, 8),
                new Field("result", RESULT, 8),
                new Field("args", ARGS, 48),
                new Field("ip", IP, 8));

        private Event() {}
    }

    /** {@code struct hito_payload_record}: an event with memory of its thread. */
    public static final class PayloadRecord {
        /** Bytes in the record. */
        public static final int SIZE = 376;
        /** u32: enum hito_payload_kind. */
        public static final int KIND = 112;
        /** u32: bytes that could be read. */
        public static final int BYTES = 116;
        /** u8[256]: they themselves. */
        public static final int PAYLOAD = 120;
        /** Most bytes of a payload. */
        public static final int MAX_PAYLOAD = 256;

        /** Every field of the record. */
        public static final List<Field> FIELDS = List.of(
                new Field("event", 0, Event.SIZE),
                new Field("payload_kind", KIND, 4),
                new Field("payload_bytes", BYTES, 4),
                new Field("payload", PAYLOAD, MAX_PAYLOAD));

        private PayloadRecord() {}
    }

    /** {@code struct hito_rule}: what becomes of one system call; the key is its number, u32. */
    public static final class Rule {
        /** Bytes in the value. */
        public static final int SIZE = 8;
        /** How many numbers have a rule. */
        public static final int CALLS = 512;

        /** Every field of the value. */
        public static final List<Field> FIELDS = List.of(
                new Field("home", 0, 1),
                new Field("remote", 1, 1),
                new Field("payload_kind", 2, 1),
                new Field("payload_arg", 3, 1),
                new Field("length_arg", 4, 1),
                new Field("reserved", 5, 3));

        private Rule() {}
    }

    /** {@code struct hito_space}: an attached process; the key is its cookie, u64. */
    public static final class Space {
        /** Bytes in the value, read and written as one u64. */
        public static final int SIZE = 8;
        /** In the lower half, flags: the program is prepared. */
        public static final int FLAG_SHARED = 1;
        /** The program is told of the processors of all nodes. */
        public static final int FLAG_CLUSTER_CPUS = 2;
        /** The program's core file goes to another program. */
        public static final int FLAG_CORES_PIPED = 4;

        /** Every field of the value. */
        public static final List<Field> FIELDS = List.of(new Field("flags", 0, 4), new Field("answer_pid", 4, 4));

        private Space() {}
    }
}
