/** What the daemon counts and times, and its {@code /metrics} page. */
@NullMarked
package org.hitotsu.forwarder.metrics;

import org.jspecify.annotations.NullMarked;
