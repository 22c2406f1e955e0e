package org.hitotsu.forwarder.backend.common;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.entry;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.TreeMap;
import org.hitotsu.forwarder.backend.PagePort.Denial;
import org.hitotsu.forwarder.backend.common.VmaTable.Kind;
import org.hitotsu.forwarder.backend.common.VmaTable.Vma;
import org.hitotsu.forwarder.nativecall.Linux;
import org.hitotsu.forwarder.nativecall.NativeMemory;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class VmaTableTest {
    private static final int NR_UNLINK = 87;

    private static Vma one(String line) {
        List<Vma> parsed = VmaTable.parse(List.of(line));
        assertThat(parsed).hasSize(1);
        return parsed.get(0);
    }

    private static @Nullable Denial read(String line) {
        return VmaTable.denial(one(line), false);
    }

    private static @Nullable Denial write(String line) {
        return VmaTable.denial(one(line), true);
    }

    @Test
    void fileMapping() {
        Vma vma = one("55e6d3c00000-55e6d3c02000 r-xp 00002000 08:01 1835 /usr/bin/some program (deleted)");
        assertThat(vma)
                .isEqualTo(new Vma(
                        0x55e6d3c00000L,
                        0x55e6d3c02000L,
                        true,
                        false,
                        false,
                        Kind.FILE,
                        "08:01 1835 /usr/bin/some program (deleted)",
                        "/usr/bin/some program (deleted)"));
    }

    private static TreeMap<Long, Vma> two() {
        TreeMap<Long, Vma> mappings = new TreeMap<>();
        for (Vma vma : VmaTable.parse(
                List.of("10000-20000 rw-p 00000000 00:00 0 ", "30000-40000 r--p 00000000 08:01 7 /bin/sh"))) {
            mappings.put(vma.start(), vma);
        }
        return mappings;
    }

    private static List<String> divided(long start, long end) {
        TreeMap<Long, Vma> mappings = two();
        assertThat(VmaTable.divide(mappings, start, end)).isTrue();
        assertThat(mappings.firstKey()).isEqualTo(0x10000L);
        return mappings.values().stream()
                .map(vma -> Long.toHexString(vma.start()) + "-" + Long.toHexString(vma.end()) + " " + vma.kind())
                .toList();
    }

    @Test
    void reservedPartOfAMappingIsASpecialOneOfItsOwn() {
        assertThat(divided(0x12000, 0x13000))
                .containsExactly(
                        "10000-12000 ANONYMOUS", "12000-13000 SPECIAL", "13000-20000 ANONYMOUS", "30000-40000 FILE");
        assertThat(divided(0x10000, 0x20000)).containsExactly("10000-20000 SPECIAL", "30000-40000 FILE");
        assertThat(divided(0x18000, 0x31000))
                .containsExactly(
                        "10000-18000 ANONYMOUS", "18000-20000 SPECIAL", "30000-31000 SPECIAL", "31000-40000 FILE");
        assertThat(divided(0x0, 0x50000)).containsExactly("10000-20000 SPECIAL", "30000-40000 SPECIAL");
    }

    @Test
    void reservationEndsWithItsMappings() {
        for (long[] range : new long[][] {{0x20000, 0x30000}, {0x0, 0x10000}, {0x40000, 0x50000}}) {
            TreeMap<Long, Vma> mappings = two();
            assertThat(VmaTable.divide(mappings, range[0], range[1])).isFalse();
            assertThat(mappings).isEqualTo(two());
        }
    }

    /** The kernel gives it a key, where there are keys. */
    @Test
    void memoryThatIsOnlyExecutedIsSpecial() {
        List<String> lines = List.of(
                "10000-20000 --xp 00000000 00:00 0 ",
                "20000-30000 r-xp 00000000 00:00 0 ",
                "30000-40000 -wxp 00000000 00:00 0 ");
        assertThat(VmaTable.parse(lines, true))
                .extracting(Vma::kind)
                .containsExactly(Kind.SPECIAL, Kind.ANONYMOUS, Kind.ANONYMOUS);
        assertThat(VmaTable.denial(VmaTable.parse(lines, true).get(0), false)).isEqualTo(Denial.SPECIAL_MAPPING);
        assertThat(VmaTable.denial(VmaTable.parse(lines, false).get(0), false)).isNull();
    }

    /** Three pages of this process, of which the second gets a key: so the table is told. */
    @Test
    void reservationsThatTouchAreOne() {
        TreeMap<Long, Long> ranges = new TreeMap<>();
        Ranges.join(ranges, 0x3000, 0x4000);
        Ranges.join(ranges, 0x7000, 0x9000);
        Ranges.join(ranges, 0x1000, 0x2000);
        assertThat(ranges).containsExactly(entry(0x1000L, 0x2000L), entry(0x3000L, 0x4000L), entry(0x7000L, 0x9000L));
        Ranges.join(ranges, 0x2000, 0x3000);
        assertThat(ranges).containsExactly(entry(0x1000L, 0x4000L), entry(0x7000L, 0x9000L));
        Ranges.join(ranges, 0x8000, 0x8800);
        Ranges.join(ranges, 0x9000, 0xa000);
        assertThat(ranges).containsExactly(entry(0x1000L, 0x4000L), entry(0x7000L, 0xa000L));
        Ranges.join(ranges, 0, 0x8000);
        assertThat(ranges).containsExactly(entry(0L, 0xa000L));
    }

    @Test
    void anonymousMappings() {
        assertThat(one("7f0000000000-7f0000001000 rw-p 00000000 00:00 0 ").kind())
                .isEqualTo(Kind.ANONYMOUS);
        assertThat(one("7f0000000000-7f0000001000 rw-p 00000000 00:00 0").name())
                .isEmpty();
        assertThat(one("555500000000-555500021000 rw-p 00000000 00:00 0                          [heap]"))
                .isEqualTo(new Vma(
                        0x555500000000L,
                        0x555500021000L,
                        true,
                        true,
                        false,
                        Kind.ANONYMOUS,
                        "00:00 0 [heap]",
                        "[heap]"));
        assertThat(one("7ffc00000000-7ffc00021000 rw-p 00000000 00:00 0      [stack]")
                        .kind())
                .isEqualTo(Kind.ANONYMOUS);
        assertThat(one("7f0000000000-7f0000001000 rw-p 00000000 00:00 0 [anon:vdata]")
                        .kind())
                .isEqualTo(Kind.ANONYMOUS);
    }

    @Test
    void kernelsOwnMappingsAreSpecial() {
        for (String name : List.of("[vvar]", "[vvar_vclock]", "[vdso]")) {
            assertThat(one("7ffc00000000-7ffc00004000 r--p 00000000 00:00 0 " + name)
                            .kind())
                    .isEqualTo(Kind.SPECIAL);
        }
        Vma vsyscall = one("ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0  [vsyscall]");
        assertThat(vsyscall.kind()).isEqualTo(Kind.SPECIAL);
        assertThat(vsyscall.start()).isEqualTo(0xffffffffff600000L);
    }

    /** A file without an inode number is a file; so is one whose path is not shown. */
    @Test
    void whatHasANameOrAnInodeIsAFile() {
        assertThat(one("7f0000000000-7f0000001000 rw-s 00000000 00:01 0 /dev/zero (deleted)")
                        .kind())
                .isEqualTo(Kind.FILE);
        assertThat(one("7f0000000000-7f0000001000 rw-p 00000000 00:01 17 ").kind())
                .isEqualTo(Kind.FILE);
    }

    @Test
    void sharedAndExecuteOnly() {
        assertThat(one("7f0000000000-7f0000001000 rw-s 00000000 00:01 7 /memfd:x (deleted)")
                        .shared())
                .isTrue();
        Vma executable = one("7f0000000000-7f0000001000 --xp 00000000 00:00 0 ");
        assertThat(executable.readable()).isTrue();
        assertThat(executable.writable()).isFalse();
        assertThat(one("7f0000000000-7f0000001000 ---p 00000000 00:00 0 ").readable())
                .isFalse();
    }

    @Test
    void hiddenRangeIsLeftOut() {
        long heap = mapped("[heap]");
        assertThat(new VmaTable(Linux::getpid).find(heap)).isNotNull();
        Vma hidden = Objects.requireNonNull(new VmaTable(Linux::getpid).find(heap));
        VmaTable table = new VmaTable(Linux::getpid, hidden.start(), hidden.end());
        assertThat(table.find(heap)).isNull();
        assertThat(table.find(mapped("[stack]"))).isNotNull();
    }

    @Test
    void pageIsKeptUntilNothingIsMappedThere() {
        VmaTable table = new VmaTable(Linux::getpid);
        long at = Linux.call(
                Linux.NR_MMAP, 0, 2 * Linux.PAGE_SIZE, Linux.PROT_READ, Linux.MAP_PRIVATE | Linux.MAP_ANONYMOUS, -1, 0);
        long page = at >>> Linux.PAGE_SHIFT;
        table.keep(page);
        assertThat(table.isKept(page)).isTrue();
        assertThat(table.isKept(page + 1)).isFalse();
        // It is no mapping of its own.
        Vma mapping = Objects.requireNonNull(table.find(at));
        assertThat(mapping.kind()).isEqualTo(Kind.ANONYMOUS);
        assertThat(mapping.end()).isGreaterThan(at + Linux.PAGE_SIZE);
        table.changed();
        table.find(at);
        assertThat(table.isKept(page)).isTrue();
        Linux.call(Linux.NR_MUNMAP, at, 2 * Linux.PAGE_SIZE, 0);
        table.changed();
        table.find(mapped("[stack]"));
        assertThat(table.isKept(page)).isFalse();
    }

    /** What a program names that it has not mapped must not gather. */
    @Test
    void pageThatIsNotMappedIsNotKept() {
        VmaTable table = new VmaTable(Linux::getpid);
        table.keep(0);
        assertThat(table.isKept(0)).isFalse();
    }

    private static long mapped(String name) {
        try {
            return VmaTable.parse(java.nio.file.Files.readAllLines(java.nio.file.Path.of("/proc/self/maps"))).stream()
                    .filter(vma -> vma.name().equals(name))
                    .findFirst()
                    .orElseThrow()
                    .start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void accessIsDeniedForTheFirstReasonThatHolds() {
        String anonymous = "-7f0000001000 %s 00000000 00:00 0 ";
        assertThat(VmaTable.denial(null, false)).isEqualTo(Denial.UNMAPPED);
        assertThat(VmaTable.denial(null, true)).isEqualTo(Denial.UNMAPPED);
        assertThat(read("7f0000000000" + anonymous.formatted("rw-p"))).isNull();
        assertThat(write("7f0000000000" + anonymous.formatted("rw-p"))).isNull();
        assertThat(read("7f0000000000" + anonymous.formatted("r--p"))).isNull();
        assertThat(write("7f0000000000" + anonymous.formatted("r--p"))).isEqualTo(Denial.PROTECTED);
        assertThat(read("7f0000000000" + anonymous.formatted("---p"))).isEqualTo(Denial.PROTECTED);
        assertThat(write("7f0000000000" + anonymous.formatted("---p"))).isEqualTo(Denial.PROTECTED);
        assertThat(read("7f0000000000" + anonymous.formatted("rw-s"))).isEqualTo(Denial.SHARED_MAPPING);
        assertThat(write("7f0000000000" + anonymous.formatted("r--s"))).isEqualTo(Denial.SHARED_MAPPING);
    }

    @Test
    void privateFilesAreLikeOtherPrivateMemory() {
        String file = "7f0000000000-7f0000001000 %s 00000000 08:01 99 /lib/libc.so.6";
        assertThat(read(file.formatted("r-xp"))).isNull();
        assertThat(write(file.formatted("r-xp"))).isEqualTo(Denial.PROTECTED);
        assertThat(read(file.formatted("rw-p"))).isNull();
        assertThat(write(file.formatted("rw-p"))).isNull();
        assertThat(read("7ffc00000000-7ffc00004000 r-xp 00000000 00:00 0 [vdso]"))
                .isEqualTo(Denial.SPECIAL_MAPPING);
    }

    /** A new mapping is found at once; one that has gone, after {@code changed}. */
    @Test
    void tableFollowsTheProcess() {
        VmaTable table = new VmaTable(Linux::getpid);
        int flags = Linux.MAP_PRIVATE | Linux.MAP_ANONYMOUS;
        long at = Linux.mmap(0, 3 * 4096, 0, flags, -1, 0);
        assertThat(at).isPositive();
        Vma before = table.find(at);
        assertThat(before).isNotNull();

        long end = at + 3 * 4096;
        assertThat(table.find(end - 1)).isEqualTo(before);
        // Between the two a look at the other mapping; a JVM makes and drops mappings of its own all the time.
        assertThat(Linux.munmap(at, 3 * 4096)).isZero();
        assertThat(table.find(at)).as("known until it is told").isEqualTo(before);
        table.changed();
        Vma after = table.find(at);
        assertThat(after == null || !after.equals(before)).isTrue();
    }

    @Test
    void processThatHasEndedMapsNothing() {
        assertThat(new VmaTable(() -> 0x3ffffff).find(0x10000)).isNull();
    }

    /** A file's mapping whose name is no UTF-8: the bytes of it are what counts, and none of the other mappings is lost. */
    @Test
    void nameThatIsNoText(@TempDir Path directory) {
        byte[] path = (directory + "/caf\u00e9.dat\0").getBytes(StandardCharsets.ISO_8859_1);
        long address;
        try (NativeMemory name = new NativeMemory(path.length)) {
            NativeMemory.copyIn(name.address(), path, 0, path.length);
            int flags = Linux.O_RDWR | Linux.O_CLOEXEC | 0100;
            int fd = (int) Linux.call(Linux.NR_OPENAT, Linux.AT_FDCWD, name.address(), flags, 0600, 0, 0);
            address = Linux.mmap(0, Linux.PAGE_SIZE, Linux.PROT_READ, Linux.MAP_PRIVATE, fd, 0);
            assertThat(address).isPositive();
            Linux.close(fd);
            // The test's directory could not be emptied of such a name.
            assertThat(Linux.call(NR_UNLINK, name.address(), 0, 0)).isZero();
        }
        Vma vma = new VmaTable(Linux::getpid).find(address);
        assertThat(vma).isNotNull();
        assertThat(vma.kind()).isEqualTo(Kind.FILE);
        assertThat(vma.name()).endsWith("/caf\u00e9.dat (deleted)");
        Linux.munmap(address, Linux.PAGE_SIZE);
    }

    @Test
    void endedProcessHasNoMappings() throws Exception {
        Process process = new ProcessBuilder("true").start();
        process.waitFor();
        VmaTable table = new VmaTable(() -> (int) process.pid());
        assertThat(table.overlapping(0, Long.MAX_VALUE)).isEmpty();
        assertThat(table.isUnseen()).isTrue();
    }

    /** The table asks of any thread of the process, and that one may end just then. */
    @Test
    void whatIsKnownOfPagesOutlastsALookAtATaskThatHasEnded() throws Exception {
        Process process = new ProcessBuilder("true").start();
        process.waitFor();
        long address = Linux.mmap(0, Linux.PAGE_SIZE, Linux.PROT_READ, Linux.MAP_PRIVATE | Linux.MAP_ANONYMOUS, -1, 0);
        int[] task = {Linux.getpid()};
        VmaTable table = new VmaTable(() -> task[0]);
        table.keep(address >>> Linux.PAGE_SHIFT);
        task[0] = (int) process.pid();
        table.changed();
        assertThat(table.find(address)).isNull();
        assertThat(table.isKept(address >>> Linux.PAGE_SHIFT)).isTrue();
        task[0] = Linux.getpid();
        assertThat(table.find(address)).isNotNull();
        assertThat(table.isUnseen()).isFalse();
        Linux.munmap(address, Linux.PAGE_SIZE);
    }
}
