/** The back-end for unpatched kernels, 6.1 or later: ptrace on demand, seccomp notifications, userfaultfd, and an agent in the process. */
@NullMarked
package org.hitotsu.forwarder.backend.stock;

import org.jspecify.annotations.NullMarked;
