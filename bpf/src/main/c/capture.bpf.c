// SPDX-License-Identifier: GPL-2.0-only
/*
 * Decides, on a kernel with /dev/hitotsu, what becomes of the system calls of attached threads, and tells the daemon of
 * them and of all that these threads do otherwise.
 *
 * The kernel calls the two hooks for attached threads only, from their own context, where they may sleep. An answer of 0
 * leaves an event to the next program, and in the end to the next attempt a moment later: so a full ring loses nothing, and several daemons can share one machine,
 * each with its programs, as long as none of them answers for a process that is not its own.
 *
 * struct hitotsu_event is ABI, so its fields are read where the header has them, without CO-RE; the daemon asks for the
 * version, and the verifier knows the kernel's own struct.
 */
#include <linux/bpf.h>
#include <linux/userfaultfd.h>
#include <bpf/bpf_helpers.h>

#include "capture.h"

typedef __u32 u32;
typedef __u64 u64;

#define MAP_FIXED 0x10
#define MAP_LOCKED 0x2000
#define MAP_FIXED_NOREPLACE 0x100000
#define CLONE_VM 0x100
#define CLONE_VFORK 0x4000
#define CLONE_THREAD 0x10000
/* Since Linux 6.8; the headers may be older. */
#ifndef UFFDIO_MOVE
#define UFFDIO_MOVE 0xc028aa05
#endif
/* Every field of struct clone_args before these eight bytes would be another ABI. */
#define CLONE_ARGS_FLAGS_BYTES 8

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 20);
} hito_events SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, HITO_CALLS);
	__type(key, u32);
	__type(value, struct hito_rule);
} hito_rules SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__type(key, u64);
	__type(value, struct hito_space);
} hito_spaces SEC(".maps");

/* What is looked at of a task: relocated when the program is loaded, so neither offsets nor other fields matter. */
#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)
typedef struct {
	unsigned long sig[1];
} sigset_t;

struct sigpending {
	sigset_t signal;
};

struct rlimit {
	unsigned long rlim_cur;
};

struct signal_struct {
	struct sigpending shared_pending;
	struct rlimit rlim[16];
};

struct sigaction {
	void (*sa_handler)(int);
};

struct k_sigaction {
	struct sigaction sa;
};

struct sighand_struct {
	struct k_sigaction action[64];
};

struct task_struct {
	sigset_t blocked;
	struct sigpending pending;
	struct signal_struct *signal;
	struct sighand_struct *sighand;
};
#pragma clang attribute pop

#define RLIMIT_CORE 4

/* The parameter is not a trusted pointer in an fmod_ret program; the kernel's function takes it as it is. */
extern void bpf_hitotsu_answer(struct hitotsu_event *ev__nonnull, __s64 result) __ksym;

/* clang describes in BTF only what a global mentions; the daemon's own layouts are compared with these. */
const struct hito_payload_record *hito_describe_record __attribute__((unused));
const struct hitotsu_attach *hito_describe_attach __attribute__((unused));
const struct hitotsu_thread_arg *hito_describe_thread __attribute__((unused));
const struct hitotsu_exec *hito_describe_exec __attribute__((unused));
const struct hitotsu_image *hito_describe_image __attribute__((unused));

static __always_inline void copy_event(struct hitotsu_event *to, struct hitotsu_event *ev)
{
	to->cookie = ev->cookie;
	to->type = ev->type;
	to->flags = ev->flags;
	to->tid = ev->tid;
	to->pid = ev->pid;
	to->mode = ev->mode;
	to->code = ev->code;
	to->seq = ev->seq;
	to->nr = ev->nr;
	to->result = ev->result;
	to->args[0] = ev->args[0];
	to->args[1] = ev->args[1];
	to->args[2] = ev->args[2];
	to->args[3] = ev->args[3];
	to->args[4] = ev->args[4];
	to->args[5] = ev->args[5];
	to->ip = ev->ip;
}

