/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* The record of the ring-buffer benchmark: as long as a forward record of the observer. */
#ifndef RING_BENCH_H
#define RING_BENCH_H

struct bench_record {
	__u64 sequence;
	__u64 value;
	__u64 unused[2];
};

#endif
