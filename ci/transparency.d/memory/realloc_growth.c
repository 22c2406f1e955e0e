/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: a block that goes from thread to thread and is grown by each, past the size that is mapped, keeps all its bytes. */
#include <malloc.h>

#include "memory.h"

static unsigned char *block;
static size_t size;

static void *worker(void *arg)
{
	intptr_t me = (intptr_t)arg;

	settle();
	for (long i = 0; i < iterations; i++) {
		meet();
		if (me == i % threads) {
			size_t grown = i % 6 == 5 ? 160 : size + size / 2 + 80;

			grown -= grown % 8;
			block = realloc(block, grown);
			CHECK(block && painted(block, grown < size ? grown : size, 3));
			size = grown;
			paint(block, size, 3);
		}
		meet();
		CHECK(painted(block, size, 3) && malloc_usable_size(block) >= size);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 24);
	/* So that blocks are mapped from 4 KiB on, and moved by mremap. */
	CHECK(mallopt(M_MMAP_THRESHOLD, PAGE) == 1);
	size = 1600;
	block = malloc(size);
	CHECK(block);
	paint(block, size, 3);
	run_workers(threads, worker);
	free(block);
	printf("size %zu\n", size);
	return 0;
}
