/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: a page under MADV_FREE holds its old bytes or zeros, the same for all threads, and what is written later stays. */
#include "memory.h"

static unsigned char *area;

static void *worker(void *arg)
{
	intptr_t me = (intptr_t)arg;

	settle();
	for (long i = 0; i < iterations; i++) {
		if (me == 0)
			for (int k = 0; k < threads; k++)
				paint(area + k * PAGE, PAGE, (uint64_t)(i + k));
		meet();
		if (me == threads - 1)
			CHECK(madvise(area, (size_t)threads * PAGE, MADV_FREE) == 0);
		meet();
		for (int k = 0; k < threads; k++) {
			/* In this order, since the kernel may take the page away between the two. */
			CHECK(painted(area + k * PAGE, PAGE, (uint64_t)(i + k)) || filled(area + k * PAGE, PAGE, 0));
		}
		meet();
		paint(area + me * PAGE, PAGE, (uint64_t)(i * 1000 + me));
		meet();
		for (int k = 0; k < threads; k++)
			CHECK(painted(area + k * PAGE, PAGE, (uint64_t)(i * 1000 + k)));
		meet();
	}
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 10);
	area = new_pages((size_t)threads);
	run_workers(threads, worker);
	printf("hash %016llx\n", (unsigned long long)hash_bytes(HASH_START, area, (size_t)threads * PAGE));
	return 0;
}
