package org.hitotsu.forwarder.syscall;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * System calls that transfer something piece by piece and answer how much it was: a stop that breaks one off in the middle
 * has it answer less, as a signal would (signal(7), write(2), recv(2), getrandom(2)). Here stands which these are, and what
 * is left to do of one. Calls that come back short of themselves (splice(2), a read from a pipe) are none of them.
 */
public final class Transfers {
    /** What a descriptor is of; how it transfers depends on that. */
    public enum FileKind {
        PIPE,
        SOCKET,
        TERMINAL,
        /** /dev/zero, /dev/random and their kin. */
        MEMORY,
        /** Regular files and all others, no read or write of which a signal breaks off. */
        OTHER
    }

    /** Where the pieces of a call are described. */
    public enum Vector {
        /** There is one, which the arguments name. */
        NONE,
        /** {@code struct iovec} from argument 1 on, as many as argument 2 says. */
        IOVEC,
        /** As a {@code struct msghdr} at argument 1 says. */
        MSGHDR
    }

    /** A system call which does a part of what another one would have done. */
    public record Part(long nr, long... args) {}

    /** Most {@code struct iovec} of one call (UIO_MAXIOV). */
    public static final int MAX_VECTOR = 1024;

    public static final int IOVEC_SIZE = 16;
    /** The part of {@code struct msghdr} in which its iovec is, and where. */
    public static final int MSGHDR_SIZE = 32;

    public static final int MSGHDR_IOV = 16;
    public static final int MSGHDR_IOVLEN = 24;

    private static final int MSG_PEEK = 0x2;
    private static final int MSG_DONTWAIT = 0x40;
    private static final int MSG_WAITALL = 0x100;
    private static final int MSG_WAITFORONE = 0x10000;
    private static final int MMSGHDR_SIZE = 64;
    private static final int IO_EVENT_SIZE = 32;
    private static final int IORING_ENTER_EXT_ARG = 8;

    private static final int READ = 0;
    private static final int WRITE = 1;
    private static final int PREAD64 = 17;
    private static final int PWRITE64 = 18;
    private static final int READV = 19;
    private static final int WRITEV = 20;
    private static final int SENDFILE = 40;
    private static final int SENDTO = 44;
    private static final int RECVFROM = 45;
    private static final int SENDMSG = 46;
    private static final int RECVMSG = 47;
    private static final int IO_GETEVENTS = 208;
    private static final int VMSPLICE = 278;
    private static final int PREADV = 295;
    private static final int RECVMMSG = 299;
    private static final int SENDMMSG = 307;
    private static final int GETRANDOM = 318;
    private static final int COPY_FILE_RANGE = 326;
    private static final int PREADV2 = 327;
    private static final int PWRITEV2 = 328;
    private static final int IO_PGETEVENTS = 333;
    private static final int IO_URING_ENTER = 426;

    private Transfers() {}

    /** Whether some calls of this number may be broken off, depending on their arguments. */
    public static boolean concerns(long nr) {
        return switch ((int) nr) {
            case READ,
                    WRITE,
                    PREAD64,
                    PWRITE64,
                    READV,
                    WRITEV,
                    SENDFILE,
                    SENDTO,
                    RECVFROM,
                    SENDMSG,
                    RECVMSG,
                    IO_GETEVENTS,
                    VMSPLICE,
                    PREADV,
                    RECVMMSG,
                    SENDMMSG,
                    GETRANDOM,
                    COPY_FILE_RANGE,
                    PREADV2,
                    PWRITEV2,
                    IO_PGETEVENTS,
                    IO_URING_ENTER -> true;
            default -> false;
        };
    }

    /**
     * Whether a stop may make a call answer less than it would.
     *
     * @param args its six arguments
     * @param file what argument 0 is a descriptor of, where it is one
     */
    public static boolean mayBreakOff(long nr, long[] args, FileKind file) {
        return switch ((int) nr) {
            case WRITE, WRITEV, VMSPLICE, PWRITEV2 -> file != FileKind.OTHER;
            case READ, READV, PREAD64, PREADV, PREADV2, PWRITE64 -> file == FileKind.MEMORY;
            // Between files, too, they go by a pipe of the task's own, which looks for signals
            // (splice_from_pipe_next()).
            case SENDFILE -> file != FileKind.PIPE;
            case SENDTO, SENDMSG, SENDMMSG, GETRANDOM, COPY_FILE_RANGE -> true;
            case RECVFROM -> (args[3] & MSG_WAITALL) != 0;
            case RECVMSG -> (args[2] & MSG_WAITALL) != 0;
            case RECVMMSG -> args[2] > 1 && (args[3] & MSG_WAITFORONE) == 0;
            case IO_GETEVENTS, IO_PGETEVENTS -> args[1] > 1;
            // It answers how many it has submitted, and that it has not waited for their end is not seen.
            case IO_URING_ENTER -> args[1] != 0 && args[2] != 0;
            default -> false;
        };
    }

