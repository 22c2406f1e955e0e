/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: a private page given up by MADV_DONTNEED in one thread reads as zero in all, and the pages beside it stay. */
#include "memory.h"

static unsigned char *area;

static void *worker(void *arg)
{
	intptr_t me = (intptr_t)arg;

	settle();
	for (long i = 0; i < iterations; i++) {
		unsigned char *given = area + (1 + i % 3) * PAGE;

		if (me == i % threads)
			for (int k = 0; k < 5; k++)
				paint(area + k * PAGE, PAGE, (uint64_t)(i * 5 + k));
		meet();
		for (int k = 0; k < 5; k++)
			CHECK(painted(area + k * PAGE, PAGE, (uint64_t)(i * 5 + k)));
		meet();
		if (me == (i + 1) % threads)
			CHECK(madvise(given, PAGE, MADV_DONTNEED) == 0);
		meet();
		for (int k = 0; k < 5; k++)
			if (area + k * PAGE == given)
				CHECK(filled(given, PAGE, 0));
			else
				CHECK(painted(area + k * PAGE, PAGE, (uint64_t)(i * 5 + k)));
		meet();
	}
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 12);
	area = new_pages(5);
	run_workers(threads, worker);
	printf("rounds %ld\n", iterations);
	return 0;
}
