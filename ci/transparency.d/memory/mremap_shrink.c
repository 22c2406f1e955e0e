/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: the tail that mremap or munmap cuts off faults in all threads at once, and the head keeps its bytes. */
#include "memory.h"

#define PAGES 8

static unsigned char *block;

static void *worker(void *arg)
{
	intptr_t me = (intptr_t)arg;

	settle();
	for (long i = 0; i < iterations; i++) {
		size_t kept = 1 + (size_t)(i % (PAGES - 1));

		if (me == i % threads) {
			block = new_pages(PAGES);
			paint(block, PAGES * PAGE, (uint64_t)i);
		}
		meet();
		CHECK(painted(block, PAGES * PAGE, (uint64_t)i));
		meet();
		if (me == (i + 1) % threads) {
			if (i % 2)
				CHECK(munmap(block + kept * PAGE, (PAGES - kept) * PAGE) == 0);
			else
				CHECK(mremap(block, PAGES * PAGE, kept * PAGE, 0) == block);
		}
		meet();
		CHECK(painted(block, kept * PAGE, (uint64_t)i));
		CHECK(try_read(block + kept * PAGE) == SEGV_MAPERR &&
		      try_write(block + PAGES * PAGE - 1, 1) == SEGV_MAPERR);
		meet();
		if (me == i % threads)
			CHECK(munmap(block, kept * PAGE) == 0);
		meet();
	}
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 14);
	catch_faults();
	run_workers(threads, worker);
	printf("cuts %ld\n", iterations);
	return 0;
}
