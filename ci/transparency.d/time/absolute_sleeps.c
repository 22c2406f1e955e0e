/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: clock_nanosleep to a moment ends not before it, on each clock; a moment that has passed is no sleep; nonsense is EINVAL. */
#include "time.h"

static void *worker(void *arg)
{
	static const clockid_t clocks[] = { CLOCK_MONOTONIC, CLOCK_REALTIME, CLOCK_BOOTTIME, CLOCK_TAI };
	struct timespec bad = { 0, SECOND };

	(void)arg;
	settle();
	for (long i = 0; i < iterations; i++)
		for (int k = 0; k < 4; k++) {
			long until = now(clocks[k]) + MILLISECOND + i * 1000;
			struct timespec moment = timespec_of(until), past = { 1, 0 };

			CHECK(clock_nanosleep(clocks[k], TIMER_ABSTIME, &moment, NULL) == 0);
			CHECK(now(clocks[k]) >= until);
			CHECK(clock_nanosleep(clocks[k], TIMER_ABSTIME, &past, NULL) == 0);
			CHECK(clock_nanosleep(clocks[k], TIMER_ABSTIME, &bad, NULL) == EINVAL);
		}
	CHECK(clock_nanosleep(CLOCK_THREAD_CPUTIME_ID, 0, &bad, NULL) == EINVAL);
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 10);
	run_threads(threads, worker);
	printf("slept %ld\n", 4 * threads * iterations);
	return 0;
}
