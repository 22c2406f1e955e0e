/** The daemon's administration socket: one JSON object per line on a Unix domain socket. */
@NullMarked
package org.hitotsu.forwarder.admin;

import org.jspecify.annotations.NullMarked;
