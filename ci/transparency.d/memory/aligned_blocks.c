/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: aligned_alloc, posix_memalign and valloc of all threads give blocks on their borders that never overlap. */
#include <malloc.h>

#include "memory.h"

#define BLOCKS 10

static unsigned char *blocks[MAX_THREADS][BLOCKS];

static unsigned char *aligned(size_t border, size_t bytes, long how)
{
	void *got = NULL;

	if (how % 3 == 0)
		got = aligned_alloc(border, bytes);
	else if (how % 3 == 1)
		CHECK(posix_memalign(&got, border, bytes) == 0);
	else
		got = memalign(border, bytes);
	CHECK(got && (uintptr_t)got % border == 0);
	return got;
}

static void *worker(void *arg)
{
	intptr_t me = (intptr_t)arg;

	settle();
	for (long i = 0; i < iterations; i++) {
		for (int k = 0; k < BLOCKS; k++) {
			/* 64 bytes to 32 KiB. */
			size_t border = 64ul << k;

			blocks[me][k] = aligned(border, 1024, i + k);
			paint(blocks[me][k], 1024, (uint64_t)(me * 100 + k));
		}
		meet();
		for (int t = 0; t < threads; t++)
			for (int k = 0; k < BLOCKS; k++)
				CHECK(painted(blocks[t][k], 1024, (uint64_t)(t * 100 + k)));
		meet();
		for (int k = 0; k < BLOCKS; k++)
			free(blocks[(me + 1) % threads][k]);
		meet();
	}
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 5);
	run_workers(threads, worker);
	printf("blocks %ld\n", threads * iterations * BLOCKS);
	return 0;
}
