/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: pages under MADV_WIPEONFORK are zero in a forked child and unchanged in the parent; MADV_KEEPONFORK undoes it. */
#include "memory.h"

static unsigned char *area;

static void *worker(void *arg)
{
	intptr_t me = (intptr_t)arg;
	unsigned char *own = area + 2 * me * PAGE;

	settle();
	for (long i = 0; i < iterations; i++) {
		int kept = i % 2;
		pid_t child;

		paint(own, 2 * PAGE, (uint64_t)(i + me));
		CHECK(madvise(own, PAGE, kept ? MADV_KEEPONFORK : MADV_WIPEONFORK) == 0);
		child = fork();
		if (child == 0) {
			if (kept)
				CHECK(painted(own, 2 * PAGE, (uint64_t)(i + me)));
			else
				CHECK(filled(own, PAGE, 0) && !filled(own + PAGE, PAGE, 0));
			paint(own, 2 * PAGE, 99);
			_exit(8);
		}
		CHECK(status_of(child) == 8 && painted(own, 2 * PAGE, (uint64_t)(i + me)));
	}
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 4);
	area = new_pages(2 * (size_t)threads);
	run_workers(threads, worker);
	printf("children %ld\n", threads * iterations);
	return 0;
}
