/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: mlock, mlock2 on fault and munlock keep contents for all threads, forbid discarding, and refuse unmapped ranges. */
#include "memory.h"

#ifndef MLOCK_ONFAULT
#define MLOCK_ONFAULT 1
#endif

static unsigned char *area;

static void *worker(void *arg)
{
	intptr_t me = (intptr_t)arg;
	unsigned char *own = area + 2 * me * PAGE, *gone = new_pages(2);

	CHECK(munmap(gone + PAGE, PAGE) == 0);
	settle();
	for (long i = 0; i < iterations; i++) {
		paint(own, PAGE, (uint64_t)i);
		CHECK((i % 2 ? mlock(own, 2 * PAGE) : mlock2(own, 2 * PAGE, MLOCK_ONFAULT)) == 0);
		paint(own + PAGE, PAGE, (uint64_t)i);
		CHECK(madvise(own, PAGE, MADV_DONTNEED) == -1 && errno == EINVAL);
		meet();
		for (int k = 0; k < 2 * threads; k++)
			CHECK(painted(area + k * PAGE, PAGE, (uint64_t)i));
		meet();
		CHECK(munlock(own, 2 * PAGE) == 0 && madvise(own, PAGE, MADV_DONTNEED) == 0 && filled(own, PAGE, 0));
		CHECK(mlock(gone, 2 * PAGE) == -1 && errno == ENOMEM && munlock(gone, PAGE) == 0);
		CHECK(mlock2(own, PAGE, 64) == -1 && errno == EINVAL);
		meet();
	}
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 6);
	/* With those that fail half way less than the least limit of a user (64 KiB), for 4 threads. */
	area = new_pages(2 * (size_t)threads);
	run_workers(threads, worker);
	printf("locked %ld\n", threads * iterations);
	return 0;
}
