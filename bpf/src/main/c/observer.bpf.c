// SPDX-License-Identifier: GPL-2.0-only
/*
 * Watches, on a stock kernel, what hitotsu does to the threads of a shared process. It changes nothing.
 *
 * A captured syscall parks in seccomp, before the sys_enter tracepoint, so no syscall tracepoint ever sees it begin. The
 * scheduler does: the thread goes off the CPU when it parks and comes back when its result was injected. Both programs
 * run for every thread of the machine while attached; the daemon attaches them only while something is watched, and
 * here the common case is a lookup that fails.
 */
#include "hito.h"
#include "observer.h"

/* Sizes; the loader may set others. */
#ifndef hito_threads_entries
#define hito_threads_entries 32768
#endif
#ifndef hito_processes_entries
#define hito_processes_entries 4096
#endif
#ifndef hito_ring_entries
#define hito_ring_entries (1 << 20)
#endif

/* include/linux/sched.h, unchanged since 4.14 (6.1 to 6.18 looked at). */
#define INTERRUPTIBLE 0x0001
#define UNINTERRUPTIBLE 0x0002
#define STOPPED_OR_DEAD 0x00fc
#define WAKEKILL 0x0100
/* arch/x86/include/asm/thread_info.h: TIF_SIGPENDING is bit 2 in all of these. */
#define SIGPENDING (1 << 2)

/* The longest record with its header of 8 bytes in the ring. */
#define MAX_RECORD_BYTES (sizeof(struct hito_fault_record) + 8)

/* Index of waits whose end the scheduler's tracepoint did not show. */
#define UNSEEN 0

struct hito_wait {
	u64 ns_out;
	u64 nr;
};

HITO_HASH(hito_threads, u32, struct hito_wait, hito_threads_entries);
HITO_HASH(hito_processes, u32, u32, hito_processes_entries);
/* What went unreported: the index is the type of a record which found the ring full, or UNSEEN. */
HITO_COUNTERS(hito_lost, 3);
HITO_RING(hito_ring, hito_ring_entries);

#ifdef HITO_BCC
#ifndef hito_wakeup_bytes
#define hito_wakeup_bytes 0
#endif
#if hito_wakeup_bytes
#error "a program that libbcc compiles cannot ask how full its ring is"
#endif
#else
/* 0: wake the reader when it has caught up. Otherwise: only each time so many more bytes wait for it. */
const volatile u32 hito_wakeup_bytes = 0;

/* clang describes in BTF only what a global mentions. */
const struct hito_forward_record *hito_describe_forward __attribute__((unused));
const struct hito_fault_record *hito_describe_fault __attribute__((unused));
#endif

static __always_inline u64 wakeup(void)
{
	u64 waiting;

	if (!hito_wakeup_bytes)
		return 0;
	waiting = hito_available(hito_ring);
	/*
	 * Only the record that reaches a multiple of the threshold wakes: a forced wake-up costs the watched thread some 6 us,
	 * and a reader that is behind would get one for each record. Records of two CPUs at once can step over the multiple;
	 * then the next multiple wakes.
	 */
	if (waiting < hito_wakeup_bytes || waiting % hito_wakeup_bytes >= MAX_RECORD_BYTES)
		return BPF_RB_NO_WAKEUP;
	return BPF_RB_FORCE_WAKEUP;
}

static __always_inline void count(u32 index)
{
	u64 *counter = hito_lookup(hito_lost, &index);

	/* Preemption is off in a tracepoint's program, so the CPU's own counter needs no atomic. */
	if (counter)
		*counter += 1;
}

/*
 * Only a sleep that a captured call can be in counts: seccomp waits interruptibly, or killably once its listener asked
 * for that and has read the call. A ptrace stop or a contended mutex is neither.
 */
static __always_inline int may_be_parked(u32 state)
{
	if (state & STOPPED_OR_DEAD)
		return 0;
	return state & INTERRUPTIBLE || (state & (UNINTERRUPTIBLE | WAKEKILL)) == (UNINTERRUPTIBLE | WAKEKILL);
}

