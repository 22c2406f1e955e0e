package org.hitotsu.forwarder.nativecall;

import com.sun.jna.Native;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * System calls of x86-64 Linux which the back-ends need. Results follow the kernel's own convention: a value ≥ 0, or
 * {@code -errno}; nothing is thrown, because EAGAIN and EEXIST are everyday answers on the hot paths.
 */
public final class Linux {
    public static final int PAGE_SHIFT = 12;
    public static final int PAGE_SIZE = 1 << PAGE_SHIFT;

    public static final int EPERM = 1;
    public static final int ENOENT = 2;
    public static final int ESRCH = 3;
    public static final int EINTR = 4;
    public static final int EIO = 5;
    public static final int EBADF = 9;
    public static final int EAGAIN = 11;
    public static final int ENOMEM = 12;
    public static final int EACCES = 13;
    public static final int EFAULT = 14;
    public static final int EBUSY = 16;
    public static final int EEXIST = 17;
    public static final int EXDEV = 18;
    public static final int EINVAL = 22;
    public static final int EMFILE = 24;
    public static final int ENOSYS = 38;
    public static final int ENODATA = 61;
    public static final int EOPNOTSUPP = 95;
    public static final int ERESTARTSYS = 512;
    public static final int ERESTARTNOINTR = 513;
    public static final int ERESTARTNOHAND = 514;
    public static final int ERESTART_RESTARTBLOCK = 516;

    public static final int NR_READ = 0;
    public static final int NR_WRITE = 1;
    public static final int NR_OPEN = 2;
    public static final int NR_CLOSE = 3;
    public static final int NR_POLL = 7;
    public static final int NR_MMAP = 9;
    public static final int NR_MPROTECT = 10;
    public static final int NR_MUNMAP = 11;
    public static final int NR_BRK = 12;
    public static final int NR_RT_SIGACTION = 13;
    public static final int NR_RT_SIGPROCMASK = 14;
    public static final int NR_IOCTL = 16;
    /** ioctl_userfaultfd(2). */
    public static final long UFFDIO_REGISTER = 0xc020aa00L;

    public static final long UFFDIO_UNREGISTER = 0x8010aa01L;
    /** Since Linux 6.8. */
    public static final long UFFDIO_MOVE = 0xc028aa05L;

    public static final int NR_PREAD64 = 17;
    public static final int NR_PWRITE64 = 18;
    public static final int NR_MREMAP = 25;
    public static final int NR_MADVISE = 28;
    public static final int NR_SHMAT = 30;
    public static final int NR_CLONE = 56;
    public static final int NR_FORK = 57;
    public static final int NR_VFORK = 58;
    public static final int NR_GETSOCKOPT = 55;
    public static final int NR_EXECVE = 59;
    public static final int NR_EXIT = 60;
    public static final int NR_WAIT4 = 61;
    public static final int NR_KILL = 62;
    public static final int NR_SHMDT = 67;
    public static final int NR_FCNTL = 72;
    public static final int NR_FTRUNCATE = 77;
    public static final int NR_PTRACE = 101;
    public static final int NR_SETSID = 112;
    public static final int NR_MLOCK = 149;
    public static final int NR_MLOCKALL = 151;
    public static final int NR_MODIFY_LDT = 154;
    public static final int NR_PRCTL = 157;
    public static final int NR_ARCH_PRCTL = 158;
    public static final int NR_SETRLIMIT = 160;
    public static final int NR_FUTEX = 202;
    public static final int NR_SCHED_SETAFFINITY = 203;
    public static final int NR_SCHED_GETAFFINITY = 204;
    public static final int NR_REMAP_FILE_PAGES = 216;
    public static final int NR_RESTART_SYSCALL = 219;
    public static final int NR_CLOCK_GETTIME = 228;
    public static final int NR_EXIT_GROUP = 231;
    public static final int NR_TGKILL = 234;
    public static final int NR_WAITID = 247;
    public static final int NR_OPENAT = 257;
    public static final int NR_GET_ROBUST_LIST = 274;
    public static final int NR_SPLICE = 275;
    public static final int NR_VMSPLICE = 278;
    public static final int NR_FALLOCATE = 285;
    public static final int NR_PRLIMIT64 = 302;
    public static final int NR_OPEN_BY_HANDLE_AT = 304;
    public static final int NR_PROCESS_VM_READV = 310;
    public static final int NR_PROCESS_VM_WRITEV = 311;
    public static final int NR_SECCOMP = 317;
    public static final int NR_PIPE2 = 293;
    public static final int NR_MEMFD_CREATE = 319;
    public static final int NR_EXECVEAT = 322;
    public static final int NR_USERFAULTFD = 323;
    public static final int NR_MLOCK2 = 325;
    public static final int NR_PKEY_MPROTECT = 329;
    public static final int NR_PKEY_ALLOC = 330;
    public static final int NR_PKEY_FREE = 331;
    public static final int NR_STATX = 332;
    public static final int NR_RSEQ = 334;
    public static final int NR_IO_URING_SETUP = 425;
    public static final int NR_IO_URING_REGISTER = 427;
    public static final int NR_PIDFD_SEND_SIGNAL = 424;
    public static final int NR_PIDFD_OPEN = 434;
    public static final int NR_CLONE3 = 435;
    public static final int NR_CLOSE_RANGE = 436;
    public static final int NR_OPENAT2 = 437;
    public static final int NR_KCMP = 312;
    public static final int NR_PIDFD_GETFD = 438;
    public static final int NR_PROCESS_MADVISE = 440;
    public static final int NR_MSEAL = 462;

