package org.hitotsu.forwarder.backend.common;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import org.hitotsu.forwarder.nativecall.ProcFiles;
import org.jspecify.annotations.Nullable;

/** Which running processes can be brought under sharing, as far as /proc tells. Blocks for some file accesses. */
public final class AttachCheck {
    private static final int ELF_CLASS = 4;
    private static final int ELF_CLASS_64 = 2;

    private final Path proc;
    private final int ownPid;

    /** @param ownPid the daemon's process id */
    public AttachCheck(int ownPid) {
        this(Path.of("/proc"), ownPid);
    }

    AttachCheck(Path proc, int ownPid) {
        this.proc = proc;
        this.ownPid = ownPid;
    }

    /** What is in the way of sharing process {@code pid}, {@code CAUSE; REMEDY}; null if nothing is. */
    public @Nullable String obstacle(int pid) {
        Path process = proc.resolve(String.valueOf(pid));
        try {
            ProcessStatus status = status(process);
            String obstacle = ofStatus(pid, status);
            return obstacle != null ? obstacle : ofSurroundings(process);
        } catch (IOException e) {
            return Files.exists(process)
                    ? "can't be looked at: " + e.getMessage() + "; run the node as root"
                    : "there is none; look at `ps`";
        }
    }

    private ProcessStatus status(Path process) throws IOException {
        return ProcessStatus.of(ProcFiles.lines(process.resolve("status")));
    }

    private @Nullable String ofStatus(int pid, ProcessStatus status) throws IOException {
        int tgid = status.number("Tgid");
        if (tgid != pid) {
            return "is a thread of process " + tgid + "; name that";
        }
        if (pid == ownPid) {
            return "is this node itself; choose another process";
        }
        if (status.text("State").startsWith("Z") || status.text("State").startsWith("X")) {
            return "has ended, or its first thread has; start it with `hitotsu run`";
        }
        if (!status.has("VmSize")) {
            return "is a thread of the kernel; choose another process";
        }
        if (status.number("TracerPid") != 0) {
            return tracer(status);
        }
        if (status.text("State").startsWith("T")) {
            return "is stopped; continue it first (kill -CONT " + pid + ")";
        }
        if (!status.text("Uid").equals(status(proc.resolve("self")).text("Uid"))) {
            return "is of another user than the node; start it with `hitotsu run`";
        }
        if (status.number("Seccomp") != 0) {
            return "has a seccomp filter, which would judge the calls that prepare it; start it with `hitotsu run`";
        }
        return null;
    }

    private String tracer(ProcessStatus status) throws IOException {
        // The field names a thread.
        if (status(proc.resolve(status.text("TracerPid"))).number("Tgid") == ownPid) {
            return "was to be stopped in vain, and is let go when its call has returned; try again then";
        }
        return "is traced by process " + status.number("TracerPid") + "; detach that first";
    }

    private @Nullable String ofSurroundings(Path process) throws IOException {
        for (String namespace : new String[] {"pid", "mnt", "user"}) {
            if (!link(process, "ns/" + namespace).equals(link(proc.resolve("self"), "ns/" + namespace))) {
                return "is in another " + namespace + " namespace than the node; run a node in there";
            }
        }
        if (!link(process, "root").equals(link(proc.resolve("self"), "root"))) {
            return "has another root directory than the node (chroot); start it with `hitotsu run`";
        }
        try (InputStream program = Files.newInputStream(process.resolve("exe"))) {
            byte[] head = program.readNBytes(ELF_CLASS + 1);
            if (head.length <= ELF_CLASS || head[ELF_CLASS] != ELF_CLASS_64) {
                return "is a 32-bit program; only 64-bit ones can be shared";
            }
        }
        try (DirectoryStream<Path> tasks = Files.newDirectoryStream(process.resolve("task"))) {
            for (Path task : tasks) {
                String obstacle = ofThread(task);
                if (obstacle != null) {
                    return obstacle;
                }
            }
        }
        return null;
    }

    private @Nullable String ofThread(Path task) throws IOException {
        ProcessStatus status;
        try {
            status = status(task);
        } catch (NoSuchFileException e) {
            return null; // It has ended meanwhile.
        }
        if (status.number("TracerPid") != 0) {
            return tracer(status);
        }
        return status.number("Seccomp") == 0
                ? null
                : "has a thread with a seccomp filter, which would judge the calls that prepare it; start it with"
                        + " `hitotsu run`";
    }

    private static String link(Path process, String name) throws IOException {
        return Files.readSymbolicLink(process.resolve(name)).toString();
    }
}
