/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: no thread reads less from any clock than a thread that passed it the turn had read. */
#include "time.h"

static long last[STEADY];
static atomic_long turn;

static void *worker(void *arg)
{
	int me = (int)(intptr_t)arg;

	settle();
	for (long i = 0; i < iterations; i++) {
		while (atomic_load(&turn) != i * threads + me)
			usleep(50);
		for (int k = 0; k < STEADY; k++) {
			long time = now(steady[k]);

			CHECK(time >= last[k]);
			last[k] = time;
		}
		atomic_fetch_add(&turn, 1);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 120);
	run_threads(threads, worker);
	printf("turns %ld\n", atomic_load(&turn));
	return 0;
}
