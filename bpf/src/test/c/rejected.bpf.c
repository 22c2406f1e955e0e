// SPDX-License-Identifier: GPL-2.0-only
/* Reads through a number: no verifier lets it pass. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

SEC("raw_tp/sys_enter")
int hito_bad(void *ctx)
{
	(void)ctx;
	return *(volatile int *)bpf_ktime_get_ns();
}

char LICENSE[] SEC("license") = "GPL";
