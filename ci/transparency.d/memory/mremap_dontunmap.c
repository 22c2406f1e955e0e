/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: MREMAP_DONTUNMAP moves the pages and leaves zeros that can be used, for every thread. */
#include <sys/syscall.h>

#include "memory.h"

#ifndef MREMAP_DONTUNMAP
#define MREMAP_DONTUNMAP 4
#endif

#define PAGES 3

static unsigned char *old, *moved;

static void *worker(void *arg)
{
	intptr_t me = (intptr_t)arg;

	settle();
	for (long i = 0; i < iterations; i++) {
		if (me == i % threads)
			paint(old, PAGES * PAGE, (uint64_t)i);
		meet();
		if (me == (i + 1) % threads) {
			/* glibc 2.36's function passes what it finds as new address, which is a hint here. */
			moved = (void *)syscall(SYS_mremap, old, PAGES * PAGE, PAGES * PAGE,
						MREMAP_MAYMOVE | MREMAP_DONTUNMAP, 0);
			CHECK((void *)moved != MAP_FAILED && moved != old);
		}
		meet();
		CHECK(filled(old, PAGES * PAGE, 0) && painted(moved, PAGES * PAGE, (uint64_t)i));
		meet();
		if (me == (i + 2) % threads) {
			paint(old, PAGES * PAGE, (uint64_t)i + 500);
			CHECK(munmap(moved, PAGES * PAGE) == 0);
		}
		meet();
		CHECK(painted(old, PAGES * PAGE, (uint64_t)i + 500));
		meet();
	}
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 12);
	old = new_pages(PAGES);
	run_workers(threads, worker);
	printf("moves %ld\n", iterations);
	return 0;
}
