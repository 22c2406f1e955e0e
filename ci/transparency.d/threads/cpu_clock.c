/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: a thread's processor-time clock advances while it computes, wherever that is, and never backwards; others may read it. */
#include "threads.h"

static void *worker(void *arg)
{
	uint64_t state = 3;
	clockid_t clock;
	double before = 0;

	settle();
	CHECK(pthread_getcpuclockid(pthread_self(), &clock) == 0);
	for (long i = 0; i < iterations; i++) {
		struct timespec now, start;

		CHECK(clock_gettime(CLOCK_THREAD_CPUTIME_ID, &start) == 0);
		/* Ends only if the clock counts what is computed here. */
		do {
			for (int k = 0; k < 100000; k++)
				xorshift(&state);
			CHECK(clock_gettime(clock, &now) == 0);
			CHECK((double)now.tv_sec + (double)now.tv_nsec / 1e9 >= before);
			before = (double)now.tv_sec + (double)now.tv_nsec / 1e9;
		} while ((now.tv_sec - start.tv_sec) * 1000000000 + now.tv_nsec - start.tv_nsec < 3000000);
	}
	return arg;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 3);
	run_workers(worker);
	printf("clocks %d\n", threads);
	return 0;
}
