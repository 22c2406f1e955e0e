/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: what a thread does to memory that can't be traced (CLONE_UNTRACED), all others see. */
#include <sched.h>

#include "threads.h"

#define PAGE 4096
#define STACK (64 << 10)

static unsigned char *page;
static char *stack;

/* Has the registers of its maker for its own data, so it calls nothing that uses these. */
static int untraced(void *arg)
{
	(void)arg;
	syscall(SYS_munmap, page, PAGE);
	return 0;
}

static void *worker(void *arg)
{
	intptr_t me = (intptr_t)arg;

	settle();
	for (long i = 0; i < iterations; i++) {
		meet();
		if (me == 1)
			page[0] = 42;
		meet();
		if (me == 0) {
			static atomic_int gone;
			int flags = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM | CLONE_UNTRACED |
				    CLONE_CHILD_CLEARTID;

			CHECK(page[0] == 42);
			atomic_store(&gone, 1);
			CHECK(clone(untraced, stack + STACK, flags, NULL, NULL, NULL, &gone) > 0);
			while (atomic_load(&gone))
				;
			CHECK(mmap(page, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) ==
			      page);
		}
		meet();
		CHECK(page[0] == 0);
	}
	return arg;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 8);
	page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	stack = mmap(NULL, STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK(page != MAP_FAILED && stack != MAP_FAILED);
	run_workers(worker);
	printf("rounds %ld\n", iterations);
	return 0;
}
