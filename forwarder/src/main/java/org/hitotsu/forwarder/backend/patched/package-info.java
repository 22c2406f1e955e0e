/**
 * The back-end for kernels with the patch series of {@code kernel-patch/}: threads and their system calls by {@code
 * /dev/hitotsu} and eBPF programs, pages by userfaultfd's extraction. Nothing is traced, filtered or mapped into programs.
 */
@NullMarked
package org.hitotsu.forwarder.backend.patched;

import org.jspecify.annotations.NullMarked;
