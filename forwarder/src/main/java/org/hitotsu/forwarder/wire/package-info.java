/** Frames and the connections they travel on: encoding, incremental decoding, gathering of small sends. */
@NullMarked
package org.hitotsu.forwarder.wire;

import org.jspecify.annotations.NullMarked;