static __always_inline int told(struct hitotsu_event *ev)
{
	struct hitotsu_event *record = bpf_ringbuf_reserve(&hito_events, sizeof(*record), 0);

	if (!record)
		return 0;
	copy_event(record, ev);
	bpf_ringbuf_submit(record, 0);
	return 1;
}

static __always_inline u64 argument(struct hitotsu_event *ev, u32 index)
{
	switch (index) {
	case 0:
		return ev->args[0];
	case 1:
		return ev->args[1];
	case 2:
		return ev->args[2];
	case 3:
		return ev->args[3];
	case 4:
		return ev->args[4];
	default:
		return ev->args[5];
	}
}

/* The payload is read without faults: waiting for a page here would keep the thread from being parked. */
static __always_inline int told_with_payload(struct hitotsu_event *ev, struct hito_rule *rule)
{
	struct hito_payload_record *record = bpf_ringbuf_reserve(&hito_events, sizeof(*record), 0);
	const void *from = (const void *)argument(ev, rule->payload_arg);
	long bytes;

	if (!record)
		return 0;
	copy_event(&record->event, ev);
	record->payload_kind = rule->payload_kind;
	if (rule->payload_kind == HITO_PAYLOAD_STRING) {
		bytes = bpf_probe_read_user_str(record->payload, HITO_PAYLOAD, from);
		if (bytes < 0)
			bytes = 0;
	} else {
		u64 length = argument(ev, rule->length_arg);

		if (length > HITO_PAYLOAD)
			length = HITO_PAYLOAD;
		bytes = bpf_probe_read_user(record->payload, (u32)length, from) ? 0 : (long)length;
	}
	record->payload_bytes = (u32)bytes;
	bpf_ringbuf_submit(record, 0);
	return 1;
}

static __always_inline int drops_content(u64 advice)
{
	/* DONTNEED, FREE, REMOVE, DONTNEED_LOCKED, GUARD_INSTALL. */
	return advice == 4 || advice == 8 || advice == 9 || advice == 24 || advice == 102;
}

/* Whether the child copies the memory, or shares it and may outlive the process: neither a thread nor a vfork. */
static __always_inline int leaves_memory(u64 flags)
{
	return !(flags & CLONE_VM) || !(flags & (CLONE_VFORK | CLONE_THREAD));
}

/*
 * Reads clone3's flags. Their page may be on another node: then the thread waits for it as for any other access, which
 * is why the program has to be one that may sleep.
 */
static __always_inline int clone3_leaves_memory(u64 clone_args)
{
	const void *from = (const void *)clone_args;
	u64 flags;

	if (bpf_probe_read_user(&flags, CLONE_ARGS_FLAGS_BYTES, from) &&
	    bpf_copy_from_user(&flags, CLONE_ARGS_FLAGS_BYTES, from))
		return 0; /* EFAULT, the kernel will say. */
	return leaves_memory(flags);
}

static __always_inline int captured_at_home(struct hitotsu_event *ev, struct hito_rule *rule, u32 space_flags)
{
	switch (rule->home) {
	case HITO_HOME_CAPTURE:
		return 1;
	case HITO_HOME_MAPPING:
		return (ev->args[3] & (MAP_FIXED | MAP_FIXED_NOREPLACE)) == MAP_FIXED || ev->args[3] & MAP_LOCKED;
	case HITO_HOME_DROPPING:
		return drops_content((u32)ev->args[2]);
	case HITO_HOME_CLONE:
		return leaves_memory(ev->args[0]);
	case HITO_HOME_CLONE3:
		return clone3_leaves_memory(ev->args[0]);
	case HITO_HOME_AFFINITY:
		return space_flags & HITO_SPACE_CLUSTER_CPUS;
	case HITO_HOME_USERFAULTFD:
		return (u32)ev->args[1] == UFFDIO_REGISTER || (u32)ev->args[1] == UFFDIO_UNREGISTER ||
		       (u32)ev->args[1] == UFFDIO_MOVE;
	default:
		return 0;
	}
}

