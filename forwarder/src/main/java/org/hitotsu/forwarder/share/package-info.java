/** Shared processes: their tables, at the origin and on the nodes that host their threads. */
@NullMarked
package org.hitotsu.forwarder.share;

import org.jspecify.annotations.NullMarked;
