/** What a library that can load eBPF programs has to offer. */
@NullMarked
package org.hitotsu.bpf.spi;

import org.jspecify.annotations.NullMarked;
