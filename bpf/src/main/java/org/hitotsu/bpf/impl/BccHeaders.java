package org.hitotsu.bpf.impl;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * What libbcc's own prelude includes from the kernel's headers, reduced to what it uses of them. With it neither the
 * headers of the running kernel nor kheaders.ko are needed; the programs read kernel types by offsets from BTF.
 */
final class BccHeaders {

    private static final String TYPES = """
            #ifndef HITO_TYPES_H
            #define HITO_TYPES_H
            typedef signed char __s8, s8;
            typedef unsigned char __u8, u8;
            typedef short __s16, s16;
            typedef unsigned short __u16, u16, __be16, __le16, __sum16;
            typedef int __s32, s32;
            typedef unsigned int __u32, u32, __be32, __le32, __wsum;
            typedef long long __s64, s64;
            typedef unsigned long long __u64, u64, __be64, __le64;
            typedef unsigned long size_t, uintptr_t;
            typedef int pid_t;
            typedef _Bool bool;
            #define __aligned_u64 __u64 __attribute__((aligned(8)))
            #define NULL ((void *)0)
            #endif
            """;

    private static final String VERSION = """
            #define KERNEL_VERSION(a, b, c) (((a) << 16) + ((b) << 8) + (c))
            #define LINUX_VERSION_CODE KERNEL_VERSION(6, 1, 0)
            """;

    private static final Map<String, String> FILES = Map.of(
            "include/linux/kconfig.h", "#define CONFIG_BPF_SYSCALL 1\n",
            "include/linux/types.h", TYPES,
            "include/linux/version.h", VERSION,
            "include/linux/bpf_common.h", "#define BPF_CLASS(code) ((code) & 7)\n",
            "include/linux/log2.h", "",
            "include/uapi/linux/bpf.h", "",
            "include/uapi/linux/if_packet.h", "",
            "include/uapi/linux/ptrace.h", "",
            "arch/x86/include/asm/page.h", "#define PAGE_SIZE 4096\n");

    private BccHeaders() {}

    /** Writes the tree below a new temporary directory. */
    static Path write() throws IOException {
        Path root = Files.createTempDirectory("hitotsu-bcc");
        for (Map.Entry<String, String> file : FILES.entrySet()) {
            Path path = root.resolve(file.getKey());
            Files.createDirectories(path.getParent());
            Files.writeString(path, file.getValue());
        }
        return root;
    }

    /** Removes what {@link #write} made. */
    static void remove(Path root) throws IOException {
        List<Path> paths;
        try (Stream<Path> walk = Files.walk(root)) {
            paths = walk.sorted(Comparator.reverseOrder()).toList();
        }
        for (Path path : paths) {
            Files.delete(path);
        }
    }
}
