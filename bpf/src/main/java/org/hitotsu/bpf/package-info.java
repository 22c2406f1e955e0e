/**
 * eBPF from Java: load a program, attach it, read its tables and its ring buffer. The names follow BCC's.
 *
 * <p>Programs are loaded by libbpf (1.1 or later) from an object built with the project, or by libbcc from the same C
 * source where it is installed and asked for. Everything after loading is independent of the library: tables are read
 * by bpf(2), ring buffers through their mapped pages.
 *
 * <p>What the kernel refuses is a {@link org.hitotsu.bpf.BpfUnavailableException}, which is checked: observing is never
 * needed for a program to run, and the caller goes on without it.
 */
@NullMarked
package org.hitotsu.bpf;

import org.jspecify.annotations.NullMarked;
