// SPDX-License-Identifier: GPL-2.0-only
/* For a hook that no kernel has: it loads, and cannot be attached. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

SEC("raw_tp/hitotsu_no_such_hook")
int hito_nohook(void *ctx)
{
	(void)ctx;
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
