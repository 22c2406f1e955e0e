// SPDX-License-Identifier: GPL-2.0-only
/* One record for each entry of a chosen thread into a chosen syscall; none can be missed but for a full ring. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 22);
} hito_count_ring SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} hito_count_lost SEC(".maps");

const volatile __u32 hito_tid = 0;
const volatile __u64 hito_nr = 0;

struct hito_count_record {
	__u64 nr;
	__u64 sequence;
};

__u64 hito_sequence = 0;

SEC("raw_tp/sys_enter")
int hito_count(struct bpf_raw_tracepoint_args *ctx)
{
	struct hito_count_record record = { .nr = ctx->args[1] };
	__u32 zero = 0;
	__u64 *lost;

	if ((__u32)bpf_get_current_pid_tgid() != hito_tid || record.nr != hito_nr)
		return 0;
	record.sequence = hito_sequence++;
	if (!bpf_ringbuf_output(&hito_count_ring, &record, sizeof(record), 0))
		return 0;
	lost = bpf_map_lookup_elem(&hito_count_lost, &zero);
	if (lost)
		*lost += 1;
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
