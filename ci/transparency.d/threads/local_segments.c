/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: a segment that one worker defines (modify_ldt) is every thread's, and a selector that is loaded stays loaded. */
#include <asm/ldt.h>

#include "check.h"

/* Some milliseconds without a call, so that a thread that may be moved is. */
static void compute(void)
{
	volatile uint64_t state = 88172645463325252ull;

	for (int i = 0; i < 1000000; i++) {
		uint64_t next = state;

		state = xorshift(&next);
	}
}

/* Of the first entry of the table, for user mode. */
#define SELECTOR 7

static atomic_int defined;

static int readable(void)
{
	unsigned char yes;

	__asm__ volatile("verr %w1\n\tsete %0" : "=q"(yes) : "r"(SELECTOR) : "cc");
	return yes;
}

static void *worker(void *arg)
{
	unsigned short loaded;

	settle();
	for (int i = 0; i < 10; i++)
		compute();
	if (!arg) {
		struct user_desc segment = { .entry_number = 0, .base_addr = 0x1000, .limit = 0xfff, .seg_32bit = 1,
					     .limit_in_pages = 1, .useable = 1 };

		CHECK(!readable());
		CHECK(syscall(SYS_modify_ldt, 0x11, &segment, sizeof(segment)) == 0);
		atomic_store(&defined, 1);
	}
	while (!atomic_load(&defined))
		;
	CHECK(readable());
	__asm__ volatile("mov %w0, %%es" : : "r"(SELECTOR));
	for (long i = 0; i < iterations; i++) {
		compute();
		__asm__ volatile("mov %%es, %w0" : "=r"(loaded));
		CHECK(loaded == SELECTOR && readable());
		CHECK(syscall(SYS_getppid) >= 0);
	}
	pthread_exit(NULL);
}

int main(int argc, char **argv)
{
	struct user_desc nothing;

	arguments(argc, argv, 8);
	if (syscall(SYS_modify_ldt, 0, &nothing, sizeof(nothing)) == -1 && errno == ENOSYS) {
		fprintf(stderr, "this kernel has no segments of programs\n");
		return 77;
	}
	run_threads(threads, worker);
	puts("every thread's");
	return 0;
}
