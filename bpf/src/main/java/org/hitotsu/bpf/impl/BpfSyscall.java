package org.hitotsu.bpf.impl;

import com.sun.jna.Memory;
import com.sun.jna.Native;
import com.sun.jna.Platform;
import com.sun.jna.Pointer;
import java.nio.charset.StandardCharsets;

/**
 * bpf(2) itself, for what needs no library: table access by descriptor. An instance owns one attribute block and is
 * confined to one thread at a time; calls allocate nothing.
 */
public final class BpfSyscall {

    public static final int MAP_LOOKUP_ELEM = 1;
    public static final int MAP_UPDATE_ELEM = 2;
    public static final int MAP_DELETE_ELEM = 3;
    public static final int MAP_GET_NEXT_KEY = 4;
    private static final int PROG_GET_FD_BY_ID = 13;
    private static final int RAW_TRACEPOINT_OPEN = 17;
    private static final int OBJ_GET_INFO_BY_FD = 15;

    private static final long NUMBER = Platform.isARM() ? 280 : 321;

    /** union bpf_attr of the element commands: u32 fd at 0, u64 key at 8, value or next key at 16, flags at 24. */
    private static final int ATTR_BYTES = 32;

    private final Memory attr = new Memory(ATTR_BYTES);
    private final long attrAddress = Pointer.nativeValue(attr);

    /** One of the {@code MAP_} commands. Returns 0, or the negative errno. */
    public int map(int command, int fd, long key, long value, long flags) {
        attr.setLong(0, fd);
        attr.setLong(8, key);
        attr.setLong(16, value);
        attr.setLong(24, flags);
        return call(command);
    }

    /** Attaches a raw tracepoint program (Linux 4.17). Returns the link's descriptor, or the negative errno. */
    public int openRawTracepoint(String name, int programFd) {
        byte[] bytes = (name + "\0").getBytes(StandardCharsets.UTF_8);
        try (Memory text = new Memory(bytes.length)) {
            text.write(0, bytes, 0, bytes.length);
            attr.clear();
            attr.setLong(0, Pointer.nativeValue(text));
            attr.setInt(8, programFd);
            long fd = Libc.syscall(NUMBER, RAW_TRACEPOINT_OPEN, attrAddress, ATTR_BYTES);
            return fd < 0 ? -Native.getLastError() : (int) fd;
        }
    }

    /** The kernel's id of a program, or the negative errno. */
    public int programId(int fd) {
        // struct bpf_prog_info begins with u32 type, u32 id; a short buffer gets the beginning.
        try (Memory info = new Memory(8)) {
            attr.clear();
            attr.setInt(0, fd);
            attr.setInt(4, (int) info.size());
            attr.setLong(8, Pointer.nativeValue(info));
            int result = call(OBJ_GET_INFO_BY_FD);
            return result < 0 ? result : info.getInt(4);
        }
    }

    /** Whether the kernel still holds the program with this id; false too if this process may not ask. */
    public boolean programExists(int id) {
        attr.clear();
        attr.setInt(0, id);
        long fd = Libc.syscall(NUMBER, PROG_GET_FD_BY_ID, attrAddress, ATTR_BYTES);
        if (fd < 0) {
            return false;
        }
        Libc.close((int) fd);
        return true;
    }

    private int call(int command) {
        return Libc.syscall(NUMBER, command, attrAddress, ATTR_BYTES) < 0 ? -Native.getLastError() : 0;
    }
}
