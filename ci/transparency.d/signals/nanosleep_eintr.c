/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: nanosleep and clock_nanosleep end with EINTR even with SA_RESTART and tell what is left; absolute ones don't. */
#include "signals.h"

static void body(void)
{
	for (long i = 0; i < iterations; i++) {
		struct timespec hour = { 3600, 0 }, left = { -1, -1 }, until;

		CHECK(nanosleep(&hour, &left) == -1 && errno == EINTR);
		CHECK(left.tv_sec <= 3600 && left.tv_sec >= 3500 && left.tv_nsec >= 0 && left.tv_nsec < 1000000000);
		left.tv_sec = -1;
		CHECK(clock_nanosleep(CLOCK_MONOTONIC, 0, &hour, &left) == EINTR);
		CHECK(left.tv_sec <= 3600 && left.tv_sec >= 3500);
		clock_gettime(CLOCK_MONOTONIC, &until);
		until.tv_sec += 3600;
		left.tv_sec = -1;
		CHECK(clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, &left) == EINTR && left.tv_sec == -1);
	}
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 3);
	interrupt_workers(SA_RESTART, body);
	printf("interrupted %ld\n", 3 * threads * iterations);
	return 0;
}
