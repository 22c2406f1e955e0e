package org.hitotsu.forwarder.backend;

/**
 * What a shadow takes over of the origin's process.
 *
 * @param specialStart address of the lowest of the kernel's own mappings (vvar, vdso), 0 if there are none
 * @param specialLength their length in bytes, to the end of the vdso
 * @param pid the process id by which the program knows itself, 0 if it is not known
 */
public record SpaceLayout(long specialStart, long specialLength, int pid) {
    /** The same for a node whose kernel can't put its own mappings at the same place. */
    public SpaceLayout withoutSpecial() {
        return new SpaceLayout(0, 0, pid);
    }
}
