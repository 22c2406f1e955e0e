/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: mremap onto a place in use replaces what was there for all threads, and the old place is gone. */
#include "memory.h"

static unsigned char *area;

static void *worker(void *arg)
{
	intptr_t me = (intptr_t)arg;

	settle();
	for (long i = 0; i < iterations; i++) {
		unsigned char *from = area, *to = area + 4 * PAGE;

		if (me == i % threads) {
			paint(from, 2 * PAGE, (uint64_t)i);
			paint(to, 4 * PAGE, (uint64_t)i + 1000);
		}
		meet();
		CHECK(painted(from, 2 * PAGE, (uint64_t)i) && painted(to, 4 * PAGE, (uint64_t)i + 1000));
		meet();
		if (me == (i + 1) % threads)
			CHECK(mremap(from, 2 * PAGE, 2 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, to + PAGE) == to + PAGE);
		meet();
		CHECK(painted(to, PAGE, (uint64_t)i + 1000) && painted(to + PAGE, 2 * PAGE, (uint64_t)i));
		CHECK(!filled(to + 3 * PAGE, PAGE, 0) && try_read(from + me) == SEGV_MAPERR);
		meet();
		if (me == i % threads) {
			void *at = mmap(from, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED,
					-1, 0);

			CHECK(at == from && filled(from, 2 * PAGE, 0));
		}
		meet();
	}
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 14);
	catch_faults();
	area = new_pages(8);
	run_workers(threads, worker);
	printf("moves %ld\n", iterations);
	return 0;
}
