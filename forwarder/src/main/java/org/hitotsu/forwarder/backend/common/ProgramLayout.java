package org.hitotsu.forwarder.backend.common;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.hitotsu.forwarder.backend.SpaceLayout;
import org.hitotsu.forwarder.backend.common.VmaTable.Vma;
import org.hitotsu.forwarder.nativecall.ProcFiles;

/** Reads from /proc what a shadow has to take over of a process (proc(5)). */
public final class ProgramLayout {
    private ProgramLayout() {}

    /** The layout of process {@code pid}, which has these mappings. */
    public static SpaceLayout read(int pid, List<Vma> maps) throws IOException {
        return of(maps, ownPid(ProcFiles.lines(Path.of("/proc/" + pid + "/status"))));
    }

    static SpaceLayout of(List<Vma> maps, int pid) {
        long start = 0;
        long end = 0;
        for (Vma vma : maps) {
            if (vma.name().startsWith("[vvar") || vma.name().equals("[vdso]")) {
                start = start == 0 ? vma.start() : Math.min(start, vma.start());
                end = Math.max(end, vma.end());
            }
        }
        return new SpaceLayout(start, end - start, pid);
    }

    /** The process id in the innermost pid namespace, from the lines of /proc/PID/status; 0 if they don't tell. */
    static int ownPid(List<String> status) {
        for (String line : status) {
            if (line.startsWith("NSpid:")) {
                String[] ids = line.substring("NSpid:".length()).strip().split("\\s+");
                return Integer.parseInt(ids[ids.length - 1]);
            }
        }
        return 0;
    }
}
