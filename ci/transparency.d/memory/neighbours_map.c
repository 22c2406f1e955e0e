/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: threads that map and unmap next to pages in use by other threads never disturb those pages. */
#include "memory.h"

static unsigned char *area;

/* Each thread has three pages: one that stays, and two that come and go. */
static void *worker(void *arg)
{
	intptr_t me = (intptr_t)arg;
	unsigned char *own = area + me * 3 * PAGE;
	volatile uint64_t *count = (volatile uint64_t *)own;

	settle();
	for (long i = 0; i < iterations; i++) {
		void *at = mmap(own + PAGE, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED,
				-1, 0);

		CHECK(at == own + PAGE && filled(at, 2 * PAGE, 0));
		paint(at, 2 * PAGE, (uint64_t)i);
		(*count)++;
		CHECK(painted(at, 2 * PAGE, (uint64_t)i) && *count == (uint64_t)i + 1);
		CHECK(munmap(at, 2 * PAGE) == 0);
	}
	meet();
	for (int i = 0; i < threads; i++) {
		unsigned char *other = area + i * 3 * PAGE;

		CHECK(*(volatile uint64_t *)other == (uint64_t)iterations);
		CHECK(try_read(other + PAGE) == SEGV_MAPERR && try_write(other + 3 * PAGE - 1, 1) == SEGV_MAPERR);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 20);
	catch_faults();
	area = new_pages(3 * (size_t)threads);
	for (int i = 0; i < threads; i++)
		CHECK(munmap(area + (i * 3 + 1) * PAGE, 2 * PAGE) == 0);
	run_workers(threads, worker);
	printf("rounds %ld\n", threads * iterations);
	return 0;
}
