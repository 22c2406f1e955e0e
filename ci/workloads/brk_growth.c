/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: the heap grown and shrunk with sbrk by threads on any node is zero when new and shared by all. */
#include "check.h"

#define STEP 40000

static char *base;
static long steps;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void *worker(void *arg)
{
	(void)arg;
	settle();
	for (long i = 0; i < iterations; i++) {
		pthread_mutex_lock(&lock);
		/* A thread has grown it three times before it shrinks it, so there is something to shrink. */
		if (i % 4 == 3) {
			CHECK(sbrk(-STEP) == base + steps * STEP);
			steps--;
		} else {
			char *grown = sbrk(STEP);

			CHECK(grown == base + steps * STEP);
			for (int k = 4096; k < STEP; k += 256)
				CHECK(grown[k] == 0);
			memset(grown, (int)(steps % 100 + 1), STEP);
			steps++;
		}
		for (long s = 0; s < steps; s++)
			CHECK(base[s * STEP] == (char)(s % 100 + 1) && base[s * STEP + STEP - 1] == (char)(s % 100 + 1));
		pthread_mutex_unlock(&lock);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 12);
	/* stdio and malloc may use the heap before and after, never in between. */
	printf("threads %d\n", threads);
	fflush(stdout);
	base = sbrk(0);
	run_threads(threads, worker);
	CHECK(sbrk(0) == base + steps * STEP);
	printf("steps %ld\n", steps);
	return 0;
}
