package org.hitotsu.forwarder.backend.common;

import java.util.HashMap;
import java.util.Map;
import org.hitotsu.forwarder.backend.common.VmaTable.Vma;
import org.hitotsu.forwarder.nativecall.FileStatus;
import org.hitotsu.forwarder.nativecall.Linux;
import org.hitotsu.forwarder.nativecall.ProcFiles;

/** What kind of file a mapping has. Event loop only. */
public final class MappedFiles {
    /** Of a program that maps new files all the time. */
    private static final int MAX_KNOWN = 1024;

    private final VmaTable vmas;
    /** By {@link Vma#file}. */
    private final Map<String, Boolean> regular = new HashMap<>();

    public MappedFiles(VmaTable vmas) {
        this.vmas = vmas;
    }

    /**
     * Whether a mapping's file is a regular one: no device. A name does not tell, since a device may have any.
     *
     * @return false also if the mapping has just changed
     */
    public boolean isRegular(Vma vma) {
        Boolean known = regular.get(vma.file());
        if (known != null) {
            return known;
        }
        // Leads to the very file, whatever its name means by now (proc(5)).
        FileStatus status = FileStatus.of("/proc/" + vmas.task() + "/map_files/" + Long.toHexString(vma.start()) + "-"
                + Long.toHexString(vma.end()));
        if (status.error() == Linux.EPERM) {
            status = FileStatus.of(ProcFiles.shown(vma.name()));
        }
        if (status.error() != 0) {
            vmas.changed();
            return false;
        }
        if (regular.size() == MAX_KNOWN) {
            regular.clear();
        }
        boolean is = status.type() == FileStatus.Type.REGULAR;
        regular.put(vma.file(), is);
        return is;
    }
}
