/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * The records observer.bpf.c writes, shared with its readers. org.hitotsu.bpf.RecordLayouts is the Java side; a test
 * compares the two through the object's BTF. Times are nanoseconds of CLOCK_MONOTONIC. Thread and process ids are those
 * of the initial pid namespace.
 */
#ifndef HITO_OBSERVER_H
#define HITO_OBSERVER_H

enum hito_record_type {
	HITO_FORWARD = 1,
	HITO_FAULT = 2,
};

/* The thread woke with a signal pending, so the wait may have been cut short instead of answered. */
#define HITO_FORWARD_SIGNAL 1

/* One wait of a watched thread inside a syscall: for a captured call, from parking to running again with its result. */
struct hito_forward_record {
	__u32 type;
	__u32 tid;
	__u32 nr;
	__u32 flags;
	__u64 ns_out;
	__u64 ns_in;
};

/*
 * One page fault taken in user mode by a thread of a watched process. error_code is the processor's (bit 1: write, bit 4:
 * instruction fetch).
 */
struct hito_fault_record {
	__u32 type;
	__u32 tid;
	__u32 tgid;
	__u32 error_code;
	__u64 address;
	__u64 ip;
	__u64 ns;
};

#endif
