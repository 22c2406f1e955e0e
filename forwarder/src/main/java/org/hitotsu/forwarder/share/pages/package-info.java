/** Pages on the wire and in the kernel port: adapters of the pure page protocol. */
@NullMarked
package org.hitotsu.forwarder.share.pages;

import org.jspecify.annotations.NullMarked;
