package org.hitotsu.forwarder.backend.common;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import org.hitotsu.forwarder.nativecall.Linux;
import org.jspecify.annotations.Nullable;

/**
 * System calls from which on pages of the program are used without its page tables: by a device that transfers into them
 * (O_DIRECT), by the kernel that has pinned them (io_uring's buffers), by a pipe (vmsplice) or by a process with the same
 * memory. Such a page may not be taken to another node, since what is written to it later would be lost, and no kernel tells
 * a process which they are: {@code /proc/PID/pagemap} has no bit for pins (pin_user_pages(), Documentation/core-api). The patched
 * one knows a pin when it is to take a page.
 */
public final class DirectUse {
    public static final int O_DIRECT = 0x4000;
    public static final int F_SETFL = 4;
    /** Rings in memory of the program's own, since Linux 6.5. */
    static final int IORING_SETUP_NO_MMAP = 1 << 14;

    public static final int CLONE_VM = 0x100;
    static final int CLONE_VFORK = 0x4000;
    public static final int CLONE_THREAD = 0x10000;

    private static final int USE_REGISTERED_RING = 1 << 31;
    /**
     * What io_uring_register(2) does without any page of the program: files, eventfds, probes, personalities, restrictions,
     * workers, rings, cancelling, and taking back. A later kernel's are taken for others.
     */
    private static final Set<Integer> HARMLESS_REGISTERS =
            Set.of(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 17, 18, 19, 20, 21, 23, 24, 25);

    private static final String DIRECT = "transfers directly between files and its memory (O_DIRECT)";
    private static final String REGISTERS = "has memory that io_uring uses directly";

    private DirectUse() {}

    /** Where the flags are that decide about a call. */
    public record Flags(long address, long mask, String why) {}

    /** What the program does by this call, as the end of a sentence; null if nothing of the kind, or {@link #flags} decide. */
    public static @Nullable String of(long nr, long[] args) {
        return switch ((int) nr) {
            case Linux.NR_OPEN -> (args[1] & O_DIRECT) != 0 ? DIRECT : null;
            case Linux.NR_OPENAT, Linux.NR_OPEN_BY_HANDLE_AT -> (args[2] & O_DIRECT) != 0 ? DIRECT : null;
            case Linux.NR_FCNTL -> (int) args[1] == F_SETFL && (args[2] & O_DIRECT) != 0 ? DIRECT : null;
            case Linux.NR_IO_URING_REGISTER ->
                HARMLESS_REGISTERS.contains((int) args[1] & ~USE_REGISTERED_RING) ? null : REGISTERS;
            case Linux.NR_VMSPLICE -> "has pages of its memory in a pipe (vmsplice)";
            default -> null;
        };
    }

    /** Of a call that has its flags in memory, where; null of others. */
    public static @Nullable Flags flags(long nr, long[] args) {
        return switch ((int) nr) {
            case Linux.NR_OPENAT2 -> new Flags(args[2], O_DIRECT, DIRECT);
            case Linux.NR_IO_URING_SETUP -> new Flags(args[1] + Long.BYTES, IORING_SETUP_NO_MMAP, REGISTERS);
            default -> null;
        };
    }

    /** The same of a call that makes a task; null also for one that only borrows the memory (vfork), and for threads. */
    public static @Nullable String ofClone(long flags) {
        return (flags & (CLONE_VM | CLONE_VFORK | CLONE_THREAD)) == CLONE_VM
                ? "shares its memory with another process (CLONE_VM)"
                : null;
    }

    /** What a process that ran before can do through descriptors it has; null if nothing of the kind. */
    public static @Nullable String from(int pid) {
        try (DirectoryStream<Path> descriptors = Files.newDirectoryStream(Path.of("/proc/" + pid + "/fdinfo"))) {
            for (Path descriptor : descriptors) {
                String why = from(descriptor);
                if (why != null) {
                    return why;
                }
            }
        } catch (IOException | DirectoryIteratorException e) {
            return null; // It has ended.
        }
        return null;
    }

    /** Of a pipe the flag means packets (pipe(2)), and no page is pinned. The descriptor is that of thread {@code tid}. */
    public static boolean isPipe(int tid, int fd) {
        return isPipe(Path.of("/proc/" + tid + "/fd/" + fd));
    }

    private static boolean isPipe(Path descriptor) {
        try {
            return Files.readSymbolicLink(descriptor).toString().startsWith("pipe:");
        } catch (IOException e) {
            return false;
        }
    }

    private static @Nullable String from(Path descriptor) {
        try {
            for (String line : Files.readAllLines(descriptor, java.nio.charset.StandardCharsets.ISO_8859_1)) {
                String value = line.substring(line.indexOf(':') + 1).strip();
                if (line.startsWith("flags:")
                        && (Long.parseLong(value, 8) & O_DIRECT) != 0
                        && !isPipe(Path.of(descriptor.toString().replace("/fdinfo/", "/fd/")))) {
                    return DIRECT;
                }
                if (line.startsWith("UserBufs:") && !value.equals("0")) {
                    return REGISTERS;
                }
            }
        } catch (IOException | NumberFormatException e) {
            return null; // Closed meanwhile.
        }
        return null;
    }
}
