/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: MAP_FIXED_NOREPLACE takes a free place and refuses one in use, whichever thread uses it, without touching it. */
#include "memory.h"

#ifndef MAP_FIXED_NOREPLACE
#define MAP_FIXED_NOREPLACE 0x100000
#endif

static unsigned char *area;
static atomic_long won[64];

static void *take(void *at)
{
	return mmap(at, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
}

static void *worker(void *arg)
{
	intptr_t me = (intptr_t)arg;

	settle();
	for (long i = 0; i < iterations; i++) {
		unsigned char *page = area + (i % 64) * PAGE;
		void *got;

		meet();
		if (me == i % threads)
			CHECK(munmap(page, PAGE) == 0);
		meet();
		/* All want the page; one gets it. */
		got = take(page);
		if (got != MAP_FAILED) {
			CHECK(got == page && filled(page, PAGE, 0));
			atomic_fetch_add(&won[i % 64], 1);
			paint(page, PAGE, (uint64_t)i);
		} else {
			CHECK(errno == EEXIST);
		}
		meet();
		CHECK(painted(page, PAGE, (uint64_t)i) && atomic_load(&won[i % 64]) == i / 64 + 1);
		CHECK(take(page) == MAP_FAILED && errno == EEXIST && painted(page, PAGE, (uint64_t)i));
	}
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 20);
	area = new_pages(64);
	run_workers(threads, worker);
	printf("taken %ld\n", iterations);
	return 0;
}
