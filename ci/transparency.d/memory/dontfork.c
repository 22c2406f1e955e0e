/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: pages under MADV_DONTFORK are missing in a child which a worker forks, present again after MADV_DOFORK. */
#include "memory.h"

static unsigned char *area;

static void *worker(void *arg)
{
	intptr_t me = (intptr_t)arg;
	unsigned char *own = area + 3 * me * PAGE;

	settle();
	for (long i = 0; i < iterations; i++) {
		int kept = i % 2;
		pid_t child;

		paint(own, 3 * PAGE, (uint64_t)i);
		CHECK(madvise(own + PAGE, PAGE, kept ? MADV_DOFORK : MADV_DONTFORK) == 0);
		child = fork();
		if (child == 0) {
			CHECK(try_read(own) == ALLOWED && try_read(own + 2 * PAGE) == ALLOWED);
			CHECK(try_read(own + PAGE) == (kept ? ALLOWED : SEGV_MAPERR));
			CHECK(!kept || painted(own, 3 * PAGE, (uint64_t)i));
			_exit(7);
		}
		CHECK(status_of(child) == 7 && painted(own, 3 * PAGE, (uint64_t)i));
	}
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 4);
	catch_faults();
	area = new_pages(3 * (size_t)threads);
	run_workers(threads, worker);
	printf("children %ld\n", threads * iterations);
	return 0;
}
