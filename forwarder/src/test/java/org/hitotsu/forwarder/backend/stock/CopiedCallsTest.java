package org.hitotsu.forwarder.backend.stock;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.Future;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.hitotsu.forwarder.backend.stock.FileCopies.Range;
import org.hitotsu.forwarder.nativecall.Linux;
import org.hitotsu.forwarder.nativecall.NativeMemory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A copy of a file of six pages, the bytes of which are their numbers from 1, at 0x10000; of its pages 2 to 5. */
class CopiedCallsTest {
    private static final long AT = 0x10000;
    private static final long PAGE = 0x1000;
    private static final int MAYMOVE = 1;
    private static final int FIXED = 3;
    private static final int DONTUNMAP = 5;

    @TempDir
    Path directory;

    private final List<String> log = new ArrayList<>();
    private final FileCopies copies = new FileCopies(Linux::close);
    private long result;
    private final CopiedCalls calls = new CopiedCalls(this::exec, new RecordingPages(), new OwnSources(), copies);

    private final class RecordingPages implements CopiedCalls.Pages {
        @Override
        public void watch(long start, long end) {
            log.add("watch " + hex(start, end));
        }

        @Override
        public void awaitFill(long start, long end) {
            log.add("await " + hex(start, end));
        }

        @Override
        public void fill(long start, long length, long source) {
            log.add("fill " + hex(start, length) + " by " + NativeMemory.getByte(source));
        }

        @Override
        public void endFill() {
            log.add("end");
        }

        @Override
        public void filling() {
            log.add("filling");
        }

        @Override
        public void filled() {
            log.add("filled");
        }
    }

    private static final class OwnSources implements CopiedCalls.Sources {
        @Override
        public Future<Long> map(Range copy) {
            int fd = (int) Linux.open("/proc/self/fd/" + copy.fd(), 0);
            long length = copy.end() - copy.start();
            long source = Linux.mmap(0, length, Linux.PROT_READ, Linux.MAP_PRIVATE, fd, copy.offset());
            Linux.close(fd);
            return Future.succeededFuture(source);
        }

        @Override
        public void unmap(Range copy, long source) {
            Linux.munmap(source, copy.end() - copy.start());
        }
    }

    private Future<Long> exec(long nr, long... args) {
        log.add("call " + nr + " " + hex(args));
        return Future.succeededFuture(result);
    }

    private static String hex(long... values) {
        return String.join(
                " ", Arrays.stream(values).mapToObj(Long::toHexString).toList());
    }

