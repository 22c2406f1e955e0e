/** The {@code hitotsu} command. */
@NullMarked
package org.hitotsu.forwarder.cli;

import org.jspecify.annotations.NullMarked;
