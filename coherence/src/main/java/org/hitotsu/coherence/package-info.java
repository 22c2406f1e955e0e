/**
 * The page protocol: which node may read and write which page of a shared process.
 *
 * <p>Pure state machines. An event is a method call, an action is a call on a sink; there is no clock, thread, socket or
 * memory in here. One {@link org.hitotsu.coherence.PageDirectory} runs at the origin of a shared process and one
 * {@link org.hitotsu.coherence.PageCache} on every node, the origin included. An instance is used by one thread (one
 * event loop) only. Sinks are called from inside an event and must not call back into the instance which calls them:
 * what they cause comes back as a later event.
 *
 * <p>The algorithm is the centralized-manager write-invalidate protocol of Li and Hudak, "Memory Coherence in Shared Virtual
 * Memory Systems" (ACM TOCS 7(4), 1989), and its transient states are named as in Sorin, Hill and Wood, "A Primer on
 * Memory Consistency and Cache Coherence" (2011).
 */
@NullMarked
package org.hitotsu.coherence;

import org.jspecify.annotations.NullMarked;
