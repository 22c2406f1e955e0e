/** Threads of a shared process: where they run, how they move, who executes their system calls. */
@NullMarked
package org.hitotsu.forwarder.share.threads;

import org.jspecify.annotations.NullMarked;
