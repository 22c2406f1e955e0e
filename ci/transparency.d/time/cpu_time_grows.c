/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: a thread that computes uses CPU time: its own clock says so, and that of the process. */
#include "time.h"

static void *worker(void *arg)
{
	uint64_t state = 9;

	(void)arg;
	settle();
	for (long i = 0; i < iterations; i++) {
		long own = now(CLOCK_THREAD_CPUTIME_ID), whole = now(CLOCK_PROCESS_CPUTIME_ID);
		long until = now(CLOCK_MONOTONIC) + 20 * SECOND;

		/* It must come, however slowly: a thread that never gets there would run for ever. */
		while (now(CLOCK_THREAD_CPUTIME_ID) < own + 5 * MILLISECOND) {
			CHECK(now(CLOCK_MONOTONIC) < until);
			for (int k = 0; k < 100000; k++)
				xorshift(&state);
		}
		CHECK(now(CLOCK_PROCESS_CPUTIME_ID) - whole >= 5 * MILLISECOND);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 3);
	run_threads(threads, worker);
	printf("grown %ld\n", threads * iterations);
	return 0;
}
