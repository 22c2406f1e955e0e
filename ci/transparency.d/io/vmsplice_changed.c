/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: memory given to a pipe by vmsplice is what is read there, as another thread has changed it in between. */
#include "io.h"

#define PAGES 4

static unsigned char *given[MAX_THREADS];

static void *worker(void *arg)
{
	intptr_t me = (intptr_t)arg;
	unsigned char seen[PAGES * 4096];
	int ends[2];

	given[me] = mmap(NULL, PAGES * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK((void *)given[me] != MAP_FAILED && pipe(ends) == 0);
	settle();
	for (long i = 0; i < iterations; i++) {
		struct iovec all = { given[me], PAGES * 4096 };

		memset(given[me], (int)i, PAGES * 4096);
		CHECK(vmsplice(ends[1], &all, 1, 0) == PAGES * 4096);
		meet();
		for (int page = 0; page < PAGES; page++)
			given[(me + 1) % threads][page * 4096 + i] = 0xee;
		meet();
		read_all(ends[0], seen, sizeof(seen));
		for (int page = 0; page < PAGES; page++)
			CHECK(seen[page * 4096 + i] == 0xee && seen[page * 4096 + 4095] == (unsigned char)i);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 30);
	run_workers(threads, worker);
	printf("given %ld\n", threads * iterations * PAGES);
	return 0;
}