static __always_inline struct hito_rule *rule_of(struct hitotsu_event *ev)
{
	u32 nr = (u32)ev->nr;

	/* A number of another ABI means another call. */
	if (ev->nr >= HITO_CALLS || ev->flags & HITOTSU_EF_COMPAT)
		return 0;
	return bpf_map_lookup_elem(&hito_rules, &nr);
}

SEC("fmod_ret.s/hitotsu_capture")
int hito_capture(u64 *ctx)
{
	struct hitotsu_event *ev = (struct hitotsu_event *)ctx[0];
	u64 cookie = ev->cookie;
	struct hito_space *space = bpf_map_lookup_elem(&hito_spaces, &cookie);
	struct hito_rule *rule;

	if (!space)
		return HITOTSU_WAIT;
	rule = rule_of(ev);
	if (ev->mode == HITOTSU_HOME) {
		if (!(space->flags & HITO_SPACE_SHARED) || !rule || !captured_at_home(ev, rule, space->flags))
			return HITOTSU_LOCAL;
		return told(ev) ? HITOTSU_TAKEN : HITOTSU_WAIT;
	}
	if (rule && rule->remote == HITO_REMOTE_LOCAL)
		return HITOTSU_LOCAL;
	if (rule && rule->remote == HITO_REMOTE_PID && space->answer_pid) {
		bpf_hitotsu_answer(ev, space->answer_pid);
		return HITOTSU_ANSWER;
	}
	if (rule && rule->payload_kind)
		return told_with_payload(ev, rule) ? HITOTSU_TAKEN : HITOTSU_WAIT;
	return told(ev) ? HITOTSU_TAKEN : HITOTSU_WAIT;
}

/*
 * Whether a signal is about to end the process with a core file (signal(7), core(5)). Such signals have their default action:
 * with another one nothing is written. A tracer may still take the signal away, and another thread change its action.
 */
static __always_inline int dumps_core(u32 space_flags)
{
	/* QUIT, ILL, TRAP, ABRT, BUS, FPE, SEGV, XCPU, XFSZ, SYS. */
	const u32 dumping[] = {3, 4, 5, 6, 7, 8, 11, 24, 25, 31};
	struct task_struct *task = bpf_get_current_task_btf();
	u64 pending = (task->pending.signal.sig[0] | task->signal->shared_pending.signal.sig[0]) & ~task->blocked.sig[0];
	int dumps = 0;

	/* The kernel pipes a core whatever the limit is, but for 1, and what is at the other end may keep it (do_coredump()). */
	if (task->signal->rlim[RLIMIT_CORE].rlim_cur == (space_flags & HITO_SPACE_CORES_PIPED ? 1 : 0))
		return 0;
#pragma unroll
	for (u32 i = 0; i < sizeof(dumping) / sizeof(dumping[0]); i++)
		if (pending >> (dumping[i] - 1) & 1 && !task->sighand->action[dumping[i] - 1].sa.sa_handler)
			dumps = 1;
	return dumps;
}

SEC("fmod_ret.s/hitotsu_report")
int hito_report(u64 *ctx)
{
	struct hitotsu_event *ev = (struct hitotsu_event *)ctx[0];
	u64 cookie = ev->cookie;
	struct hito_space *space = bpf_map_lookup_elem(&hito_spaces, &cookie);

	if (!space)
		return 0;
	if (ev->type == HITOTSU_EV_SIGNALLED)
		return space->flags & HITO_SPACE_SHARED && dumps_core(space->flags) ? HITOTSU_PARK : HITOTSU_DELIVER;
	return told(ev);
}

/* bpf_probe_read_user_str() and the ring are for programs under the GPL. */
char LICENSE[] SEC("license") = "GPL";
