package org.hitotsu.forwarder.nativecall;

/**
 * What statx(2) says of the file that a name leads to, without asking a server for it (AT_STATX_DONT_SYNC): a name in /proc
 * leads to files of the program's, on whatever file system, and one that does not answer would hold up who asks. Any thread.
 *
 * @param error the errno; 0 if there is a status
 * @param deviceMajor of a device, its major number (Documentation/admin-guide/devices.txt)
 */
public record FileStatus(int error, Type type, int deviceMajor, Identity identity) {
    /** Of inode(7), as far as they are told apart here. */
    public enum Type {
        REGULAR,
        PIPE,
        SOCKET,
        CHARACTER_DEVICE,
        OTHER
    }

    /** Which file it is, as long as somebody has it open. */
    public record Identity(long device, long inode) {}

    /** In struct statx. */
    private static final int SIZE = 256;

    private static final int MODE = 28;
    private static final int INODE = 32;
    private static final int RDEV_MAJOR = 128;
    private static final int DEVICE = 136;

    private static final int AT_STATX_DONT_SYNC = 0x4000;
    /** STATX_TYPE and STATX_INO; the devices come with every answer. */
    private static final int WANTED = 0x101;

    private static final int FORMAT = 0xf000;

    public static FileStatus of(String path) {
        try (NativeMemory text = NativeMemory.ofString(path);
                NativeMemory out = new NativeMemory(SIZE)) {
            long at = out.address();
            long result = Linux.call(Linux.NR_STATX, Linux.AT_FDCWD, text.address(), AT_STATX_DONT_SYNC, WANTED, at, 0);
            if (result < 0) {
                return new FileStatus((int) -result, Type.OTHER, 0, new Identity(0, 0));
            }
            return new FileStatus(
                    0,
                    type(NativeMemory.getShort(at + MODE)),
                    NativeMemory.getInt(at + RDEV_MAJOR),
                    new Identity(NativeMemory.getLong(at + DEVICE), NativeMemory.getLong(at + INODE)));
        }
    }

    /** Of descriptor {@code fd} of a thread: its own, as its process's first one may have others (CLONE_FILES). */
    public static FileStatus ofDescriptor(int tid, int fd) {
        return of("/proc/" + tid + "/fd/" + Integer.toUnsignedString(fd));
    }

    private static Type type(int mode) {
        return switch (mode & FORMAT) {
            case 0x1000 -> Type.PIPE;
            case 0x2000 -> Type.CHARACTER_DEVICE;
            case 0x8000 -> Type.REGULAR;
            case 0xc000 -> Type.SOCKET;
            default -> Type.OTHER;
        };
    }
}
