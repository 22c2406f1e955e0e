package org.hitotsu.forwarder.backend;

import io.vertx.core.Future;

/** The address space and the threads of a shared process at its origin. Event loop only. */
public interface OriginSpace {
    int pid();

    /** What a shadow must copy of this process's layout. */
    SpaceLayout layout();

    OriginThreads threads();

    PagePort pages();

    /** Regards the changes which system call {@code nr} has made to the VMAs. To be called under the range lock. */
    void vmasChanged();

    /**
     * Maps {@code length} bytes of the file behind descriptor {@code fd} of the process privately and writable at
     * {@code address} (which may be 0 unless {@code flags} say fixed) as anonymous memory holding the file's bytes, since
     * a private file mapping's pages can't be taken from outside. The address, or {@code -errno}.
     */
    Future<Long> mapFileCopy(long address, long length, int prot, int flags, int fd, long offset);

    /** Maps the regular file behind descriptor {@code fd} as mmap(2) would for the program. The address, or {@code -errno}. */
    Future<Long> mapFile(long address, long length, int prot, int flags, int fd, long offset);

    /** Whether descriptor {@code fd} of the process is a regular file. */
    boolean isRegularFile(int fd);

    /** Writes a line to the program's standard error, for the user who waits for it, and ends it by SIGKILL. */
    void kill(String why);

    /** Frees what the daemon holds of the process. After it has ended. */
    void close();
}
