/** Which nodes there are: the computer table, joining, leaving, leases, and sending to a node by id. */
@NullMarked
package org.hitotsu.forwarder.membership;

import org.jspecify.annotations.NullMarked;
