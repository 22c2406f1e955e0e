/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: a file that is cut takes nothing but its end from a private mapping, whoever had the pages; calls on the whole mapping go on. */
#include "memory.h"

#define PAGES 6

static unsigned char *private;
static int fd;

static void *worker(void *arg)
{
	intptr_t me = (intptr_t)arg;

	settle();
	for (long i = 0; i < iterations; i++) {
		if (me == 0) {
			CHECK(ftruncate(fd, PAGES * PAGE) == 0);
			private = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
			CHECK((void *)private != MAP_FAILED);
		}
		meet();
		for (int k = (int)me; k < PAGES; k += threads)
			paint(private + k * PAGE, PAGE, (uint64_t)(i + k));
		meet();
		if (me == i % threads)
			CHECK(ftruncate(fd, PAGE) == 0);
		meet();
		/* Not touched behind the end: who had a page there may have it still, which is no business of this. */
		if (me == (i + 1) % threads)
			CHECK(mprotect(private, PAGES * PAGE, PROT_READ) == 0);
		meet();
		CHECK(painted(private, PAGE, (uint64_t)i));
		meet();
		if (me == 0)
			CHECK(munmap(private, PAGES * PAGE) == 0);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 8);
	fd = painted_file("file", PAGES);
	run_workers(threads, worker);
	CHECK(close(fd) == 0 && unlink("file") == 0);
	printf("cuts %ld\n", iterations);
	return 0;
}
