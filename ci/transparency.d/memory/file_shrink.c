/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: what a shorter file cuts off is SIGBUS in every thread's shared mapping, and zero once it is long again. */
#include "memory.h"

#define PAGES 6

static unsigned char *shared;
static int fd;

static void *worker(void *arg)
{
	intptr_t me = (intptr_t)arg;

	settle();
	for (long i = 0; i < iterations; i++) {
		int kept = 1 + (int)(i % (PAGES - 2));

		if (me == i % threads)
			for (int k = 0; k < PAGES; k++)
				paint(shared + k * PAGE, PAGE, (uint64_t)(i + k));
		meet();
		CHECK(painted(shared + (PAGES - 1) * PAGE, PAGE, (uint64_t)(i + PAGES - 1)));
		meet();
		if (me == (i + 1) % threads)
			CHECK(ftruncate(fd, (off_t)kept * PAGE + 8) == 0);
		meet();
		for (int k = 0; k < kept; k++)
			CHECK(painted(shared + k * PAGE, PAGE, (uint64_t)(i + k)));
		CHECK(*(volatile uint64_t *)(shared + kept * PAGE) == paint_word((uint64_t)(i + kept), 0));
		CHECK(filled(shared + kept * PAGE + 8, PAGE - 8, 0));
		CHECK(try_read(shared + (kept + 1) * PAGE + me) == BUS + BUS_ADRERR);
		meet();
		if (me == (i + 2) % threads)
			CHECK(ftruncate(fd, PAGES * PAGE) == 0);
		meet();
		CHECK(filled(shared + (kept + 1) * PAGE, (size_t)(PAGES - kept - 1) * PAGE, 0));
		meet();
	}
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 8);
	catch_faults();
	fd = painted_file("file", PAGES);
	shared = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	CHECK((void *)shared != MAP_FAILED);
	run_workers(threads, worker);
	printf("cuts %ld\n", iterations);
	return 0;
}
