/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: holes cut into a mapping from its middle fault, also through system calls, and what lies between them is whole. */
#include "memory.h"

#define PAGES 9

static unsigned char *area;

static void *worker(void *arg)
{
	intptr_t me = (intptr_t)arg;
	unsigned char *own = area + me * PAGES * PAGE;

	settle();
	for (long i = 0; i < iterations; i++) {
		paint(own, PAGES * PAGE, (uint64_t)i);
		for (int k = 1; k < PAGES; k += 2)
			CHECK(munmap(own + k * PAGE, PAGE) == 0);
		meet();
		for (int t = 0; t < threads; t++)
			for (int k = 0; k < PAGES; k++) {
				unsigned char *page = area + (t * PAGES + k) * PAGE;

				CHECK(try_read(page + 8 * me) == (k % 2 ? SEGV_MAPERR : ALLOWED));
				CHECK(k % 2 || *(volatile uint64_t *)page == paint_word((uint64_t)i,
											(size_t)k * (PAGE / 8)));
			}
		CHECK(mprotect(own, PAGES * PAGE, PROT_READ) == -1 && errno == ENOMEM);
		CHECK(msync(own, PAGES * PAGE, MS_ASYNC) == -1 && errno == ENOMEM);
		meet();
		CHECK(mmap(own, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1,
			   0) == own);
		CHECK(filled(own, PAGES * PAGE, 0));
	}
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 4);
	catch_faults();
	area = new_pages(PAGES * (size_t)threads);
	run_workers(threads, worker);
	printf("holes %ld\n", threads * iterations * (PAGES / 2));
	return 0;
}
