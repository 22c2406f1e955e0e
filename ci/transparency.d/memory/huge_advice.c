/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: threads share pages inside one huge page, and its split by unmapping, protecting or discarding part of it. */
#include "memory.h"

#define HUGE (2ul << 20)

static unsigned char *huge;

/* Each thread's page is in another part of the huge page. */
static unsigned char *page_of(intptr_t thread)
{
	return huge + (size_t)(thread * 7 + 1) * PAGE;
}

static void *worker(void *arg)
{
	intptr_t me = (intptr_t)arg;

	settle();
	for (long i = 0; i < iterations; i++) {
		paint(page_of(me), PAGE, (uint64_t)i);
		meet();
		if (me == i % threads)
			CHECK(madvise(huge, HUGE, i % 2 ? MADV_HUGEPAGE : MADV_NOHUGEPAGE) == 0);
		if (me == (i + 1) % threads)
			CHECK(madvise(huge, PAGE, MADV_DONTNEED) == 0);
		for (int k = 0; k < threads; k++)
			CHECK(painted(page_of(k), PAGE, (uint64_t)i));
		meet();
	}
	CHECK(mprotect(page_of(me) + PAGE, PAGE, PROT_NONE) == 0);
	CHECK(munmap(page_of(me) + 3 * PAGE, PAGE) == 0);
	meet();
	for (int k = 0; k < threads; k++) {
		CHECK(painted(page_of(k), PAGE, (uint64_t)iterations - 1));
		CHECK(try_read(page_of(k) + PAGE) == SEGV_ACCERR && try_read(page_of(k) + 3 * PAGE) == SEGV_MAPERR);
		CHECK(try_read(page_of(k) + 2 * PAGE) == ALLOWED);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 6);
	catch_faults();
	huge = new_pages(2 * HUGE / PAGE);
	huge += HUGE - (uintptr_t)huge % HUGE;
	run_workers(threads, worker);
	printf("rounds %ld\n", iterations);
	return 0;
}
