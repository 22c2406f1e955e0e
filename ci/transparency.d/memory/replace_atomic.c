/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: readers of a page that another thread replaces by MAP_FIXED or mremap see the old or the new bytes, never a fault. */
#include "memory.h"

static unsigned char *page;
static atomic_int done;

static void *worker(void *arg)
{
	intptr_t me = (intptr_t)arg;

	settle();
	meet();
	if (me == 0) {
		for (long i = 1; i <= iterations; i++) {
			unsigned char *next = new_pages(1);

			paint(next, PAGE, (uint64_t)i);
			CHECK(mremap(next, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, page) == page);
			CHECK(painted(page, PAGE, (uint64_t)i));
			CHECK(mmap(page, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1,
				   0) == page);
		}
		atomic_store(&done, 1);
	} else {
		uint64_t last = 0;
		int ended;

		do {
			uint64_t word, at = 3, generation;

			ended = atomic_load(&done);
			word = ((volatile uint64_t *)page)[at];
			if (word == 0)
				continue;
			for (generation = last; generation <= (uint64_t)iterations; generation++)
				if (paint_word(generation, at) == word)
					break;
			CHECK(generation <= (uint64_t)iterations);
			last = generation;
		} while (!ended);
		CHECK(((volatile uint64_t *)page)[3] == 0);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 30);
	page = new_pages(1);
	run_workers(threads < 2 ? 2 : threads, worker);
	printf("replaced %ld\n", 2 * iterations);
	return 0;
}
