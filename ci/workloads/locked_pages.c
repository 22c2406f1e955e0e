/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: memory locked by mlock is shared between nodes like any other. */
#include <sys/mman.h>

#include "check.h"

#define PAGES 16

static unsigned char *area;
static pthread_barrier_t barrier;

/* In turn, each thread adds its number to every page. */
static void *worker(void *arg)
{
	intptr_t me = (intptr_t)arg;

	settle();
	for (long n = 0; n < iterations; n++)
		for (int turn = 0; turn < threads; turn++) {
			pthread_barrier_wait(&barrier);
			if (turn == me)
				for (int p = 0; p < PAGES; p++)
					area[p * 4096 + p] += (unsigned char)(me + 1);
		}
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_t ids[MAX_THREADS];
	unsigned char expected = 0;

	arguments(argc, argv, 6);
	CHECK(pthread_barrier_init(&barrier, NULL, (unsigned)threads) == 0);
	area = mmap(NULL, PAGES * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK(area != MAP_FAILED);
	CHECK(mlock(area, PAGES * 4096) == 0);
	for (intptr_t i = 0; i < threads; i++)
		CHECK(pthread_create(&ids[i], NULL, worker, (void *)i) == 0);
	for (int i = 0; i < threads; i++) {
		CHECK(pthread_join(ids[i], NULL) == 0);
		expected = (unsigned char)(expected + (i + 1) * iterations);
	}
	for (int p = 0; p < PAGES; p++)
		CHECK(area[p * 4096 + p] == expected);
	printf("sum %d\n", expected);
	return 0;
}
