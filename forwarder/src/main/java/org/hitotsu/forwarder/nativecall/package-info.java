/** System calls and memory outside the heap, through JNA. */
@NullMarked
package org.hitotsu.forwarder.nativecall;

import org.jspecify.annotations.NullMarked;
