/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: a private mapping of a file that is cut and made long again can be read and written on, of whichever content it is. */
#include "memory.h"

#define PAGES 6

static unsigned char *private;
static int fd;

static void *worker(void *arg)
{
	intptr_t me = (intptr_t)arg;

	settle();
	for (long i = 0; i < iterations; i++) {
		unsigned char now = (unsigned char)(i + 1);

		for (int k = 0; k < PAGES; k++)
			if ((k + i) % threads == me)
				private[k * PAGE] = private[k * PAGE + 8] = now;
		meet();
		if (me == (i + 1) % threads)
			CHECK(ftruncate(fd, 0) == 0 && ftruncate(fd, PAGES * PAGE) == 0);
		meet();
		/* Natively they are zero. A page that has been on another node may have kept what it had, on one node or all. */
		for (int k = 0; k < PAGES; k++)
			CHECK(private[k * PAGE] <= now && private[k * PAGE + 8] <= now);
		meet();
		if (me == (i + 2) % threads)
			for (int k = 0; k < PAGES; k++)
				private[k * PAGE + 8] = now;
		meet();
		CHECK(mprotect(private + me % PAGES * PAGE, PAGE, PROT_READ | PROT_WRITE) == 0);
		for (int k = 0; k < PAGES; k++)
			CHECK(private[k * PAGE + 8] <= now);
		meet();
	}
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 8);
	fd = painted_file("file", PAGES);
	private = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	CHECK((void *)private != MAP_FAILED);
	run_workers(threads, worker);
	printf("regrown %ld\n", iterations);
	return 0;
}