static __always_inline void switched_out(u32 tid, struct pt_regs *regs, u32 state)
{
	struct hito_wait *wait = hito_lookup(hito_threads, &tid);
	u64 nr;

	if (!wait)
		return;
	/*
	 * It came back without our knowing. Seen on 6.18 under load, one switch in some ten thousand: the program is not
	 * called, and the next event on that CPU has another thread than the last one put there.
	 */
	if (wait->ns_out)
		count(UNSEEN);
	wait->ns_out = 0;
	if (!may_be_parked(state))
		return;
	/* The entry code stores -1 for everything that is not a syscall: a wait for a page must not look like one. */
	nr = hito_regs_orig_ax(regs);
	if ((long)nr < 0)
		return;
	wait->nr = nr;
	wait->ns_out = bpf_ktime_get_ns();
}

static __always_inline void switched_in(u32 tid, struct task_struct *next)
{
	struct hito_wait *wait = hito_lookup(hito_threads, &tid);
	struct hito_forward_record record = {};

	if (!wait || !wait->ns_out)
		return;
	record.type = HITO_FORWARD;
	record.tid = tid;
	record.nr = (u32)wait->nr;
	record.flags = hito_task_flags(next) & SIGPENDING ? HITO_FORWARD_SIGNAL : 0;
	record.ns_out = wait->ns_out;
	record.ns_in = bpf_ktime_get_ns();
	wait->ns_out = 0;
	if (hito_output(hito_ring, &record, sizeof(record), wakeup()))
		count(HITO_FORWARD);
}

static __always_inline void faulted(u64 address, struct pt_regs *regs, u64 error_code)
{
	u64 id = bpf_get_current_pid_tgid();
	u32 tgid = id >> 32;
	struct hito_fault_record record = {};

	if (!hito_lookup(hito_processes, &tgid))
		return;
	record.type = HITO_FAULT;
	record.tid = (u32)id;
	record.tgid = tgid;
	record.error_code = (u32)error_code;
	record.address = address;
	record.ip = hito_regs_ip(regs);
	record.ns = bpf_ktime_get_ns();
	if (hito_output(hito_ring, &record, sizeof(record), wakeup()))
		count(HITO_FAULT);
}

/*
 * sched_switch(preempt, prev, next, prev_state): runs on the way out, with prev still current, interrupts off and the
 * run queue locked, so nothing here may wake a task directly; the ring buffer defers its wake-up to an irq_work.
 * prev_state is an argument since 5.18. Thread id 0 is the idle task of each CPU: half of all switches.
 */
static __always_inline int on_switch(u64 preempt, struct pt_regs *regs, struct task_struct *next, u64 prev_state)
{
	u32 out = (u32)bpf_get_current_pid_tgid();
	u32 in = hito_task_pid(next);

	/* A preempted thread may carry a sleeping state already; it did not go to sleep. */
	if (out && !preempt && (u32)prev_state)
		switched_out(out, regs, (u32)prev_state);
	if (in)
		switched_in(in, next);
	return 0;
}

#ifdef HITO_BCC

int hito_switch(struct bpf_raw_tracepoint_args *ctx)
{
	struct pt_regs *regs = (struct pt_regs *)bpf_task_pt_regs(bpf_get_current_task_btf());

	return on_switch(ctx->args[0], regs, (struct task_struct *)ctx->args[2], ctx->args[3]);
}

int hito_fault(struct bpf_raw_tracepoint_args *ctx)
{
	faulted(ctx->args[0], (struct pt_regs *)ctx->args[1], ctx->args[2]);
	return 0;
}

#else

SEC("tp_btf/sched_switch")
int hito_switch(u64 *ctx)
{
	struct task_struct *prev = (struct task_struct *)ctx[1];

	return on_switch(ctx[0], (struct pt_regs *)bpf_task_pt_regs(prev), (struct task_struct *)ctx[2], ctx[3]);
}

/* page_fault_user(address, regs, error_code): before the fault is handled, interrupts off; a typed hook since 5.5. */
SEC("tp_btf/page_fault_user")
int hito_fault(u64 *ctx)
{
	faulted(ctx[0], (struct pt_regs *)ctx[1], ctx[2]);
	return 0;
}

/* bpf_task_pt_regs() is for programs under the GPL. */
char LICENSE[] SEC("license") = "GPL";

#endif
