/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: malloc_trim and freed tops of all arenas give memory back without touching blocks that any thread still holds. */
#include <malloc.h>

#include "memory.h"

#define BLOCKS 12

static unsigned char *blocks[MAX_THREADS][BLOCKS];

static size_t size_of(int block)
{
	return 8 * (size_t)(100 + block * block * 200);
}

static void *worker(void *arg)
{
	intptr_t me = (intptr_t)arg;

	settle();
	for (long i = 0; i < iterations; i++) {
		intptr_t next = (me + 1) % threads;

		for (int k = 0; k < BLOCKS; k++) {
			blocks[me][k] = malloc(size_of(k));
			CHECK(blocks[me][k]);
			paint(blocks[me][k], size_of(k), (uint64_t)(i + me + k));
		}
		meet();
		/* Every other block is freed by the next thread, from the top down; then two threads trim. */
		for (int k = BLOCKS - 1; k >= 0; k -= 2)
			free(blocks[next][k]);
		if (me < 2)
			malloc_trim(0);
		for (int k = 0; k < BLOCKS; k += 2)
			CHECK(painted(blocks[next][k], size_of(k), (uint64_t)(i + next + k)));
		meet();
		for (int k = 0; k < BLOCKS; k += 2)
			free(blocks[me][k]);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 6);
	run_workers(threads, worker);
	printf("blocks %ld\n", threads * iterations * BLOCKS);
	return 0;
}
