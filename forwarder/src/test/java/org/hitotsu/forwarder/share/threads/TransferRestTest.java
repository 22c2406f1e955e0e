package org.hitotsu.forwarder.share.threads;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.Future;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.Pipe;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.hitotsu.forwarder.backend.ThreadImage;
import org.hitotsu.forwarder.nativecall.Linux;
import org.hitotsu.forwarder.nativecall.Ptrace.Registers;
import org.hitotsu.forwarder.syscall.Transfers;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** The thread has the descriptors of this process. */
class TransferRestTest {
    private static final int TID = Linux.getpid();
    private static final int READV = 19;
    private static final int SENDMSG = 46;
    private static final int GETRANDOM = 318;
    private static final int SENDTO = 44;
    private static final long AT = RecordingProcessors.MEMORY;

    private final List<String> log = new ArrayList<>();
    private final RecordingThreads threads = new RecordingThreads(log);
    private final RecordingProcessors memory = new RecordingProcessors(log);
    private final SharedThread thread = new SharedThread(5, TID, 1);

    private static ThreadImage image(long nr, long result, long... args) {
        long[] registers = new long[Registers.COUNT];
        int[] slots = {Registers.RDI, Registers.RSI, Registers.RDX, Registers.R10, Registers.R8, Registers.R9};
        for (int i = 0; i < args.length; i++) {
            registers[slots[i]] = args[i];
        }
        registers[Registers.ORIG_RAX] = nr;
        registers[Registers.RAX] = result;
        registers[Registers.RIP] = 0x401000;
        return new ThreadImage(registers, new byte[0]);
    }

    private @Nullable TransferRest of(ThreadImage image) {
        return TransferRest.of(threads, memory, thread, image);
    }

    private static void assertResult(Future<ThreadImage> whole, long result) {
        assertThat(whole.succeeded()).isTrue();
        assertThat(whole.result().register(Registers.RAX)).isEqualTo(result);
        assertThat(whole.result().register(Registers.ORIG_RAX)).isEqualTo(-1);
        assertThat(whole.result().register(Registers.RIP)).isEqualTo(0x401000);
    }

    @Test
    void deputyFinishesIt() {
        TransferRest rest = Objects.requireNonNull(of(image(GETRANDOM, 256, 0x9000, 1000, 0)));
        Future<ThreadImage> whole = rest.finish();
        assertThat(log).containsExactly("deputy " + TID + " call 318 9100 2e8 0 0 0 0");
        assertThat(rest.executing()).isTrue();
        rest.onExecuted(44);
        assertThat(log).endsWith("deputy " + TID + " call 318 912c 2bc 0 0 0 0");
        assertThat(whole.isComplete()).isFalse();
        rest.onExecuted(700);
        assertThat(rest.executing()).isFalse();
        assertResult(whole, 1000);
    }

    @Test
    void failureOfTheRestEndsIt() {
        TransferRest rest = Objects.requireNonNull(of(image(SENDTO, 256, 3, 0x9000, 1000, 0)));
        Future<ThreadImage> whole = rest.finish();
        rest.onExecuted(-Linux.EAGAIN);
        assertResult(whole, 256);
    }

    @Test
    void errorThatTheStopLeftBehindIsNotTheEnd() {
        TransferRest rest = Objects.requireNonNull(of(image(GETRANDOM, 256, 0x9000, 1000, 0)));
        Future<ThreadImage> whole = rest.finish();
        rest.onExecuted(-Linux.ERESTARTSYS);
        assertThat(log).hasSize(2);
        rest.onExecuted(744);
        assertResult(whole, 1000);
    }

    @Test
    void wholeTransferIsWhatItIs() {
        assertResult(
                Objects.requireNonNull(of(image(GETRANDOM, 1000, 0x9000, 1000, 0)))
                        .finish(),
                1000);
        assertThat(log).isEmpty();
    }

    @Test
    void signalEndsIt() {
        TransferRest rest = Objects.requireNonNull(of(image(GETRANDOM, 256, 0x9000, 1000, 0)));
        Future<ThreadImage> whole = rest.finish();
        rest.onExecuted(44);
        log.clear();
        rest.breakOff();
        assertThat(log).containsExactly("resume " + TID + " in rest, 300");
        assertThat(whole.isComplete()).isFalse();
    }

