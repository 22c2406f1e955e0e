package org.hitotsu.forwarder.syscall;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import org.hitotsu.forwarder.syscall.Transfers.FileKind;
import org.hitotsu.forwarder.syscall.Transfers.Part;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class TransfersTest {
    private static final long[] NO_PIECES = {};
    /** 10 bytes, none, 20 bytes. */
    private static final long[] PIECES = {0x1000, 10, 0x2000, 0, 0x3000, 20};

    private static int number(String name) {
        return SyscallTable.x86_64().rules().stream()
                .filter(rule -> rule.name().equals(name))
                .findFirst()
                .orElseThrow()
                .number();
    }

    private static boolean breaks(String name, FileKind file, long... args) {
        int nr = number(name);
        boolean breaks = Transfers.mayBreakOff(nr, Arrays.copyOf(args, 6), file);
        assertThat(Transfers.concerns(nr)).as(name).isTrue();
        return breaks;
    }

    private static void assertNext(String name, long[] args, long done, long[] pieces, String next, long... nextArgs) {
        Part part = Transfers.next(number(name), Arrays.copyOf(args, 6), done, pieces);
        assertThat(part).as(name).isNotNull();
        assertThat(part.nr()).isEqualTo(number(next));
        assertThat(part.args()).isEqualTo(Arrays.copyOf(nextArgs, 6));
    }

    private static void assertOver(String name, long[] args, long done, long... pieces) {
        assertThat(Transfers.next(number(name), Arrays.copyOf(args, 6), done, pieces))
                .as(name)
                .isNull();
    }

    private static long[] args(long... args) {
        return args;
    }

    @ParameterizedTest
    @EnumSource(FileKind.class)
    void writesWaitWhereThereIsLittleRoom(FileKind file) {
        assertThat(breaks("write", file, 1, 0x1000, 100)).isEqualTo(file != FileKind.OTHER);
        assertThat(breaks("writev", file, 1, 0x1000, 3)).isEqualTo(file != FileKind.OTHER);
    }

    /** What comes from a pipe, a socket or a terminal comes short of itself. */
    @ParameterizedTest
    @EnumSource(FileKind.class)
    void readsOfMemoryDevicesAlone(FileKind file) {
        assertThat(breaks("read", file, 1, 0x1000, 100)).isEqualTo(file == FileKind.MEMORY);
        assertThat(breaks("readv", file, 1, 0x1000, 3)).isEqualTo(file == FileKind.MEMORY);
    }

    @ParameterizedTest
    @CsvSource({
        "recvfrom, 1, 4096, 100, 0x100, true",
        "recvfrom, 1, 4096, 100, 0, false",
        "recvmsg, 1, 4096, 0x100, 0, true",
        "recvmsg, 1, 4096, 0, 0x100, false",
        "recvmmsg, 1, 4096, 4, 0, true",
        "recvmmsg, 1, 4096, 1, 0, false",
        "recvmmsg, 1, 4096, 4, 0x10000, false",
        "io_getevents, 1, 2, 9, 4096, true",
        "io_getevents, 1, 1, 9, 4096, false",
        "io_uring_enter, 1, 1, 1, 0, true",
        "io_uring_enter, 1, 0, 1, 0, false",
        "sendfile, 1, 2, 0, 100, true",
        "getrandom, 4096, 1000, 0, 0, true",
    })
    void argumentsTell(String name, String a, String b, String c, String d, boolean expected) {
        assertThat(breaks(name, FileKind.SOCKET, Long.decode(a), Long.decode(b), Long.decode(c), Long.decode(d)))
                .isEqualTo(expected);
    }

    @Test
    void sendfileToAPipeComesShortOfItself() {
        assertThat(breaks("sendfile", FileKind.PIPE, 1, 2, 0, 100)).isFalse();
    }

    @Test
    void copiesBetweenFilesBreakOff() {
        assertThat(breaks("sendfile", FileKind.OTHER, 1, 2, 0, 100)).isTrue();
        assertThat(breaks("copy_file_range", FileKind.OTHER, 1, 0, 2, 0, 100)).isTrue();
    }

    @Test
    void othersAreNotConcerned() {
        for (String name : new String[] {"splice", "futex", "close", "epoll_wait", "sched_yield", "fallocate"}) {
            assertThat(Transfers.concerns(number(name))).as(name).isFalse();
        }
        assertThat(Transfers.concerns(-1)).isFalse();
        assertThat(Transfers.concerns(100000)).isFalse();
    }

    @Test
    void restOfOnePiece() {
        assertNext("write", args(3, 0x1000, 100), 40, NO_PIECES, "write", 3, 0x1028, 60);
        assertNext("pread64", args(3, 0x1000, 100, 7), 40, NO_PIECES, "pread64", 3, 0x1028, 60, 47);
        assertNext("sendto", args(3, 0x1000, 100, 9, 8, 7), 99, NO_PIECES, "sendto", 3, 0x1063, 1, 9, 8, 7);
        assertNext("recvfrom", args(3, 0x1000, 100, 0x100), 1, NO_PIECES, "recvfrom", 3, 0x1001, 99, 0x100);
        assertNext("getrandom", args(0x1000, 1000, 2), 256, NO_PIECES, "getrandom", 0x1100, 744, 2);
        assertNext("sendfile", args(3, 4, 0x1000, 1000), 256, NO_PIECES, "sendfile", 3, 4, 0x1000, 744);
        assertNext(
                "copy_file_range",
                args(3, 0x1000, 4, 0x1008, 1000),
                256,
                NO_PIECES,
                "copy_file_range",
                3,
                0x1000,
                4,
                0x1008,
                744);
        assertNext("io_getevents", args(3, 4, 9, 0x1000, 5), 3, NO_PIECES, "io_getevents", 3, 1, 6, 0x1060, 5);
        assertNext("recvmmsg", args(3, 0x1000, 5, 1), 2, NO_PIECES, "recvmmsg", 3, 0x1080, 3, 1);
    }

    @Test
    void wholeTransferHasNoRest() {
        assertOver("write", args(3, 0x1000, 100), 100);
        assertOver("getrandom", args(0x1000, 1000, 2), 1000);
        assertOver("io_getevents", args(3, 4, 9, 0x1000), 4);
        assertOver("io_getevents", args(3, 4, 9, 0x1000), 7);
        assertOver("recvmmsg", args(3, 0x1000, 5, 1), 5);
        assertOver("writev", args(3, 0x1000, 3), 30, PIECES);
        assertOver("copy_file_range", args(3, 0, 4, 0, 1000), 1000);
    }

    @Test
    void restOfManyPiecesIsThatOfTheOneInWhichItStopped() {
        assertNext("writev", args(3, 0x1000, 3), 4, PIECES, "write", 3, 0x1004, 6);
        assertNext("writev", args(3, 0x1000, 3), 10, PIECES, "write", 3, 0x3000, 20);
        assertNext("vmsplice", args(3, 0x1000, 3), 29, PIECES, "write", 3, 0x3013, 1);
        assertNext("readv", args(3, 0x1000, 3), 11, PIECES, "read", 3, 0x3001, 19);
        assertNext("sendmsg", args(3, 0x1000, 0x4000), 4, PIECES, "sendto", 3, 0x1004, 6, 0x4000);
        assertNext("recvmsg", args(3, 0x1000, 0x100), 12, PIECES, "recvfrom", 3, 0x3002, 18, 0x100);
    }

    /** Their pieces could not be read. */
    @Test
    void nothingIsKnownToBeLeft() {
        assertOver("writev", args(3, 0x1000, 3), 4);
        assertOver("sendmsg", args(3, 0x1000, 0), 4);
        assertOver("sendmmsg", args(3, 0x1000, 4), 1);
    }

    /** It would see the same bytes again. */
    @Test
    void peekingHasNoRest() {
        assertOver("recvfrom", args(3, 0x1000, 100, 0x102), 1);
        assertOver("recvmsg", args(3, 0x1000, 0x102), 1, PIECES);
    }

    @Test
    void restWithATimeoutDoesNotWait() {
        assertNext("recvmmsg", args(3, 0x1000, 5, 1, 0x9000), 2, NO_PIECES, "recvmmsg", 3, 0x1080, 3, 0x41);
    }

    @Test
    void aRingIsWaitedForWithoutSubmittingAgain() {
        assertThat(breaks("io_uring_enter", FileKind.OTHER, 3, 5, 2, 1)).isTrue();
        assertThat(breaks("io_uring_enter", FileKind.OTHER, 3, 5, 0, 0)).isFalse();
        assertNext(
                "io_uring_enter", args(3, 5, 2, 1, 0x1000, 8), 5, NO_PIECES, "io_uring_enter", 3, 0, 2, 1, 0x1000, 8);
        // It has not waited.
        assertOver("io_uring_enter", args(3, 5, 2, 1), 4);
        // A time-out would begin anew.
        assertOver("io_uring_enter", args(3, 5, 2, 9, 0x1000, 24), 5);
    }
}
