package org.hitotsu.forwarder.backend.stock;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.Field;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.hitotsu.forwarder.backend.common.Userfault;
import org.hitotsu.forwarder.nativecall.KernelHeaders;
import org.hitotsu.forwarder.nativecall.Linux;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Request numbers and structure offsets which the descriptors' classes carry, against the headers of this machine. */
class KernelInterfaceTest {

    private static final List<String> HEADERS =
            List.of("sys/ioctl.h", "linux/userfaultfd.h", "linux/seccomp.h", "linux/audit.h", "linux/filter.h");

    @TempDir
    Path scratch;

    private void compare(Class<?> type, Map<String, String> names, int atLeast) throws Exception {
        Map<String, Long> header = KernelHeaders.evaluate(scratch, HEADERS, names);
        for (Map.Entry<String, Long> entry : header.entrySet()) {
            Field field = type.getDeclaredField(entry.getKey());
            field.setAccessible(true);
            Number ours = (Number) field.get(null);
            // A 32-bit constant with its highest bit set is the same number.
            assertThat(ours instanceof Integer ? ours.intValue() : ours.longValue())
                    .as(entry.getKey())
                    .isEqualTo(ours instanceof Integer ? entry.getValue().intValue() : entry.getValue());
        }
        assertThat(header).hasSizeGreaterThanOrEqualTo(atLeast);
    }

    @Test
    void userfaultRequests() throws Exception {
        Map<String, String> names = new LinkedHashMap<>();
        names.put("API", "UFFDIO_API");
        names.put("WAKE", "UFFDIO_WAKE");
        names.put("COPY", "UFFDIO_COPY");
        names.put("ZEROPAGE", "UFFDIO_ZEROPAGE");
        names.put("WRITEPROTECT", "UFFDIO_WRITEPROTECT");
        names.put("FEATURE_PAGEFAULT_FLAG_WP", "UFFD_FEATURE_PAGEFAULT_FLAG_WP");
        names.put("FEATURE_THREAD_ID", "UFFD_FEATURE_THREAD_ID");
        names.put("FEATURE_WP_HUGETLBFS_SHMEM", "UFFD_FEATURE_WP_HUGETLBFS_SHMEM");
        names.put("FLAG_WRITE", "UFFD_PAGEFAULT_FLAG_WRITE");
        names.put("FLAG_WP", "UFFD_PAGEFAULT_FLAG_WP");
        names.put("EVENT_PAGEFAULT", "UFFD_EVENT_PAGEFAULT");
        names.put("MESSAGE_SIZE", "(sizeof(struct uffd_msg))");
        compare(Userfault.class, names, 11);
        compare(Linux.class, Map.of("UFFDIO_REGISTER", "UFFDIO_REGISTER", "UFFDIO_UNREGISTER", "UFFDIO_UNREGISTER"), 2);
    }

    @Test
    void userfaultStructures() throws Exception {
        Map<String, String> offsets = new LinkedHashMap<>();
        offsets.put("flags", "offsetof(struct uffd_msg, arg.pagefault.flags)");
        offsets.put("address", "offsetof(struct uffd_msg, arg.pagefault.address)");
        offsets.put("tid", "offsetof(struct uffd_msg, arg.pagefault.feat.ptid)");
        offsets.put("copied", "offsetof(struct uffdio_copy, copy)");
        offsets.put("copyMode", "offsetof(struct uffdio_copy, mode)");
        offsets.put("registerMode", "offsetof(struct uffdio_register, mode)");
        assertThat(KernelHeaders.evaluate(scratch, HEADERS, offsets))
                .isEqualTo(Map.of(
                        "flags", 8L, "address", 16L, "tid", 24L, "copied", 32L, "copyMode", 24L, "registerMode", 16L));
    }

