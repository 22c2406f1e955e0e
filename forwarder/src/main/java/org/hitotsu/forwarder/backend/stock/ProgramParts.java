package org.hitotsu.forwarder.backend.stock;

import static org.hitotsu.forwarder.backend.common.KernelException.check;
import static org.hitotsu.forwarder.backend.common.ProcessMemory.read;
import static org.hitotsu.forwarder.backend.common.ProcessMemory.write;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.hitotsu.forwarder.backend.common.KernelException;
import org.hitotsu.forwarder.backend.common.VmaTable;
import org.hitotsu.forwarder.backend.common.VmaTable.Vma;
import org.hitotsu.forwarder.nativecall.Linux;
import org.hitotsu.forwarder.nativecall.NativeMemory;

/** The steps by which any program is prepared, as system calls of one of its threads. On the tracing thread. */
final class ProgramParts {
    private static final int MADV_DONTFORK = 10;

    private ProgramParts() {}

    /** Has the program make one system call: its result, or {@code -errno}. */
    interface Caller {
        long call(long nr, long... args) throws KernelException, IOException;
    }

    /**
     * Opens the agent's memory in the program, by a path.
     *
     * @param scratch where the program has some writable bytes, which are as they were afterwards
     */
    static long openAgent(Caller program, AgentRegion region, int memFd, long scratch)
            throws KernelException, IOException {
        byte[] path = ("/proc/" + Linux.getpid() + "/fd/" + region.memfd() + "\0").getBytes(StandardCharsets.UTF_8);
        byte[] saved = read(memFd, scratch, path.length);
        write(memFd, scratch, path, 0, path.length);
        try {
            return check(
                    "open the agent",
                    program.call(Linux.NR_OPENAT, Linux.AT_FDCWD, scratch, Linux.O_RDWR | Linux.O_CLOEXEC));
        } finally {
            write(memFd, scratch, saved, 0, saved.length);
        }
    }

    /** @param fd of the agent's memory in the program, which is closed */
    static void mapAgent(Caller program, long fd) throws KernelException, IOException {
        int fixed = Linux.MAP_SHARED | Linux.MAP_FIXED_NOREPLACE;
        int rx = Linux.PROT_READ | Linux.PROT_EXEC;
        int rw = Linux.PROT_READ | Linux.PROT_WRITE;
        long slots = StockLayout.AGENT_SIZE - StockLayout.AGENT_CODE_SIZE;
        try {
            check(
                    "map the agent",
                    program.call(Linux.NR_MMAP, StockLayout.AGENT_BASE, StockLayout.AGENT_CODE_SIZE, rx, fixed, fd, 0));
            long mapped = program.call(
                    Linux.NR_MMAP, StockLayout.SLOT_BASE, slots, rw, fixed, fd, StockLayout.AGENT_CODE_SIZE);
            if (mapped < 0) {
                program.call(Linux.NR_MUNMAP, StockLayout.AGENT_BASE, StockLayout.AGENT_CODE_SIZE);
                throw new KernelException("map the agent's slots", mapped);
            }
        } finally {
            program.call(Linux.NR_CLOSE, fd);
        }
        // A child of the program is not shared: it has no use for the agent.
        check("madvise", program.call(Linux.NR_MADVISE, StockLayout.AGENT_BASE, StockLayout.AGENT_SIZE, MADV_DONTFORK));
    }

    /** Opens a userfaultfd in the program; the daemon's descriptor of it. */
    static int userfault(Caller program, int pidfd) throws KernelException, IOException {
        return fetch(
                program,
                pidfd,
                check("userfaultfd", program.call(Linux.NR_USERFAULTFD, Linux.O_CLOEXEC | Linux.O_NONBLOCK)));
    }

    /** Takes a descriptor out of the program. */
    static int fetch(Caller program, int pidfd, long there) throws KernelException, IOException {
        long here = Linux.pidfdGetfd(pidfd, (int) there);
        program.call(Linux.NR_CLOSE, there);
        return (int) check("pidfd_getfd", here);
    }

    /** By way of memory outside of the heap, which may be smaller than a mapping. */
    private static void replace(Caller program, int memFd, Vma vma, long length) throws KernelException, IOException {
        try (NativeMemory content = new NativeMemory(length)) {
            read(memFd, vma.start(), content);
            int prot = Linux.PROT_READ | Linux.PROT_WRITE;
            int flags = Linux.MAP_PRIVATE | Linux.MAP_ANONYMOUS | Linux.MAP_FIXED;
            check("replace " + vma.name(), program.call(Linux.NR_MMAP, vma.start(), length, prot, flags, -1, 0));
            write(memFd, vma.start(), content);
        }
    }

    /**
     * Turns writable private mappings of files into anonymous ones with the same content.
     *
     * @param largest in bytes; larger ones stay as they are, and are used at the origin only
     */
    static void makeAnonymous(Caller program, int memFd, List<Vma> maps, long largest)
            throws KernelException, IOException {
        for (Vma vma : maps) {
            long length = vma.end() - vma.start();
            if (vma.kind() == VmaTable.Kind.FILE && vma.writable() && !vma.shared() && length <= largest) {
                replace(program, memFd, vma, length);
            }
        }
    }
}