    public static final int O_RDONLY = 0;
    public static final int O_RDWR = 2;
    public static final int O_CLOEXEC = 02000000;
    public static final int O_NONBLOCK = 04000;
    public static final int AT_FDCWD = -100;
    public static final int PROT_READ = 1;
    public static final int PROT_WRITE = 2;
    public static final int PROT_EXEC = 4;
    public static final int MAP_SHARED = 1;
    public static final int MAP_PRIVATE = 2;
    public static final int MAP_TYPE = 0x0f;
    public static final int MAP_FIXED = 0x10;
    public static final int MAP_ANONYMOUS = 0x20;
    public static final int MAP_LOCKED = 0x2000;
    public static final int MAP_NORESERVE = 0x4000;
    public static final int MAP_FIXED_NOREPLACE = 0x100000;
    public static final int SIGTRAP = 5;
    public static final int SIGSYS = 31;
    public static final int SIGKILL = 9;
    public static final int SIGCONT = 18;
    public static final int SIGSTOP = 19;

    private static final int PIDFD_THREAD = 0x80;
    private static final int F_DUPFD_CLOEXEC = 1030;

    private static final Map<Integer, String> NAMES = Map.ofEntries(
            Map.entry(EPERM, "EPERM (operation not permitted)"),
            Map.entry(ENOENT, "ENOENT (no such file)"),
            Map.entry(ESRCH, "ESRCH (no such process)"),
            Map.entry(EIO, "EIO (input/output error)"),
            Map.entry(EAGAIN, "EAGAIN (try again)"),
            Map.entry(ENOMEM, "ENOMEM (out of memory)"),
            Map.entry(EACCES, "EACCES (access denied)"),
            Map.entry(EFAULT, "EFAULT (bad address)"),
            Map.entry(EBUSY, "EBUSY (busy)"),
            Map.entry(EEXIST, "EEXIST (exists already)"),
            Map.entry(EMFILE, "EMFILE (too many open files)"),
            Map.entry(EINVAL, "EINVAL (invalid argument)"),
            Map.entry(ENOSYS, "ENOSYS (not in this kernel)"));

    private Linux() {}

    /** Any system call; the kernel's result, failures as {@code -errno}. */
    public static long call(long nr, long a, long b, long c, long d, long e, long f) {
        long result = Libc.syscall(nr, a, b, c, d, e, f);
        return result == -1 ? -Native.getLastError() : result;
    }

    public static long call(long nr, long a, long b, long c) {
        return call(nr, a, b, c, 0, 0, 0);
    }

    /** ioctl(2) on {@code fd}; {@code argument} is the address of its structure, or a value. */
    public static long ioctl(int fd, long request, long argument) {
        return call(NR_IOCTL, fd, request, argument);
    }

    public static long close(int fd) {
        return call(NR_CLOSE, fd, 0, 0);
    }

    public static int getpid() {
        return (int) ProcessHandle.current().pid();
    }

    /** pidfd_open(2), Linux 5.3: a descriptor which polls readable when process {@code pid} has ended. */
    public static long pidfdOpen(int pid) {
        return call(NR_PIDFD_OPEN, pid, 0, 0);
    }

