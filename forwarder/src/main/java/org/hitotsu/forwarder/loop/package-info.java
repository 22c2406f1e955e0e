/** File descriptors of the kernel on the daemon's event loop. */
@NullMarked
package org.hitotsu.forwarder.loop;

import org.jspecify.annotations.NullMarked;
