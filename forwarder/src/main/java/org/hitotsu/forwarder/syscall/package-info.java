/** What becomes of each system call of a moved thread, and which memory travels with it. */
@NullMarked
package org.hitotsu.forwarder.syscall;

import org.jspecify.annotations.NullMarked;