    @Test
    void notificationRequests() throws Exception {
        Map<String, String> names = new LinkedHashMap<>();
        names.put("RECV", "SECCOMP_IOCTL_NOTIF_RECV");
        names.put("SEND", "SECCOMP_IOCTL_NOTIF_SEND");
        names.put("ADDFD", "SECCOMP_IOCTL_NOTIF_ADDFD");
        names.put("ADDFD_SEND", "SECCOMP_ADDFD_FLAG_SEND");
        names.put("SET_FLAGS", "SECCOMP_IOCTL_NOTIF_SET_FLAGS");
        names.put("SYNC_WAKE_UP", "SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP");
        names.put("FLAG_CONTINUE", "SECCOMP_USER_NOTIF_FLAG_CONTINUE");
        names.put("AUDIT_ARCH_X86_64", "AUDIT_ARCH_X86_64");
        compare(Notifications.class, names, 6);
    }

    @Test
    void userfaultDevice() throws Exception {
        // Not in headers from before Linux 6.1.
        compare(ProgramPreparation.class, Map.of("USERFAULTFD_IOC_NEW", "USERFAULTFD_IOC_NEW"), 0);
    }

    @Test
    void descriptorStructure() throws Exception {
        Map<String, String> offsets = new LinkedHashMap<>();
        offsets.put("flags", "offsetof(struct seccomp_notif_addfd, flags)");
        offsets.put("srcfd", "offsetof(struct seccomp_notif_addfd, srcfd)");
        offsets.put("newfd", "offsetof(struct seccomp_notif_addfd, newfd)");
        offsets.put("newfdFlags", "offsetof(struct seccomp_notif_addfd, newfd_flags)");
        offsets.put("size", "(sizeof(struct seccomp_notif_addfd))");
        assertThat(KernelHeaders.evaluate(scratch, HEADERS, offsets))
                .isEqualTo(Map.of("flags", 8L, "srcfd", 12L, "newfd", 16L, "newfdFlags", 20L, "size", 24L));
    }

    @Test
    void notificationStructures() throws Exception {
        Map<String, String> offsets = new LinkedHashMap<>();
        offsets.put("pid", "offsetof(struct seccomp_notif, pid)");
        offsets.put("nr", "offsetof(struct seccomp_notif, data.nr)");
        offsets.put("arch", "offsetof(struct seccomp_notif, data.arch)");
        offsets.put("args", "offsetof(struct seccomp_notif, data.args)");
        offsets.put("size", "(sizeof(struct seccomp_notif))");
        offsets.put("val", "offsetof(struct seccomp_notif_resp, val)");
        offsets.put("error", "offsetof(struct seccomp_notif_resp, error)");
        offsets.put("respFlags", "offsetof(struct seccomp_notif_resp, flags)");
        offsets.put("passed", "offsetof(struct seccomp_notif_addfd, srcfd)");
        offsets.put("passedFlags", "offsetof(struct seccomp_notif_addfd, newfd_flags)");
        assertThat(KernelHeaders.evaluate(scratch, HEADERS, offsets))
                .isEqualTo(Map.of(
                        "pid",
                        8L,
                        "nr",
                        16L,
                        "arch",
                        20L,
                        "args",
                        32L,
                        "size",
                        80L,
                        "val",
                        8L,
                        "error",
                        16L,
                        "respFlags",
                        20L,
                        "passed",
                        12L,
                        "passedFlags",
                        20L));
    }

    @Test
    void filterActionsAndOffsets() throws Exception {
        Map<String, String> names = new LinkedHashMap<>();
        names.put("ALLOW", "SECCOMP_RET_ALLOW");
        names.put("USER_NOTIF", "SECCOMP_RET_USER_NOTIF");
        names.put("NR", "offsetof(struct seccomp_data, nr)");
        names.put("ARCH", "offsetof(struct seccomp_data, arch)");
        names.put("IP_LOW", "offsetof(struct seccomp_data, instruction_pointer)");
        names.put("LD_W_ABS", "(BPF_LD | BPF_W | BPF_ABS)");
        names.put("JEQ", "(BPF_JMP | BPF_JEQ | BPF_K)");
        names.put("JSET", "(BPF_JMP | BPF_JSET | BPF_K)");
        names.put("RET", "(BPF_RET | BPF_K)");
        compare(BpfAssembler.class, names, 9);
    }
}
