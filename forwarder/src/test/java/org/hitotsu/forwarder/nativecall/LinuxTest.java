package org.hitotsu.forwarder.nativecall;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LinuxTest {

    /** Not in the headers of each distribution yet. */
    private static final List<String> YOUNG = List.of("NR_MSEAL");

    /** The kernel's own: no header that programs may include has them. */
    private static final List<String> INTERNAL =
            List.of("ERESTARTSYS", "ERESTARTNOINTR", "ERESTARTNOHAND", "ERESTART_RESTARTBLOCK");

    private static Map<String, Integer> constants() throws IllegalAccessException {
        Map<String, Integer> constants = new LinkedHashMap<>();
        for (Field field : Linux.class.getFields()) {
            if (Modifier.isStatic(field.getModifiers()) && field.getType() == int.class) {
                constants.put(field.getName(), field.getInt(null));
            }
        }
        return constants;
    }

    @Test
    void constantsAreThoseOfTheHeaders(@TempDir Path scratch) throws Exception {
        Map<String, Integer> ours = constants();
        Map<String, String> names = new LinkedHashMap<>();
        for (String name : ours.keySet()) {
            names.put(name, name.startsWith("NR_") ? "__NR_" + name.substring(3).toLowerCase(Locale.ROOT) : name);
        }
        Map<String, Long> headers = KernelHeaders.evaluate(
                scratch,
                List.of("sys/syscall.h", "sys/mman.h", "linux/mman.h", "fcntl.h", "errno.h", "signal.h"),
                names);

        for (Map.Entry<String, Long> value : headers.entrySet()) {
            assertThat((long) ours.get(value.getKey())).as(value.getKey()).isEqualTo(value.getValue());
        }
        assertThat(headers).containsKeys("NR_MMAP", "NR_PROCESS_MADVISE", "EAGAIN", "MAP_FIXED_NOREPLACE", "SIGSTOP");
        ours.keySet().removeAll(YOUNG);
        assertThat(headers.keySet().stream().filter(ours::containsKey))
                .hasSizeGreaterThanOrEqualTo(ours.size() - INTERNAL.size() - 2);
    }

    @Test
    void restartCodesAreTheKernels() {
        // include/linux/errno.h: never seen by programs, but by their tracers.
        assertThat(Linux.ERESTARTSYS).isEqualTo(512);
        assertThat(Linux.ERESTARTNOINTR).isEqualTo(513);
        assertThat(Linux.ERESTARTNOHAND).isEqualTo(514);
        assertThat(Linux.ERESTART_RESTARTBLOCK).isEqualTo(516);
    }

    @Test
    void failureIsTheNegativeErrno() {
        assertThat(Linux.close(-1)).isEqualTo(-9);
        assertThat(Linux.open("/nowhere/at/all", 0)).isEqualTo(-Linux.ENOENT);
        assertThat(Linux.ioctl(-1, 0, 0)).isEqualTo(-9);
        assertThat(Linux.munmap(1, 4096)).isEqualTo(-Linux.EINVAL);
        assertThat(Linux.call(Linux.NR_KILL, Linux.getpid(), 9999, 0)).isEqualTo(-Linux.EINVAL);
        assertThat(Linux.call(100_000, 0, 0, 0)).isEqualTo(-Linux.ENOSYS);
    }

    @Test
    void sixArgumentsArriveInOrder() throws Exception {
        Path file = Files.createTempFile("hitotsu", "map");
        try {
            byte[] bytes = new byte[3 * 4096];
            bytes[2 * 4096] = 77;
            Files.write(file, bytes);
            int fd = (int) Linux.open(file.toString(), Linux.O_RDWR);
            assertThat(fd).isNotNegative();

            long at = Linux.mmap(0, 4096, Linux.PROT_READ, Linux.MAP_SHARED, fd, 2 * 4096);
            Linux.close(fd);

            assertThat(at).isPositive();
            assertThat(NativeMemory.getByte(at)).isEqualTo((byte) 77);
            assertThat(Linux.munmap(at, 4096)).isZero();
        } finally {
            Files.delete(file);
        }
    }

    @Test
    void descriptorsAreCloseOnExec() {
        int memfd = (int) Linux.memfdCreate("a name");
        int file = (int) Linux.open("/dev/null", 0);
        try {
            int getFlags = 1;
            int closeOnExec = 1;
            assertThat(Linux.call(Linux.NR_FCNTL, memfd, getFlags, 0)).isEqualTo(closeOnExec);
            assertThat(Linux.call(Linux.NR_FCNTL, file, getFlags, 0)).isEqualTo(closeOnExec);
            assertThat(Path.of("/proc/self/fd/" + memfd))
                    .isSymbolicLink()
                    .satisfies(link ->
                            assertThat(Files.readSymbolicLink(link).toString()).contains("memfd:a name"));
        } finally {
            Linux.close(memfd);
            Linux.close(file);
        }
    }

    @Test
    void errorsHaveNames() {
        assertThat(Linux.errorName(-Linux.EAGAIN)).startsWith("EAGAIN");
        assertThat(Linux.errorName(Linux.EAGAIN)).startsWith("EAGAIN");
        assertThat(Linux.errorName(-117)).isEqualTo("errno 117");
    }

    @Test
    void textIsUtf8WithAZeroBehindIt() {
        assertThat(Linux.zeroTerminated("aé")).containsExactly('a', 0xc3, 0xa9, 0);
        assertThat(Linux.zeroTerminated("")).containsExactly(0);
    }
}
