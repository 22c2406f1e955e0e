package org.hitotsu.bpf;

import com.sun.jna.Memory;
import com.sun.jna.Native;
import com.sun.jna.Pointer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.hitotsu.bpf.impl.Errno;
import org.hitotsu.bpf.impl.Libc;
import org.junit.jupiter.api.Assumptions;

/** What the tests need of the kernel: whether it takes programs at all, what it holds, and programs built for tests. */
final class Kernel {

    private static final Set<Integer> REFUSALS =
            Set.of(Errno.EPERM, Errno.EACCES, Errno.ENOSYS, Errno.ESRCH, Errno.ENOTSUPP);
    private static final long BPF = 321;
    private static final int PROG_GET_NEXT_ID = 11;
    private static final int PROG_GET_FD_BY_ID = 13;
    private static final int OBJ_GET_INFO_BY_FD = 15;
    private static final int LINK_GET_FD_BY_ID = 30;
    private static final int LINK_GET_NEXT_ID = 31;

    private static Path built;

    private Kernel() {}

    interface Opening<T> {
        T open() throws BpfUnavailableException;
    }

    /** Opens, or skips the test with the reason if this kernel or user may not load eBPF programs. */
    static <T> T openOrSkip(Opening<T> opening) throws BpfUnavailableException {
        try {
            return opening.open();
        } catch (BpfUnavailableException e) {
            if (BpfLoaders.libbpf().unavailable().isPresent()
                    || (REFUSALS.contains(e.errno()) && !e.log().contains("BEGIN PROG LOAD LOG"))) {
                System.out.println("skipped: " + e.getMessage());
                Assumptions.abort(e.getMessage());
            }
            throw e;
        }
    }

    /** A file of src/test/c, built once a run. */
    static synchronized Path built(String file) throws IOException, InterruptedException {
        if (built == null) {
            Path out = Path.of("target", "test-native").toAbsolutePath();
            Process make = new ProcessBuilder("make", "-s", "-C", "src/test/c", "OUT=" + out)
                    .redirectErrorStream(true)
                    .start();
            String said = new String(make.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            if (make.waitFor() != 0) {
                throw new IllegalStateException("make in src/test/c: " + said);
            }
            built = out;
        }
        return built.resolve(file);
    }

    /** Kernel ids of the programs whose name begins with "hito". Other test runs on the machine may have some too. */
    static List<Integer> programs() {
        List<Integer> ids = new ArrayList<>();
        try (Memory info = new Memory(128)) {
            for (int id : ids(PROG_GET_NEXT_ID)) {
                // struct bpf_prog_info: the name is at 64.
                if (info(PROG_GET_FD_BY_ID, id, info) && info.getString(64).startsWith("hito")) {
                    ids.add(id);
                }
            }
        }
        return ids;
    }

    /** Whether a link attaches the program with this id. */
    static boolean attached(int programId) {
        try (Memory info = new Memory(128)) {
            for (int id : ids(LINK_GET_NEXT_ID)) {
                // struct bpf_link_info: u32 type, u32 id, u32 prog_id.
                if (info(LINK_GET_FD_BY_ID, id, info) && info.getInt(8) == programId) {
                    return true;
                }
            }
        }
        return false;
    }

    private static List<Integer> ids(int command) {
        List<Integer> ids = new ArrayList<>();
        try (Memory attr = new Memory(16)) {
            attr.clear();
            while (Libc.syscall(BPF, command, Pointer.nativeValue(attr), 16) == 0) {
                int id = attr.getInt(4);
                ids.add(id);
                attr.setInt(0, id);
            }
            if (Native.getLastError() != Errno.ENOENT) {
                throw new UncheckedIOException(new IOException(Errno.describe(Native.getLastError())));
            }
        }
        return ids;
    }

    private static boolean info(int command, int id, Memory info) {
        try (Memory attr = new Memory(16)) {
            attr.clear();
            attr.setInt(0, id);
            int fd = (int) Libc.syscall(BPF, command, Pointer.nativeValue(attr), 16);
            if (fd < 0) {
                return false;
            }
            info.clear();
            attr.clear();
            attr.setInt(0, fd);
            attr.setInt(4, (int) info.size());
            attr.setLong(8, Pointer.nativeValue(info));
            long result = Libc.syscall(BPF, OBJ_GET_INFO_BY_FD, Pointer.nativeValue(attr), 16);
            Libc.close(fd);
            return result == 0;
        }
    }
}
