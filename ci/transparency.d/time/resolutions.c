/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: clock_getres is the same for every thread, unknown clocks are EINVAL, and clocks that none may set say so. */
#include "time.h"

static long expected[STEADY];

static void *worker(void *arg)
{
	struct timespec got, zero = { 0 };

	(void)arg;
	settle();
	for (long i = 0; i < iterations; i++) {
		for (int k = 0; k < STEADY; k++)
			CHECK(clock_getres(steady[k], &got) == 0 && nanoseconds(&got) == expected[k]);
		CHECK(clock_getres(99, &got) == -1 && errno == EINVAL);
		CHECK(clock_gettime(99, &got) == -1 && errno == EINVAL);
		CHECK(clock_settime(CLOCK_MONOTONIC, &zero) == -1 && (errno == EINVAL || errno == EPERM));
		CHECK(clock_getres(CLOCK_MONOTONIC, NULL) == 0);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 20);
	struct timespec got;

	for (int k = 0; k < STEADY; k++) {
		CHECK(clock_getres(steady[k], &got) == 0);
		expected[k] = nanoseconds(&got);
	}
	run_threads(threads, worker);
	for (int k = 0; k < STEADY; k++)
		printf("clock %d: %ld ns\n", steady[k], expected[k]);
	return 0;
}
