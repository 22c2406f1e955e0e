/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What every eBPF program of hitotsu is written against: the few kernel types they read, and one spelling of the map
 * operations for the two ways to compile them.
 *
 * As a CO-RE object (the default) the kernel's types are declared here with only the fields that are read; their
 * offsets are put right from the running kernel's BTF when the object is loaded, so neither kernel headers nor a
 * vmlinux.h are needed to build, and the result does not depend on the machine that built it.
 *
 * With HITO_BCC, libbcc compiles the same source when the daemon starts. libbcc knows no CO-RE: its loader replaces each
 * hito_offset() by a number from the same BTF.
 */
#ifndef HITO_H
#define HITO_H

#ifdef HITO_BCC

#define HITO_HASH(name, key, leaf, entries) BPF_HASH(name, key, leaf, entries)
#define HITO_COUNTERS(name, entries) BPF_PERCPU_ARRAY(name, u64, entries)
#define HITO_RING(name, bytes) BPF_RINGBUF_OUTPUT(name, (bytes) / 4096)
/*
 * libbcc's rewriter refuses a map.function() that comes out of a macro, so the loader itself puts hito_lookup() and
 * hito_output() into that form. Without the map's address there is no bpf_ringbuf_query().
 */
#define hito_available(map) 0

struct task_struct;
struct pt_regs;

#ifndef __always_inline
#define __always_inline inline __attribute__((always_inline))
#endif

#define hito_field(pointer, offset, type)                                                                             \
	({                                                                                                             \
		type value_ = 0;                                                                                       \
		bpf_probe_read_kernel(&value_, sizeof(value_), (const char *)(pointer) + (offset));                    \
		value_;                                                                                                \
	})
#define hito_task_pid(task) hito_field(task, hito_offset(task_struct, pid), u32)
#define hito_task_flags(task) hito_field(task, hito_offset(task_struct, thread_info.flags), u64)
#define hito_regs_orig_ax(regs) hito_field(regs, hito_offset(pt_regs, orig_ax), u64)
#define hito_regs_ip(regs) hito_field(regs, hito_offset(pt_regs, ip), u64)

#else

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

typedef __u32 u32;
typedef __u64 u64;

struct thread_info {
	unsigned long flags;
} __attribute__((preserve_access_index));

struct task_struct {
	struct thread_info thread_info;
	int pid;
} __attribute__((preserve_access_index));

struct pt_regs {
	unsigned long orig_ax;
	unsigned long ip;
} __attribute__((preserve_access_index));

/* No preallocation: the maps are sized for the busiest machine and nearly always hold a handful of entries. */
#define HITO_HASH(name, key_type, leaf_type, entries)                                                                  \
	struct {                                                                                                       \
		__uint(type, BPF_MAP_TYPE_HASH);                                                                       \
		__uint(map_flags, BPF_F_NO_PREALLOC);                                                                  \
		__uint(max_entries, entries);                                                                          \
		__type(key, key_type);                                                                                 \
		__type(value, leaf_type);                                                                              \
	} name SEC(".maps")
#define HITO_COUNTERS(name, entries)                                                                                   \
	struct {                                                                                                       \
		__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);                                                               \
		__uint(max_entries, entries);                                                                          \
		__type(key, u32);                                                                                      \
		__type(value, u64);                                                                                    \
	} name SEC(".maps")
#define HITO_RING(name, bytes)                                                                                         \
	struct {                                                                                                       \
		__uint(type, BPF_MAP_TYPE_RINGBUF);                                                                    \
		__uint(max_entries, bytes);                                                                            \
	} name SEC(".maps")
#define hito_lookup(map, key) bpf_map_lookup_elem(&map, key)
#define hito_output(map, record, size, flags) bpf_ringbuf_output(&map, record, size, flags)
#define hito_available(map) bpf_ringbuf_query(&map, BPF_RB_AVAIL_DATA)

/* Typed programs (tp_btf) read these with plain loads which the verifier has proved safe; a fault reads as 0. */
#define hito_task_pid(task) ((u32)(task)->pid)
#define hito_task_flags(task) ((u64)(task)->thread_info.flags)
#define hito_regs_orig_ax(regs) ((u64)(regs)->orig_ax)
#define hito_regs_ip(regs) ((u64)(regs)->ip)

#endif
#endif
