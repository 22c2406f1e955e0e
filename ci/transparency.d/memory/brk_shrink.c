/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: the end of the heap moved back faults for all threads, and is zero when moved forth again. */
#include "memory.h"

static unsigned char *top;

static void *worker(void *arg)
{
	intptr_t me = (intptr_t)arg;

	settle();
	for (long i = 0; i < iterations; i++) {
		if (me == i % threads)
			CHECK(brk(top + 4 * PAGE) == 0 && sbrk(0) == top + 4 * PAGE);
		meet();
		CHECK(filled(top + 2 * PAGE, 2 * PAGE, 0));
		meet();
		if (me == (i + 1) % threads)
			paint(top, 4 * PAGE, (uint64_t)i);
		meet();
		CHECK(painted(top, 4 * PAGE, (uint64_t)i) && try_read(top + 4 * PAGE + me) == SEGV_MAPERR);
		meet();
		if (me == (i + 2) % threads)
			CHECK(brk(top + 2 * PAGE) == 0);
		meet();
		CHECK(painted(top, 2 * PAGE, (uint64_t)i) && try_read(top + 2 * PAGE) == SEGV_MAPERR);
		CHECK(try_write(top + 3 * PAGE + me, 1) == SEGV_MAPERR);
		meet();
	}
	return NULL;
}

int main(int argc, char **argv)
{
	void *volatile first = malloc(100);

	arguments(argc, argv, 12);
	CHECK(first);
	catch_faults();
	/* The C library's heap, which exists by now, ends below; it need not grow for what starts threads. */
	top = sbrk(0);
	top += PAGE - (uintptr_t)top % PAGE;
	CHECK(brk(top + 2 * PAGE) == 0);
	run_workers(threads, worker);
	printf("rounds %ld\n", iterations);
	return 0;
}
