/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Agent code in C: freestanding, without data of its own, integer registers only (the thread's FPU state belongs to the
 * program while its deputy runs here).
 */
#include "agent.h"

#include <linux/filter.h>
#include <linux/futex.h>
#include <linux/prctl.h>
#include <linux/seccomp.h>
#include <sys/syscall.h>

typedef unsigned long u64;
typedef long s64;
typedef unsigned int u32;

#define PROT_READ 1
#define PROT_WRITE 2
#define PROT_EXEC 4
#define MAP_SHARED 1
#define MAP_FIXED_NOREPLACE 0x100000
#define MAP_NORESERVE 0x4000
#define MADV_DONTNEED_LOCKED 24 /* Linux 5.18; a mapping may be mlocked */
#define MADV_NOHUGEPAGE 15
#define MADV_POPULATE_READ 22 /* Linux 5.14, as the next */
#define MADV_POPULATE_WRITE 23
#define ARCH_MAP_VDSO_64 0x2003
#define CLONE_VM 0x100
#define CLONE_FS 0x200
#define CLONE_FILES 0x400
#define CLONE_SIGHAND 0x800
#define CLONE_THREAD 0x10000
#define CLONE_SYSVSEM 0x40000
#define CLONE_UNTRACED 0x800000
#define SIGKILL 9

extern s64 agent_clone(u64 flags, char *slot, char *stack_top);
extern s64 agent_clone_helper(u64 flags, char *slot, char *stack_top);

