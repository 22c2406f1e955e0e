/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hitotsu-blank: what a shadow is made from on a kernel with /dev/hitotsu. It waits to be attached and parked; then the
 * daemon has it make the system calls by which it becomes a shadow, the first of which read the words below, and the
 * rest of which leave nothing of this program mapped. PatchedLayout.Loader knows where the words are.
 */
#include <linux/prctl.h>
#include <sys/syscall.h>

static inline long sys2(long nr, long a, long b)
{
	long ret;

	__asm__ volatile("syscall" : "=a"(ret) : "a"(nr), "D"(a), "S"(b) : "rcx", "r11", "memory");
	return ret;
}

__attribute__((section(".hitotsu"), used)) static const struct {
	unsigned long all_signals;
	char name[16];
	char canvas_name[16];
} words = { ~0UL, "hitotsu-shadow", "hitotsu-canvas" };

__attribute__((used)) void _start(void)
{
	/* Until it is attached, which ties it to the daemon for good. */
	sys2(__NR_prctl, PR_SET_PDEATHSIG, 9);
	for (;;)
		sys2(__NR_pause, 0, 0);
}
