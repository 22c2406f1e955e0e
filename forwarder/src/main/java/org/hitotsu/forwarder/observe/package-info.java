/** eBPF observation of shared processes: joins the observer of the bpf module to the daemon. */
@NullMarked
package org.hitotsu.forwarder.observe;

import org.jspecify.annotations.NullMarked;