    @Test
    void signalThatWasThereBeforeLeavesThePart() {
        thread.signalled = true;
        TransferRest rest = Objects.requireNonNull(of(image(GETRANDOM, 256, 0x9000, 1000, 0)));
        assertResult(rest.finish(), 256);
        assertThat(log).isEmpty();
        assertThat(rest.executing()).isFalse();
    }

    private void vector(int at, long... pieces) {
        ByteBuffer bytes = ByteBuffer.wrap(memory.memory).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < pieces.length; i++) {
            bytes.putLong(at + 8 * i, pieces[i]);
        }
    }

    @Test
    void piecesOfAMessageAreReadFromTheProgram() {
        vector(0, 0, 0, AT + 256, 2);
        vector(256, 0x9000, 100, 0xa000, 200);
        TransferRest rest = Objects.requireNonNull(of(image(SENDMSG, 30, 3, AT, 0x4000)));
        Future<ThreadImage> whole = rest.finish();
        assertThat(log).containsExactly("deputy " + TID + " call 44 3 901e 46 4000 0 0");
        rest.onExecuted(70);
        assertThat(log).endsWith("deputy " + TID + " call 44 3 a000 c8 4000 0 0");
        rest.onExecuted(200);
        assertResult(whole, 300);
    }

    @Test
    void piecesThatCannotBeReadLeaveThePart() {
        assertResult(
                Objects.requireNonNull(of(image(SENDMSG, 30, 3, 0x99999, 0))).finish(), 30);
        vector(0, 0, 0, AT + 256, Transfers.MAX_VECTOR + 1);
        assertResult(Objects.requireNonNull(of(image(SENDMSG, 30, 3, AT, 0))).finish(), 30);
        vector(0, 0, 0, AT + 256, -1);
        assertResult(Objects.requireNonNull(of(image(SENDMSG, 30, 3, AT, 0))).finish(), 30);
        assertThat(log).isEmpty();
    }

    @Test
    void otherCallsHaveNoRest() {
        assertThat(of(image(-1, 256, 0x9000, 1000, 0))).isNull();
        assertThat(of(image(GETRANDOM, 0, 0x9000, 1000, 0))).isNull();
        assertThat(of(image(GETRANDOM, -Linux.EAGAIN, 0x9000, 1000, 0))).isNull();
        assertThat(of(image(Linux.NR_FUTEX, 1, 0x9000, 1, 1))).isNull();
    }

    private static int descriptor(String target) throws IOException {
        try (var open = java.nio.file.Files.newDirectoryStream(java.nio.file.Path.of("/proc/self/fd"))) {
            for (java.nio.file.Path fd : open) {
                try {
                    if (java.nio.file.Files.readSymbolicLink(fd).toString().startsWith(target)) {
                        return Integer.parseInt(fd.getFileName().toString());
                    }
                } catch (java.nio.file.NoSuchFileException closed) {
                    continue;
                }
            }
        }
        throw new AssertionError("no descriptor of " + target);
    }

    @Test
    void whatADescriptorIsOfDecides() throws IOException {
        Pipe pipe = Pipe.open();
        try (var sink = pipe.sink();
                var source = pipe.source();
                var zero = new java.io.FileInputStream("/dev/zero")) {
            assertThat(sink.isOpen() && source.isOpen() && zero.available() >= 0)
                    .isTrue();
            int pipeEnd = descriptor("pipe:");
            int zeroEnd = descriptor("/dev/zero");
            assertThat(of(image(Linux.NR_WRITE, 10, pipeEnd, 0x9000, 100))).isNotNull();
            assertThat(of(image(Linux.NR_READ, 10, pipeEnd, 0x9000, 100))).isNull();
            assertThat(of(image(Linux.NR_READ, 10, zeroEnd, 0x9000, 100))).isNotNull();
            assertThat(of(image(READV, 10, zeroEnd, 0x9000, 1))).isNotNull();
        }
        try (var file = new java.io.RandomAccessFile("/proc/self/maps", "r")) {
            assertThat(file.getFilePointer()).isZero();
            assertThat(of(image(Linux.NR_WRITE, 10, descriptor("/proc/"), 0x9000, 100)))
                    .isNull();
        }
        assertThat(of(image(Linux.NR_WRITE, 10, 1000000, 0x9000, 100))).isNull();
    }
}