static inline s64 sys6(s64 nr, u64 a, u64 b, u64 c, u64 d, u64 e, u64 f)
{
	register u64 r10 __asm__("r10") = d;
	register u64 r8 __asm__("r8") = e;
	register u64 r9 __asm__("r9") = f;
	s64 ret;

	__asm__ volatile("syscall"
			 : "=a"(ret)
			 : "a"(nr), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return ret;
}

#define sys(nr, a, b, c) sys6(nr, (u64)(a), (u64)(b), (u64)(c), 0, 0, 0)
#define sys5(nr, a, b, c, d, e) sys6(nr, (u64)(a), (u64)(b), (u64)(c), (u64)(d), (u64)(e), 0)

static inline u64 *field(char *slot, u64 offset)
{
	return (u64 *)(slot + offset);
}

/*
 * The daemon died: its programs end rather than run on with half of their memory elsewhere. The helper has its own
 * thread group, so it names the process it serves (BOX_AUX, written before it was started).
 */
void agent_orphaned(char *slot)
{
	u64 target = *field(slot, BOX_AUX);

	if (target)
		sys(__NR_kill, target, SIGKILL, 0);
	sys(__NR_kill, sys(__NR_getpid, 0, 0, 0), SIGKILL, 0);
	sys(__NR_exit_group, 1, 0, 0);
	/* Where neither is allowed a fault has to do (entry.S). */
}

static s64 discard(char *slot)
{
	u64 n = *field(slot, BOX_ARGS);
	u64 *range = field(slot, BOX_RANGES);

	for (u64 i = 0; i < n && i < BOX_MAX_RANGES; i++) {
		s64 err = sys(__NR_madvise, range[2 * i], range[2 * i + 1], MADV_DONTNEED_LOCKED);

		if (err)
			return err;
	}
	return 0;
}

static int present(u64 address, u64 length, int advice)
{
	u64 page = address & ~4095UL;

	return sys(__NR_madvise, page, address + length - page, advice) == 0;
}

/*
 * One entry of the robust list, as the kernel's handle_futex_death() (Documentation/locking/robust-futex-ABI.rst). The
 * kernel itself wakes those who wait for a PI futex. With an operation pending, the thread may have given the lock up and
 * woken nobody, or have been woken and not have taken it: then another has to be woken in its place.
 *
 * Returns 0 if there is no futex, which ends the list.
 */
static int futex_death(u32 *futex, u32 tid, int pi, int pending)
{
	u32 seen;

	if ((u64)futex & 3 || !present((u64)futex, 4, MADV_POPULATE_WRITE))
		return 0;
	seen = __atomic_load_n(futex, __ATOMIC_SEQ_CST);

	while ((seen & FUTEX_TID_MASK) == tid) {
		u32 dead = (seen & FUTEX_WAITERS) | FUTEX_OWNER_DIED;

		if (__atomic_compare_exchange_n(futex, &seen, dead, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)) {
			if (!pi && (seen & FUTEX_WAITERS))
				sys6(__NR_futex, (u64)futex, FUTEX_WAKE, 1, 0, 0, 0);
			return 1;
		}
	}
	if (pending && !pi && (!(seen & FUTEX_TID_MASK) || !(seen & FUTEX_WAITERS)))
		sys6(__NR_futex, (u64)futex, FUTEX_WAKE, 1, 0, 0, 0);
	return 1;
}

/*
 * A kernel that ends a task doesn't wait for a userfaultfd (handle_userfault() fails at once for PF_EXITING), so its
 * writes to the robust futexes and to the thread id that a joiner waits for would be lost whenever their page is on
 * another node. They are done here instead, where a fault waits for its page. What can't be read or written is passed over
 * as the kernel does it, without a signal: a thread may have unmapped its own block before its last call.
 */
static _Noreturn void thread_exit(char *slot)
{
	u64 status = field(slot, BOX_ARGS)[0];
	u64 head = field(slot, BOX_ARGS)[1];
	u64 *rseq = &field(slot, BOX_ARGS)[2];
	u64 all = ~0UL;
	u32 tid = (u32)sys(__NR_gettid, 0, 0, 0);
	u64 clear = 0;

	/* As in the kernel's exit: nothing runs in this thread any more, and nothing is written to its control block once a
	   joiner may have freed it. */
	sys5(__NR_rt_sigprocmask, 0, &all, 0, 8, 0);
	if (rseq[0])
		sys5(334, rseq[0], rseq[1], 1, rseq[2], 0);
	if (head && present(head, 24, MADV_POPULATE_READ)) {
		u64 *list = (u64 *)head;
		s64 offset = (s64)list[1];
		u64 pending = list[2] & ~1UL;
		u64 entry = list[0];
		int more = 1;

		for (int i = 0; more && i < 2048 && (entry & ~1UL) != head; i++) {
			u64 at = entry & ~1UL;
			int pi = entry & 1;

			/* The next first: who takes the lock may free what it is in. */
			more = present(at, 8, MADV_POPULATE_READ);
			if (more)
				entry = *(u64 *)at;
			if (at != pending && !futex_death((u32 *)(at + offset), tid, pi, 0))
				more = 0;
		}
		if (more && pending)
			futex_death((u32 *)(pending + offset), tid, list[2] & 1, 1);
		sys(__NR_set_robust_list, 0, 24, 0);
	}
	if (sys5(__NR_prctl, PR_GET_TID_ADDRESS, &clear, 0, 0, 0) == 0 && clear) {
		sys(__NR_set_tid_address, 0, 0, 0);
		if (present(clear, 4, MADV_POPULATE_WRITE))
			__atomic_store_n((u32 *)clear, 0, __ATOMIC_SEQ_CST);
		sys6(__NR_futex, clear, FUTEX_WAKE, 1, 0, 0, 0);
	}
	for (;;)
		sys(__NR_exit, status, 0, 0);
}

/*
 * Where a futex call writes to the program's word, the kernel faults its page in without FAULT_FLAG_ALLOW_RETRY
 * (fault_in_user_writeable() in Linux 6.12, kernel/futex/core.c), and a userfaultfd answers such a fault by EFAULT instead
 * of waiting. MADV_POPULATE_WRITE waits, and says no where the program may not write, without a signal. So the word is made
 * present before the call; if its page went away again before the kernel had come to it, the call had no effect and is made
 * anew, each time with what was changed meanwhile. That ends: a page stays where it came to for the protocol's hold time.
 * What LOCK_PI writes behind its wait is not without effect, but there the page stays for good (PriorityPages).
 *
 * WAIT_REQUEUE_PI is not among them: it writes behind its wait only, to the word that CMP_REQUEUE_PI has made present.
 *
 * Returns 1 if all that the call reads and writes was present, so that EFAULT means a page which went away; else 0.
 */
u64 futex_guard(char *slot)
{
	u64 *args = field(slot, BOX_ARGS);
	u64 word, timeout = 0;

	switch (args[1] & FUTEX_CMD_MASK) {
	case FUTEX_LOCK_PI:
	case 13: /* FUTEX_LOCK_PI2, Linux 5.14 */
		timeout = args[3];
		word = args[0];
		break;
	case FUTEX_UNLOCK_PI:
	case FUTEX_TRYLOCK_PI:
		word = args[0];
		break;
	case FUTEX_WAKE_OP:
	case FUTEX_CMP_REQUEUE_PI:
		if (!present(args[0], 4, MADV_POPULATE_READ))
			return 0;
		word = args[4];
		break;
	default:
		return 0;
	}
	return !(word & 3) && present(word, 4, MADV_POPULATE_WRITE) &&
	       (!timeout || present(timeout, 16, MADV_POPULATE_READ));
}

s64 agent_call(char *slot)
{
	switch (*field(slot, BOX_NR)) {
	case CALL_DISCARD:
		return discard(slot);
	case CALL_THREAD_EXIT:
		thread_exit(slot);
	case CALL_NEW_THREAD: {
		char *fresh = (char *)field(slot, BOX_ARGS)[0];

		return agent_clone(CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM,
				   fresh, fresh + SLOT_SIZE);
	}
	default:
		return -38;
	}
}

/* The helper shares memory with the program and nothing else: no descriptor, no terminal, no signal. */
void helper_prepare(void)
{
	u64 all = ~0UL;

	sys5(__NR_rt_sigprocmask, 0, &all, 0, 8, 0);
	sys(__NR_close_range, 0, ~0U, 0);
	sys(__NR_setsid, 0, 0, 0);
	sys(__NR_prctl, PR_SET_NAME, "hitotsu-helper", 0);
}

s64 spawn_helper(char *slot)
{
	*field(slot, BOX_AUX) = (u64)sys(__NR_getpid, 0, 0, 0);
	return agent_clone_helper(CLONE_VM | CLONE_UNTRACED, slot, slot + CONTROL_SLOTS * SLOT_SIZE);
}

static int fail(char *slot, s64 step, s64 err)
{
	*field(slot, SHADOW_FAILED) = (u64)step;
	*field(slot, SHADOW_ERRNO) = (u64)-err;
	return -1;
}

static s64 map_canvas(u64 start, u64 end, u64 memfd)
{
	s64 at;

	if (start >= end)
		return 0;
	at = sys6(__NR_mmap, start, end - start, PROT_READ | PROT_WRITE | PROT_EXEC,
		  MAP_SHARED | MAP_FIXED_NOREPLACE | MAP_NORESERVE, memfd, start);
	if (at < 0)
		return at;
	/* A huge page in the canvas would be one page to the kernel and 512 to the protocol. */
	return sys(__NR_madvise, start, end - start, MADV_NOHUGEPAGE);
}

/*
 * Makes the blank canvas: nothing stays mapped but the agent, the vdso at the origin's address and one memfd whose
 * file offset is the address.
 */
int shadow_setup(char *slot)
{
	u64 special = *field(slot, SHADOW_SPECIAL);
	u64 special_end = special + *field(slot, SHADOW_SPECIAL_LEN);
	struct sock_fprog prog = {
		.len = (unsigned short)*field(slot, SHADOW_FILTER_LEN),
		.filter = (struct sock_filter *)(slot + SHADOW_FILTER),
	};
	s64 memfd, uffd, listener, err;

	while (!__atomic_load_n((u32 *)(slot + SHADOW_GO), __ATOMIC_SEQ_CST))
		sys6(__NR_futex, (u64)(slot + SHADOW_GO), FUTEX_WAIT, 0, 0, 0, 0);
	sys(__NR_prctl, PR_SET_NAME, "hitotsu-shadow", 0);
	/* Nothing of the daemon's: no descriptor, no terminal whose signals would reach it. */
	sys(__NR_close_range, 0, ~0U, 0);
	sys(__NR_setsid, 0, 0, 0);

	err = sys(__NR_munmap, 0, AGENT_BASE, 0);
	if (err)
		return fail(slot, 1, err);
	err = sys(__NR_munmap, AGENT_END, CANVAS_END - AGENT_END, 0);
	if (err)
		return fail(slot, 2, err);
	if (special) {
		err = sys(__NR_arch_prctl, ARCH_MAP_VDSO_64, special, 0);
		if (err < 0)
			return fail(slot, 3, err);
	}
	memfd = sys(__NR_memfd_create, "hitotsu-canvas", 1, 0);
	if (memfd < 0)
		return fail(slot, 4, memfd);
	err = sys(__NR_ftruncate, memfd, CANVAS_END, 0);
	if (err)
		return fail(slot, 5, err);
	err = map_canvas(CANVAS_START, AGENT_BASE, (u64)memfd);
	if (!err && special) {
		err = map_canvas(AGENT_END, special, (u64)memfd);
		if (!err)
			err = map_canvas(special_end, CANVAS_END, (u64)memfd);
	} else if (!err) {
		err = map_canvas(AGENT_END, CANVAS_END, (u64)memfd);
	}
	if (err)
		return fail(slot, 6, err);
	uffd = sys(__NR_userfaultfd, 02004000, 0, 0); /* O_CLOEXEC | O_NONBLOCK */
	if (uffd < 0)
		return fail(slot, 7, uffd);
	listener = sys(__NR_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, &prog);
	if (listener < 0)
		return fail(slot, 8, listener);
	*field(slot, SHADOW_UFFD) = (u64)uffd;
	*field(slot, SHADOW_MEMFD) = (u64)memfd;
	*field(slot, SHADOW_LISTENER) = (u64)listener;
	return 0;
}
