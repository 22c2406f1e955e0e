/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: memory that mremap moves next to what was moved there before leaves that alone, wherever its pages are by then. */
#include "memory.h"

#define HALF (4 * PAGE)

static unsigned char *from, *to;

static void *worker(void *arg)
{
	intptr_t me = (intptr_t)arg;

	settle();
	for (long i = 0; i < iterations; i++) {
		uint64_t seed = (uint64_t)i * 100;
		/* Also in front of the first half, of which the last one to move is the lower. */
		unsigned char *first = i % 2 ? to : to + HALF, *second = i % 2 ? to + HALF : to;

		if (me == i % threads)
			paint(from, 2 * HALF, seed);
		meet();
		CHECK(painted(from, 2 * HALF, seed));
		meet();
		if (me == (i + 1) % threads)
			CHECK(mremap(from + (first - to), HALF, HALF, MREMAP_MAYMOVE | MREMAP_FIXED, first) == first);
		meet();
		/* Its pages are where these threads are, one of them or, in part, all. */
		for (int page = 0; page < HALF / PAGE; page++)
			if (me == page % threads)
				paint(first + page * PAGE, PAGE, seed + 1 + (uint64_t)page);
		meet();
		CHECK(painted(first, PAGE, seed + 1));
		meet();
		if (me == (i + 2) % threads)
			CHECK(mremap(from + (second - to), HALF, HALF, MREMAP_MAYMOVE | MREMAP_FIXED, second) == second);
		meet();
		for (int page = 0; page < HALF / PAGE; page++)
			CHECK(painted(first + page * PAGE, PAGE, seed + 1 + (uint64_t)page));
		meet();
		/* What is written by one is read by all, and nobody goes on with a copy of before. */
		if (me == (i + 3) % threads)
			paint(to, 2 * HALF, seed + 50);
		meet();
		CHECK(painted(to, 2 * HALF, seed + 50));
		meet();
		if (me == i % threads) {
			CHECK(mmap(to, 2 * HALF, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == to);
			CHECK(mmap(from, 2 * HALF, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == from);
		}
		meet();
	}
	return NULL;
}

int main(int argc, char **argv)
{
	unsigned char *room;

	arguments(argc, argv, 14);
	/* Between pages of no access: what is moved becomes one with nothing else. */
	room = mmap(NULL, 4 * HALF + 3 * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK(room != MAP_FAILED);
	from = room + PAGE;
	to = from + 2 * HALF + PAGE;
	CHECK(mmap(from, 2 * HALF, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == from);
	run_workers(threads, worker);
	printf("moves %ld\n", 2 * iterations);
	return 0;
}
