/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: MAP_FIXED over pages that all threads use puts zeros there for all of them, and only there. */
#include "memory.h"

#define PAGES 6

static unsigned char *area;

static void *worker(void *arg)
{
	intptr_t me = (intptr_t)arg;

	settle();
	for (long i = 0; i < iterations; i++) {
		unsigned char *middle = area + (1 + i % 3) * PAGE;

		if (me == i % threads)
			for (int k = 0; k < PAGES; k++)
				paint(area + k * PAGE, PAGE, (uint64_t)(i + k));
		meet();
		/* Every thread has read it, so every node has a copy to lose. */
		CHECK(painted(middle, PAGE, (uint64_t)((middle - area) / PAGE + i)));
		meet();
		if (me == (i + 1) % threads) {
			int protection = i % 2 ? PROT_READ : PROT_READ | PROT_WRITE;

			CHECK(mmap(middle, 2 * PAGE, protection, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1,
				   0) == middle);
		}
		meet();
		for (int k = 0; k < PAGES; k++) {
			unsigned char *page = area + k * PAGE;

			if (page == middle || page == middle + PAGE)
				CHECK(filled(page, PAGE, 0));
			else
				CHECK(painted(page, PAGE, (uint64_t)(i + k)));
		}
		if (i % 2)
			CHECK(try_write(middle + me, 1) == SEGV_ACCERR);
		meet();
		if (me == 0)
			CHECK(mprotect(middle, 2 * PAGE, PROT_READ | PROT_WRITE) == 0);
		meet();
	}
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 12);
	catch_faults();
	area = new_pages(PAGES);
	run_workers(threads, worker);
	printf("replaced %ld\n", 2 * iterations);
	return 0;
}
