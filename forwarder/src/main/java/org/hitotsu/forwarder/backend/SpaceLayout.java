package org.hitotsu.forwarder.backend;

/**
 * What a shadow takes over of the origin's address space.
 *
 * @param specialStart address of the lowest of the kernel's own mappings (vvar, vdso), 0 if there are none
 * @param specialLength their length in bytes, to the end of the vdso
 */
public record SpaceLayout(long specialStart, long specialLength) {}
