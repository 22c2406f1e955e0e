/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: time, gettimeofday and the coarse clock lag behind the fine one, and what is read between two readings lies between. */
#include "time.h"

static void *worker(void *arg)
{
	(void)arg;
	settle();
	for (long i = 0; i < iterations; i++) {
		long coarse, before, after, between;
		struct timeval day;
		time_t whole;

		before = now(CLOCK_REALTIME);
		CHECK(gettimeofday(&day, NULL) == 0);
		after = now(CLOCK_REALTIME);
		between = day.tv_sec * SECOND + day.tv_usec * 1000;
		CHECK(between >= before / 1000 * 1000 && between <= after);
		coarse = now(CLOCK_REALTIME_COARSE);
		CHECK(coarse <= now(CLOCK_REALTIME));
		before = now(CLOCK_REALTIME_COARSE);
		whole = time(NULL);
		after = now(CLOCK_REALTIME_COARSE);
		CHECK(whole >= before / SECOND && whole <= after / SECOND);
		CHECK(now(CLOCK_MONOTONIC_COARSE) <= now(CLOCK_MONOTONIC));
		before = now(CLOCK_MONOTONIC);
		CHECK(now(CLOCK_BOOTTIME) >= before);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 200);
	run_threads(threads, worker);
	printf("read %ld\n", threads * iterations);
	return 0;
}
