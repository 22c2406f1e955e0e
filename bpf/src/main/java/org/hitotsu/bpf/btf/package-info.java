/** A reader of BTF, the kernel's description of C types (Documentation/bpf/btf.rst). */
@NullMarked
package org.hitotsu.bpf.btf;

import org.jspecify.annotations.NullMarked;
