/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: what a shorter file cuts off is SIGBUS in every thread's private mapping, copies of its own too, and zero once it is long again. */
/* Limit: a page of a private mapping that has been on another node is the program's own, whatever becomes of the file */
#include "memory.h"

#define PAGES 6

static unsigned char *private;
static int fd;

static void *worker(void *arg)
{
	intptr_t me = (intptr_t)arg;

	settle();
	for (long i = 0; i < iterations; i++) {
		int kept = 1 + (int)(i % (PAGES - 2));

		if (me == i % threads)
			for (int k = 0; k < PAGES; k++)
				private[k * PAGE] = 1;
		meet();
		CHECK(private[(PAGES - 1) * PAGE] == 1);
		meet();
		if (me == (i + 1) % threads)
			CHECK(ftruncate(fd, (off_t)kept * PAGE + 8) == 0);
		meet();
		CHECK(private[0] == 1);
		CHECK(try_write(private + (kept + 1) * PAGE + me, 1) == BUS + BUS_ADRERR);
		meet();
		if (me == (i + 2) % threads)
			CHECK(ftruncate(fd, PAGES * PAGE) == 0);
		meet();
		CHECK(filled(private + (kept + 1) * PAGE, (size_t)(PAGES - kept - 1) * PAGE, 0));
		meet();
	}
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 8);
	catch_faults();
	fd = painted_file("file", PAGES);
	private = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	CHECK((void *)private != MAP_FAILED);
	run_workers(threads, worker);
	printf("cuts %ld\n", iterations);
	return 0;
}