    /** pidfd_send_signal(2), Linux 5.1: to that very process, whichever has its id by now. */
    public static long pidfdSendSignal(int pidfd, int signal) {
        return call(NR_PIDFD_SEND_SIGNAL, pidfd, signal, 0, 0, 0, 0);
    }

    /** pidfd_getfd(2), Linux 5.6: a copy of descriptor {@code fd} of the process behind {@code pidfd}. */
    public static long pidfdGetfd(int pidfd, int fd) {
        return call(NR_PIDFD_GETFD, pidfd, fd, 0);
    }

    /**
     * As {@link #pidfdGetfd}, of the table of one thread: it may have another than its process's first thread (CLONE_FILES), and
     * go on when that has ended. -EINVAL before Linux 6.9.
     */
    public static long threadGetfd(int tid, int fd) {
        long holder = call(NR_PIDFD_OPEN, tid, PIDFD_THREAD, 0);
        if (holder < 0) {
            return holder;
        }
        long copy = pidfdGetfd((int) holder, fd);
        close((int) holder);
        return copy;
    }

    public static long kill(int pid, int signal) {
        return call(NR_KILL, pid, signal, 0);
    }

    public static long tgkill(int tgid, int tid, int signal) {
        return call(NR_TGKILL, tgid, tid, signal);
    }

    /** memfd_create(2), close-on-exec. */
    public static long memfdCreate(String name) {
        try (NativeMemory text = NativeMemory.ofString(name)) {
            return call(NR_MEMFD_CREATE, text.address(), 1, 0);
        }
    }

    /** Another descriptor, close-on-exec, for what {@code fd} is open on (fcntl(2), F_DUPFD_CLOEXEC). */
    public static long duplicate(int fd) {
        return call(NR_FCNTL, fd, F_DUPFD_CLOEXEC, 0);
    }

    /** open(2), close-on-exec. */
    public static long open(String path, int flags) {
        try (NativeMemory text = NativeMemory.ofString(path)) {
            return call(NR_OPENAT, AT_FDCWD, text.address(), flags | O_CLOEXEC, 0, 0, 0);
        }
    }

    /**
     * Starts {@code path} with an empty environment, as a child of the calling thread; descriptors without close-on-exec
     * are inherited, the priority of this process's threads is not. The process id, or {@code -errno}.
     */
    public static long spawn(String path, String... arguments) {
        List<NativeMemory> strings = new ArrayList<>();
        try (NativeMemory table = new NativeMemory(8L * (arguments.length + 2));
                NativeMemory out = new NativeMemory(16);
                NativeMemory file = NativeMemory.ofString(path)) {
            NativeMemory.putLong(table.address(), file.address());
            for (int i = 0; i < arguments.length; i++) {
                NativeMemory argument = NativeMemory.ofString(arguments[i]);
                strings.add(argument);
                NativeMemory.putLong(table.address() + 8L * (i + 1), argument.address());
            }
            int error = Libc.posix_spawn(out.address(), file.address(), 0, 0, table.address(), out.address() + 8);
            if (error != 0) {
                return -error;
            }
            int pid = NativeMemory.getInt(out.address());
            Urgency.drop(pid);
            return pid;
        } finally {
            strings.forEach(NativeMemory::close);
        }
    }

    /** Whether a write to {@code fd} would not block now (poll(2)). */
    public static boolean writableNow(int fd) {
        short pollOut = 4;
        try (NativeMemory poll = new NativeMemory(8)) {
            NativeMemory.putInt(poll.address(), fd);
            NativeMemory.putShort(poll.address() + 4, pollOut);
            return call(NR_POLL, poll.address(), 1, 0) == 1
                    && (NativeMemory.getShort(poll.address() + 6) & pollOut) != 0;
        }
    }

    /** FUTEX_WAKE of one waiter on the shared word at {@code address}. */
    public static long futexWake(long address) {
        return call(NR_FUTEX, address, 1, 1);
    }

    public static long mmap(long address, long length, int prot, int flags, int fd, long offset) {
        return call(NR_MMAP, address, length, prot, flags, fd, offset);
    }

    public static long munmap(long address, long length) {
        return call(NR_MUNMAP, address, length, 0);
    }

    /** The name of an errno for messages; {@code result} may be the errno or its negative. */
    public static String errorName(long result) {
        int errno = (int) Math.abs(result);
        String known = NAMES.get(errno);
        return known != null ? known : "errno " + errno;
    }

    static byte[] zeroTerminated(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        return Arrays.copyOf(bytes, bytes.length + 1);
    }
}
