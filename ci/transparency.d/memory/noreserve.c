/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: a sparse MAP_NORESERVE region far larger than memory is zero wherever it is touched first, and keeps what is put there. */
#include "memory.h"

#define BYTES (256ul << 30)

static unsigned char *area;

/* A place for each round and thread, all over the region. */
static uint64_t *place(long round, intptr_t thread)
{
	uint64_t mixed = ((uint64_t)round * MAX_THREADS + (uint64_t)thread + 1) * 0x9e3779b97f4a7c15ull;

	return (uint64_t *)(area + (mixed % (BYTES / PAGE)) * PAGE + 8 * thread);
}

static void *worker(void *arg)
{
	intptr_t me = (intptr_t)arg;

	settle();
	for (long i = 0; i < iterations; i++) {
		volatile uint64_t *mine = place(i, me);

		CHECK(*mine == 0);
		*mine = (uint64_t)(i * 100 + me);
	}
	meet();
	for (long i = 0; i < iterations; i++)
		for (int k = 0; k < threads; k++)
			CHECK(*(volatile uint64_t *)place(i, k) == (uint64_t)(i * 100 + k));
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 16);
	area = mmap(NULL, BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if ((void *)area == MAP_FAILED) {
		/* vm.overcommit_memory = 2, or a limit of the address space. */
		CHECK(errno == ENOMEM);
		printf("not here\n");
		return 0;
	}
	CHECK(madvise(area, BYTES, MADV_NOHUGEPAGE) == 0 || errno == EINVAL);
	run_workers(threads, worker);
	printf("words %ld\n", threads * iterations);
	return 0;
}
