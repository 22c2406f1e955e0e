/** The daemon: wires network, administration, metrics and the share service to one event loop. */
@NullMarked
package org.hitotsu.forwarder;

import org.jspecify.annotations.NullMarked;
