package org.hitotsu.bpf;

import java.nio.ByteBuffer;
import org.hitotsu.bpf.CaptureLayouts.Event;
import org.hitotsu.bpf.CaptureLayouts.PayloadRecord;

/**
 * What a thread of an attached process does: a view of one record, valid while its listener is called. The next record
 * comes in the same object.
 */
public final class CaptureEvent {

    /** What has happened; the order is that of enum hitotsu_event_type, which counts from 1. */
    public enum Type {
        /** Waits at the entry of a system call. */
        CAPTURED,
        /** Waits for requests. */
        PARKED,
        /** What it was to execute is over, or a call it made itself and was to report. */
        EXECUTED,
        /** Parked, and a signal waits. */
        SIGNAL,
        /** Parked, because of a fault signal that was taken off. */
        TRAP,
        /** Parked before its first instruction. */
        BORN,
        /** Ends; nothing more comes of it. */
        EXITING,
        /** Parked before the first instruction of another program. */
        REPLACED,
        /** Asks whether a signal ends in a core file: the programs answer, and the listener never sees it. */
        SIGNALLED,
        /** Parked, for it does. */
        DUMPING
    }

    /** PARKED: in a captured call that has no result. */
    public static final int FLAG_IN_CALL = 1;
    /** The call came through a 32 bit entry. */
    public static final int FLAG_COMPAT = 2;
    /** A signal is pending. */
    public static final int FLAG_SIGNAL = 4;

    private static final Type[] TYPES = Type.values();

    private ByteBuffer data = ByteBuffer.allocate(0);
    private int offset;
    private boolean payload;

    /** A view of nothing yet. */
    public CaptureEvent() {}

    /** Looks at a record in native byte order; false if it is none. */
    public boolean wrap(ByteBuffer record, int at, int length) {
        data = record;
        offset = at;
        payload = length >= PayloadRecord.SIZE;
        if (length != Event.SIZE && length < PayloadRecord.SIZE) {
            return false;
        }
        int type = record.getInt(at + Event.TYPE);
        if (type < 1 || type > TYPES.length || TYPES[type - 1] == Type.SIGNALLED || tid() <= 0 || pid() <= 0) {
            return false;
        }
        int bytes = payload ? record.getInt(at + PayloadRecord.BYTES) : 0;
        return bytes >= 0 && bytes <= PayloadRecord.MAX_PAYLOAD;
    }

    /** What the process was attached with. */
    public long cookie() {
        return data.getLong(offset + Event.COOKIE);
    }

    public Type type() {
        return TYPES[data.getInt(offset + Event.TYPE) - 1];
    }

    /** Whether one of the flags of this class is set. */
    public boolean has(int flag) {
        return (data.getInt(offset + Event.FLAGS) & flag) != 0;
    }

    /** The thread, as the initial pid namespace numbers it; positive. */
    public int tid() {
        return data.getInt(offset + Event.TID);
    }

    /** Its process; positive. */
    public int pid() {
        return data.getInt(offset + Event.PID);
    }

    /** A trap's si_code. */
    public int code() {
        return data.getInt(offset + Event.CODE);
    }

    /** The number of a captured call, by which it is answered. */
    public long sequence() {
        return data.getLong(offset + Event.SEQ);
    }

    /** The system call's number, or a trap's signal. */
    public long number() {
        return data.getLong(offset + Event.NR);
    }

    /** What an executed call answered, as the kernel returned it. */
    public long result() {
        return data.getLong(offset + Event.RESULT);
    }

    /** A copy of a captured call's six arguments. */
    public long[] arguments() {
        long[] arguments = new long[6];
        for (int i = 0; i < arguments.length; i++) {
            arguments[i] = data.getLong(offset + Event.ARGS + 8 * i);
        }
        return arguments;
    }

    /** What memory of the thread came with it. */
    public CallRule.Payload payloadKind() {
        int kind = payload ? data.getInt(offset + PayloadRecord.KIND) : 0;
        return switch (kind) {
            case 1 -> CallRule.Payload.STRING;
            case 2 -> CallRule.Payload.BYTES;
            default -> CallRule.Payload.NONE;
        };
    }

    /** Bytes of that memory which could be read without a fault, at most 256; for a string with its NUL, if that fits. */
    public int payloadBytes() {
        return payload ? data.getInt(offset + PayloadRecord.BYTES) : 0;
    }

    /** A copy of them. */
    public byte[] payload() {
        byte[] bytes = new byte[payloadBytes()];
        data.get(offset + PayloadRecord.PAYLOAD, bytes);
        return bytes;
    }
}
