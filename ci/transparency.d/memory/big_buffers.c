/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: one write or read of 200 pages, last written by several threads, is complete and in order, at odd addresses too. */
#include "memory.h"

#define PAGES 200

static unsigned char *area;

static void *worker(void *arg)
{
	intptr_t me = (intptr_t)arg;
	size_t count = (PAGES - 1) * PAGE;
	int fd = -1;

	settle();
	if (me == 0) {
		fd = open("big", O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
		CHECK(fd >= 0);
	}
	for (long i = 0; i < iterations; i++) {
		for (int k = (int)me; k < PAGES; k += threads)
			paint(area + k * PAGE, PAGE, (uint64_t)(i + k));
		meet();
		if (me == 0) {
			uint64_t first;

			CHECK(pwrite(fd, area + 1, count, i * 3) == (ssize_t)count);
			CHECK(pread(fd, &first, 8, i * 3 + PAGE - 1) == 8 && first == paint_word((uint64_t)i + 1, 0));
			memset(area, 0, PAGES * PAGE);
			CHECK(pread(fd, area + 8, count, i * 3) == (ssize_t)count);
		}
		meet();
		/* Every byte is seven further than it was. */
		for (int k = 1 + (int)me; k < PAGES - 1; k += threads) {
			unsigned char page[PAGE];

			memcpy(page, area + k * PAGE + 7, PAGE);
			CHECK(painted(page, PAGE, (uint64_t)(i + k)));
		}
		meet();
	}
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 2);
	area = new_pages(PAGES);
	run_workers(threads, worker);
	printf("bytes %ld\n", iterations * (PAGES - 1) * PAGE);
	return 0;
}
