/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: a thread that computes without a system call uses CPU time: its own clock says so, getrusage, and the process's clock. */
/* Limit: the processor time of a moved thread is spent in the shadow, and counts nowhere at the origin */
#include "time.h"

static void *worker(void *arg)
{
	uint64_t state = 9;

	(void)arg;
	settle();
	for (long i = 0; i < iterations; i++) {
		long whole = now(CLOCK_PROCESS_CPUTIME_ID), own = now(CLOCK_THREAD_CPUTIME_ID), used;
		struct rusage before, after;

		CHECK(getrusage(RUSAGE_THREAD, &before) == 0);
		/* Each step needs the last one and takes at least five cycles: over 10 ms, whatever the processor. */
		for (long k = 0; k < 20000000; k++)
			xorshift(&state);
		CHECK(state != 0);
		used = now(CLOCK_THREAD_CPUTIME_ID) - own;
		CHECK(used >= 5 * MILLISECOND);
		CHECK(now(CLOCK_PROCESS_CPUTIME_ID) - whole >= used);
		CHECK(getrusage(RUSAGE_THREAD, &after) == 0);
		CHECK(after.ru_utime.tv_sec > before.ru_utime.tv_sec || after.ru_utime.tv_usec > before.ru_utime.tv_usec);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 1);
	run_threads(threads, worker);
	printf("grown %ld\n", threads * iterations);
	return 0;
}