    @BeforeEach
    void copy() throws IOException {
        Path file = directory.resolve("file");
        byte[] bytes = new byte[6 * (int) PAGE];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) (1 + i / PAGE);
        }
        Files.write(file, bytes);
        copies.add(AT, AT + 4 * PAGE, "file", () -> (int) Linux.open(file.toString(), 010000000), PAGE);
    }

    @AfterEach
    void close() {
        copies.clear();
    }

    private long run(long nr, long returned, long... args) {
        log.clear();
        result = returned;
        return calls.exec(nr, Arrays.copyOf(args, 6)).result();
    }

    private long advise(int advice, long returned, long start, long length) {
        return run(Linux.NR_MADVISE, returned, start, length, advice);
    }

    @Test
    void whatIsDroppedIsReadAgain() {
        assertThat(advise(4, 0, AT + PAGE, 2 * PAGE - 1)).isZero();
        assertThat(log)
                .containsExactly(
                        "watch 10000 14000",
                        "await 11000 13000",
                        "call 28 11000 1fff 4 0 0 0",
                        "fill 11000 2000 by 3",
                        "end");
        assertThat(advise(24, -Linux.ENOMEM, 0, 1 << 20)).isEqualTo(-Linux.ENOMEM);
        assertThat(log)
                .containsExactly(
                        "watch 10000 14000",
                        "await 10000 14000",
                        "call 28 0 100000 18 0 0 0",
                        "fill 10000 4000 by 2",
                        "end");
    }

    @Test
    void whatIsNoCopyIsNot() {
        advise(4, 0, AT + 4 * PAGE, PAGE);
        assertThat(log).hasSize(1);
        advise(4, -Linux.EINVAL, AT + 1, PAGE);
        assertThat(log).hasSize(1);
        advise(4, -Linux.EINVAL, AT, -1);
        assertThat(log).hasSize(1);
        advise(14, 0, AT, PAGE);
        assertThat(log).hasSize(1);
    }

    /** madvise(2) goes on behind a hole, and ends with the first mapping that the advice is not for. */
    @Test
    void adviceThatIsNotForFilesIsRefused() {
        assertThat(advise(8, 0, AT, PAGE)).isEqualTo(-Linux.EINVAL);
        assertThat(log).isEmpty();
        assertThat(advise(18, 0, AT - PAGE, 2 * PAGE)).isEqualTo(-Linux.EINVAL);
        assertThat(log).containsExactly("call 28 f000 1000 12");
        assertThat(advise(9, -Linux.ENOMEM, AT - PAGE, 2 * PAGE)).isEqualTo(-Linux.EACCES);
        assertThat(advise(9, -Linux.EAGAIN, AT - PAGE, 2 * PAGE)).isEqualTo(-Linux.EAGAIN);
    }

    @Test
    void whatIsMappedAnewIsNoCopy() {
        run(Linux.NR_MUNMAP, -Linux.EPERM, AT, PAGE);
        assertThat(copies.in(AT, AT + PAGE)).isNotEmpty();
        run(Linux.NR_MUNMAP, 0, AT, 1);
        assertThat(copies.in(AT, AT + PAGE)).isEmpty();
        run(Linux.NR_MMAP, AT + PAGE, AT + PAGE, 1);
        assertThat(copies.in(AT, AT + 2 * PAGE)).isEmpty();
        run(Linux.NR_MMAP, -Linux.ENOMEM, AT + 2 * PAGE, 1);
        assertThat(copies.in(AT, AT + 3 * PAGE)).isEmpty();
        run(Linux.NR_BRK, AT + 8 * PAGE);
        run(Linux.NR_BRK, AT + 3 * PAGE + 1);
        assertThat(copies.in(AT, AT + 4 * PAGE)).hasSize(1);
        run(Linux.NR_BRK, AT + 3 * PAGE);
        assertThat(copies.isEmpty()).isTrue();
    }

    @Test
    void whatIsMovedIsACopyThere() {
        run(Linux.NR_MREMAP, 0x50000, AT, 4 * PAGE, 2 * PAGE, MAYMOVE);
        assertThat(copies.in(0, 1 << 20)).extracting(Range::start, Range::end).containsExactly(tuple(0x50000, 0x52000));
        assertThat(log).doesNotContain("filling");
        assertThat(run(Linux.NR_MREMAP, -Linux.ENOMEM, 0x50000, 2 * PAGE, 9 * PAGE, 0))
                .isEqualTo(-Linux.ENOMEM);
        assertThat(copies.in(0x50000, 0x59000)).extracting(Range::end).containsExactly(0x52000L);
    }

    private static org.assertj.core.groups.Tuple tuple(long first, long second) {
        return org.assertj.core.groups.Tuple.tuple(first, second);
    }

    @Test
    void whatGrowsGetsTheFilesNextPages() {
        run(Linux.NR_MREMAP, 0x50000, AT, 4 * PAGE, 5 * PAGE, MAYMOVE);
        assertThat(log)
                .containsExactly(
                        "filling",
                        "call 25 10000 4000 5000 1 0 0",
                        "await 54000 55000",
                        "watch 50000 54000",
                        "watch 54000 55000",
                        "fill 54000 1000 by 6",
                        "end",
                        "filled");
        run(Linux.NR_MREMAP, 0x50000, 0x50000, 2 * PAGE, 3 * PAGE, 0);
        assertThat(log).contains("fill 52000 1000 by 4");
    }

    /** mremap(2) with MREMAP_DONTUNMAP: the file's bytes are left behind. */
    @Test
    void whatStaysIsReadAgain() {
        run(Linux.NR_MREMAP, 0x50000, AT, 4 * PAGE, 4 * PAGE, DONTUNMAP);
        assertThat(log)
                .containsExactly(
                        "watch 10000 14000",
                        "await 10000 14000",
                        "call 25 10000 4000 4000 5 0 0",
                        "fill 10000 4000 by 2",
                        "end",
                        "filled");
        assertThat(copies.in(AT, 0x60000)).hasSize(2);
    }

    /** The kernel unmaps the place before it looks at what is to go there. */
    @Test
    void aMoveThatFailsMayHaveUnmappedItsPlace() {
        run(Linux.NR_MREMAP, -Linux.EFAULT, 0x80000, PAGE, PAGE, FIXED, AT);
        assertThat(copies.in(AT, AT + 4 * PAGE)).extracting(Range::start).containsExactly(AT + PAGE);
        run(Linux.NR_MREMAP, -Linux.EFAULT, AT + PAGE, 3 * PAGE, PAGE, FIXED, 0x90000);
        assertThat(copies.in(AT, AT + 4 * PAGE)).extracting(Range::end).containsExactly(AT + 2 * PAGE);
    }
}
