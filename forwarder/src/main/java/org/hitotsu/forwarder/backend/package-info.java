/**
 * The kernel port: what the daemon needs of a kernel, as two small ports (threads and pages) over one address space on
 * this node, the origin's or a shadow's. Implementations are in packages of their own and know nothing of what is above.
 */
@NullMarked
package org.hitotsu.forwarder.backend;

import org.jspecify.annotations.NullMarked;
