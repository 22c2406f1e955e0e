/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: MADV_DONTNEED on shared memory keeps its bytes, MADV_REMOVE makes them zero for every mapping and the file. */
#include "memory.h"

#define PAGES 4

static unsigned char *first, *second;
static int fd;

static void *worker(void *arg)
{
	intptr_t me = (intptr_t)arg;
	unsigned char page[PAGE];

	settle();
	for (long i = 0; i < iterations; i++) {
		if (me == i % threads)
			for (int k = 0; k < PAGES; k++)
				paint(first + k * PAGE, PAGE, (uint64_t)(i + k));
		meet();
		if (me == (i + 1) % threads)
			CHECK(madvise(first, PAGES * PAGE, MADV_DONTNEED) == 0);
		meet();
		for (int k = 0; k < PAGES; k++)
			CHECK(painted(first + k * PAGE, PAGE, (uint64_t)(i + k)) &&
			      painted(second + k * PAGE, PAGE, (uint64_t)(i + k)));
		meet();
		if (me == (i + 2) % threads)
			CHECK(madvise(first + PAGE, 2 * PAGE, MADV_REMOVE) == 0);
		meet();
		CHECK(filled(first + PAGE, 2 * PAGE, 0) && filled(second + PAGE, 2 * PAGE, 0));
		CHECK(pread(fd, page, PAGE, PAGE) == PAGE && filled(page, PAGE, 0));
		CHECK(painted(second, PAGE, (uint64_t)i) && painted(second + 3 * PAGE, PAGE, (uint64_t)i + 3));
		meet();
	}
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 8);
	fd = memfd_create("discard", MFD_CLOEXEC);
	CHECK(fd >= 0 && ftruncate(fd, PAGES * PAGE) == 0);
	first = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	second = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	CHECK((void *)first != MAP_FAILED && (void *)second != MAP_FAILED);
	run_workers(threads, worker);
	printf("rounds %ld\n", iterations);
	return 0;
}
