/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: MADV_WILLNEED and MADV_POPULATE_* keep what threads have written, and refuse what they natively refuse. */
#include "memory.h"

#ifndef MADV_POPULATE_READ
#define MADV_POPULATE_READ 22
#define MADV_POPULATE_WRITE 23
#endif

static unsigned char *area;

/* The error of an advice, 0 if there is none. */
static int advised(void *at, size_t bytes, int advice)
{
	return madvise(at, bytes, advice) == 0 ? 0 : errno;
}

static void *worker(void *arg)
{
	intptr_t me = (intptr_t)arg;
	unsigned char *own = area + 4 * me * PAGE, *hole = new_pages(3);
	int error;

	settle();
	for (long i = 0; i < iterations; i++) {
		paint(own + PAGE, PAGE, (uint64_t)i);
		error = advised(own, 4 * PAGE, MADV_WILLNEED);
		/* EBADF is what a kernel without swapping says. */
		CHECK(error == 0 || error == EBADF);
		CHECK(advised(own, 4 * PAGE, MADV_POPULATE_READ) == 0);
		CHECK(advised(own, 4 * PAGE, MADV_POPULATE_WRITE) == 0);
		CHECK(filled(own, PAGE, 0) && painted(own + PAGE, PAGE, (uint64_t)i) &&
		      filled(own + 2 * PAGE, 2 * PAGE, 0));
		meet();
		CHECK(painted(area + 4 * ((me + 1) % threads) * PAGE + PAGE, PAGE, (uint64_t)i));
		meet();
	}
	CHECK(mprotect(own + 2 * PAGE, PAGE, PROT_READ) == 0);
	CHECK(advised(own + 2 * PAGE, PAGE, MADV_POPULATE_READ) == 0);
	CHECK(advised(own + 2 * PAGE, PAGE, MADV_POPULATE_WRITE) == EINVAL);
	CHECK(munmap(hole + PAGE, PAGE) == 0);
	CHECK(advised(hole, 3 * PAGE, MADV_POPULATE_WRITE) == ENOMEM &&
	      advised(hole + PAGE, PAGE, MADV_WILLNEED) == ENOMEM);
	CHECK(advised(own + 1, PAGE, MADV_POPULATE_READ) == EINVAL && advised(own, PAGE, 12345) == EINVAL);
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 10);
	area = new_pages(4 * (size_t)threads);
	run_workers(threads, worker);
	printf("hash %016llx\n", (unsigned long long)hash_bytes(HASH_START, area, 4 * (size_t)threads * PAGE));
	return 0;
}