    /** Where the pieces are of a call that may be broken off. */
    public static Vector vector(long nr) {
        return switch ((int) nr) {
            case READV, WRITEV, VMSPLICE, PREADV, PREADV2, PWRITEV2 -> Vector.IOVEC;
            case SENDMSG, RECVMSG -> Vector.MSGHDR;
            default -> Vector.NONE;
        };
    }

    /**
     * The next part of what is left of a call that {@link #mayBreakOff}.
     *
     * @param args its six arguments
     * @param done what it has transferred, in its own units; positive
     * @param pieces addresses and lengths by turns, of a call that has a {@link #vector}
     * @return null if nothing is left, or if that can't be told
     */
    public static @Nullable Part next(long nr, long[] args, long done, long[] pieces) {
        return switch ((int) nr) {
            case READ, WRITE -> left(args[2], done, nr, args[0], args[1] + done, args[2] - done);
            case PREAD64, PWRITE64 -> left(args[2], done, nr, args[0], args[1] + done, args[2] - done, args[3] + done);
            case SENDTO -> left(args[2], done, nr, args[0], args[1] + done, args[2] - done, args[3], args[4], args[5]);
            case RECVFROM ->
                (args[3] & MSG_PEEK) != 0
                        ? null
                        : left(args[2], done, nr, args[0], args[1] + done, args[2] - done, args[3], args[4], args[5]);
            case GETRANDOM -> left(args[1], done, nr, args[0] + done, args[1] - done, args[2]);
            // The offsets, in memory or of the files, have moved on.
            case SENDFILE -> left(args[3], done, nr, args[0], args[1], args[2], args[3] - done);
            case COPY_FILE_RANGE ->
                left(args[4], done, nr, args[0], args[1], args[2], args[3], args[4] - done, args[5]);
            case IO_GETEVENTS, IO_PGETEVENTS ->
                left(
                        args[1],
                        done,
                        nr,
                        args[0],
                        args[1] - done,
                        args[2] - done,
                        args[3] + done * IO_EVENT_SIZE,
                        args[4],
                        args[5]);
            case RECVMMSG ->
                left(
                        args[2],
                        done,
                        nr,
                        args[0],
                        args[1] + done * MMSGHDR_SIZE,
                        args[2] - done,
                        // It looks at a time-out behind each message only, and might wait for the next one for ever.
                        args[4] == 0 ? args[3] : args[3] | MSG_DONTWAIT,
                        0);
            // Nothing more is submitted, and it waits for as many as before. A time-out would begin anew. One that has
            // submitted less than it was asked to has not waited, and might for ever (io_uring_enter()).
            case IO_URING_ENTER ->
                (args[3] & IORING_ENTER_EXT_ARG) != 0 || done != Integer.toUnsignedLong((int) args[1])
                        ? null
                        : new Part(nr, six(args[0], 0, args[2], args[3], args[4], args[5]));
            case WRITEV, VMSPLICE, PWRITEV2 -> piece(pieces, done, WRITE, args[0], 0);
            case READV, PREADV, PREADV2 -> piece(pieces, done, READ, args[0], 0);
            case SENDMSG -> piece(pieces, done, SENDTO, args[0], args[2]);
            case RECVMSG -> (args[2] & MSG_PEEK) != 0 ? null : piece(pieces, done, RECVFROM, args[0], args[2]);
            default -> null;
        };
    }

    private static @Nullable Part left(long wanted, long done, long nr, long... args) {
        return Long.compareUnsigned(done, wanted) < 0 ? new Part(nr, six(args)) : null;
    }

    /** What is left of the piece in which the transfer has stopped. */
    private static @Nullable Part piece(long[] pieces, long done, long nr, long fd, long flags) {
        long skip = done;
        for (int i = 0; i + 1 < pieces.length; i += 2) {
            if (skip < pieces[i + 1]) {
                return new Part(nr, six(fd, pieces[i] + skip, pieces[i + 1] - skip, flags));
            }
            skip -= pieces[i + 1];
        }
        return null;
    }

    private static long[] six(long... args) {
        return Arrays.copyOf(args, 6);
    }
}
