/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: parts of a huge PROT_NONE reservation are committed and given back by any thread; the rest faults for all. */
#include "memory.h"

#define RESERVED (64ul << 30)
#define STRIDE (1ul << 30)

static unsigned char *area;

static void *worker(void *arg)
{
	intptr_t me = (intptr_t)arg;
	unsigned char *own = area + (size_t)me * (STRIDE / 4) + 5 * PAGE;

	settle();
	for (long i = 0; i < iterations; i++) {
		CHECK(mprotect(own, 2 * PAGE, PROT_READ | PROT_WRITE) == 0 && filled(own, 2 * PAGE, 0));
		paint(own, 2 * PAGE, (uint64_t)(i + me));
		meet();
		for (int k = 0; k < threads; k++)
			CHECK(painted(area + (size_t)k * (STRIDE / 4) + 5 * PAGE, 2 * PAGE, (uint64_t)(i + k)));
		CHECK(try_read(own - 1) == SEGV_ACCERR && try_write(own + 2 * PAGE, 1) == SEGV_ACCERR);
		meet();
		/* Given back as allocators do: the pages dropped, then the place closed. */
		CHECK(madvise(own, 2 * PAGE, MADV_DONTNEED) == 0 && mprotect(own, 2 * PAGE, PROT_NONE) == 0);
		CHECK(try_read(own) == SEGV_ACCERR);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 10);
	catch_faults();
	area = mmap(NULL, RESERVED, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	CHECK((void *)area != MAP_FAILED);
	run_workers(threads, worker);
	CHECK(try_read(area + RESERVED - 1) == SEGV_ACCERR && munmap(area, RESERVED) == 0);
	CHECK(try_read(area + 5 * PAGE) == SEGV_MAPERR);
	printf("commits %ld\n", threads * iterations);
	return 0;
}
