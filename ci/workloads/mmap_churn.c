/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: mmap, munmap, MADV_DONTNEED and MAP_FIXED on one node: fresh pages are zero on every node, old contents never come back. */
#include <sys/mman.h>

#include "check.h"

#define PAGES 16
#define SIZE (PAGES * 4096)

static char *slots[MAX_THREADS];
static pthread_barrier_t barrier;
static atomic_long checked;

static void expect(const char *area, char value)
{
	for (int i = 0; i < SIZE; i += 512)
		CHECK(area[i] == value);
	atomic_fetch_add(&checked, 1);
}

static void *worker(void *arg)
{
	intptr_t me = (intptr_t)arg;
	const int rw = PROT_READ | PROT_WRITE, anonymous = MAP_PRIVATE | MAP_ANONYMOUS;

	settle();
	for (long i = 0; i < iterations; i++) {
		char value = (char)(i * 7 + me + 1);
		char *next;

		slots[me] = mmap(NULL, SIZE, rw, anonymous, -1, 0);
		CHECK(slots[me] != MAP_FAILED);
		expect(slots[me], 0);
		memset(slots[me], value, SIZE);
		pthread_barrier_wait(&barrier);
		next = slots[(me + 1) % threads];
		expect(next, (char)(i * 7 + (me + 1) % threads + 1));
		pthread_barrier_wait(&barrier);
		/* Somebody else's pages: dropped here, gone there. */
		if (i % 2)
			CHECK(madvise(next, SIZE, MADV_DONTNEED) == 0);
		else
			CHECK(mmap(next, SIZE, rw, anonymous | MAP_FIXED, -1, 0) == next);
		pthread_barrier_wait(&barrier);
		expect(slots[me], 0);
		CHECK(munmap(slots[me], SIZE) == 0);
		pthread_barrier_wait(&barrier);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 20);
	pthread_barrier_init(&barrier, NULL, (unsigned)threads);
	run_threads(threads, worker);
	CHECK(atomic_load(&checked) == 3 * threads * iterations);
	printf("checked %ld\n", atomic_load(&checked));
	return 0;
}
