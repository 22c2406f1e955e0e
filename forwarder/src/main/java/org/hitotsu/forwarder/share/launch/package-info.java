/** Starting a program through the local daemon. */
@NullMarked
package org.hitotsu.forwarder.share.launch;

import org.jspecify.annotations.NullMarked;
