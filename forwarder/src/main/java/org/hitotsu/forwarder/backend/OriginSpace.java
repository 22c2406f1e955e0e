package org.hitotsu.forwarder.backend;

import io.vertx.core.Future;
import org.jspecify.annotations.Nullable;

/** The address space and the threads of a shared process at its origin. Event loop only. */
public interface OriginSpace {
    int pid();

    /** What a shadow must copy of this process's layout. */
    SpaceLayout layout();

    OriginThreads threads();

    PagePort pages();

    ProcessorPort processors();

    CallMemory callMemory();

    /** Regards the changes which system call {@code nr} has made to the VMAs. To be called under the range lock. */
    void vmasChanged();

    /**
     * A range is the program's own from now on, since it handles its faults or moves its pages elsewhere (UFFDIO_REGISTER and
     * UFFDIO_MOVE of ioctl_userfaultfd(2)), and the kernel has one userfaultfd for a mapping: this daemon's lets go of it, and
     * its pages stay here. To be called under the range lock, with all pages here.
     *
     * @param start first address, of a page
     * @param length bytes, whole pages
     */
    void leaveFaults(long start, long length);

    /**
     * A range all pages of which are here, and stay until the call is made, is about to be moved by mremap(2), which takes
     * userfaultfd off what it moves; and also off the mapping beside the new place with which that becomes one, pages of which
     * may be away (copy_vma(), mremap_userfaultfd_prep()). So nothing of the range is watched when it is moved.
     *
     * @return to be run when the call is made
     */
    Runnable moving(long start, long length);

    /**
     * Whether the kernel, when it must write to a page behind a wait ({@link org.hitotsu.forwarder.syscall.PriorityFutex}),
     * comes to it: because it waits for the page then, or because the page stays here.
     */
    boolean isReached(long page);

    /**
     * A page of the program stays here from now on, as long as something is mapped there: see {@link #isReached}. To be called
     * under its range lock, with the page here.
     */
    void keep(long page);

    /**
     * Maps a file on behalf of thread {@code tid} (see {@link OriginThreads#execInSpace}) as mmap(2) does, so that other
     * nodes can be given its pages as far as that is possible.
     *
     * @return the address or {@code -errno}; null if the thread itself has to make the call
     */
    Future<@Nullable Long> mapFile(int tid, long address, long length, int prot, int flags, int fd, long offset);

    /** The thread itself is about to make a call that may map something else from an address on (SHM_REMAP of shmat(2)). */
    void mayBeReplaced(long start);

    /**
     * Whether a range, or a part of it, has other content than zeros behind advice that empties it. Then what it has before may
     * not be thrown away before: who touched it would see zeros.
     *
     * @param length bytes
     */
    boolean isRefilled(long start, long length);

    /**
     * Whether the program was watched from its first instruction on: of one that was not, anything may have been done to its
     * mappings before.
     */
    boolean watchedFromStart();

    /**
     * Why no page of the program may be taken from the beginning ({@link OriginThreads.Events#onHomebound}), because of what
     * it has from before; null if they may.
     */
    @Nullable
    String homebound();

    /**
     * Adds to what {@link #homebound} answers.
     *
     * @param why what the program has from before, as the end of a sentence about it
     */
    void stayHome(String why);

    /**
     * Lets the program go: nothing of the daemon stays in it, it runs on natively, and this object is closed. To be called
     * while all its threads and pages are at home and stay there. If it fails, the program is shared as before; the message
     * is {@code CAUSE; REMEDY}.
     */
    Future<Void> letGo();

    /** Writes a line to the program's standard error, for the user who waits for it, and ends it by SIGKILL. */
    void kill(String why);

    /** Frees what the daemon holds of the process. After it has ended. */
    void close();
}
