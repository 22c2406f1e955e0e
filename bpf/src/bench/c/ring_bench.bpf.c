// SPDX-License-Identifier: GPL-2.0-only
/* Fills its ring to the brim each time it is run (BPF_PROG_TEST_RUN), so that draining can be timed alone. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include "ring_bench.h"

#define MAX_RECORDS (1 << 17)

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 20);
} hito_ring SEC(".maps");

static long fill_one(__u32 index, void *unused)
{
	struct bench_record record = { .sequence = index, .value = 1 };

	(void)unused;
	return bpf_ringbuf_output(&hito_ring, &record, sizeof(record), BPF_RB_NO_WAKEUP) != 0;
}

/* bpf_loop() is there since 5.17; without it the verifier would walk through each round. */
SEC("raw_tp")
int hito_fill(void *ctx)
{
	(void)ctx;
	return (int)bpf_loop(MAX_RECORDS, fill_one, 0, 0);
}

char LICENSE[] SEC("license") = "GPL";
