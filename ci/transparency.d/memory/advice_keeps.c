/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: advice about use (cold, page out, sequential, huge pages, dumps) never changes what other threads write meanwhile. */
#include "memory.h"

#ifndef MADV_COLD
#define MADV_COLD 20
#define MADV_PAGEOUT 21
#endif

#define PAGES 8

static const int advices[] = { MADV_NORMAL, MADV_RANDOM,   MADV_SEQUENTIAL, MADV_COLD,
			       MADV_PAGEOUT, MADV_DONTDUMP, MADV_DODUMP };
static unsigned char *area;

static void *worker(void *arg)
{
	intptr_t me = (intptr_t)arg;
	unsigned char *own = area + me * PAGES * PAGE;

	settle();
	for (long i = 0; i < iterations; i++) {
		/* All advise all of the area, while each paints its own part. */
		paint(own, PAGES * PAGE, (uint64_t)i);
		CHECK(madvise(area, (size_t)threads * PAGES * PAGE, advices[i % 7]) == 0);
		CHECK(painted(own, PAGES * PAGE, (uint64_t)i));
		meet();
		CHECK(painted(area + ((me + 1) % threads) * PAGES * PAGE, PAGES * PAGE, (uint64_t)i));
		meet();
	}
	return NULL;
}

int main(int argc, char **argv)
{
	size_t bytes;

	arguments(argc, argv, 14);
	bytes = (size_t)threads * PAGES * PAGE;
	area = new_pages(bytes / PAGE);
	run_workers(threads, worker);
	printf("hash %016llx\n", (unsigned long long)hash_bytes(HASH_START, area, bytes));
	return 0;
}
