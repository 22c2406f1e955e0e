/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: select and pselect end with EINTR after a handler even with SA_RESTART; pselect leaves its timeout alone. */
#include <sys/select.h>

#include "signals.h"

static int ends[2];

static void body(void)
{
	for (long i = 0; i < iterations; i++) {
		struct timespec hour = { 3600, 0 };
		struct timeval limit = { 3600, 0 };
		fd_set set;

		FD_ZERO(&set);
		FD_SET(ends[0], &set);
		CHECK(select(ends[0] + 1, &set, NULL, NULL, NULL) == -1 && errno == EINTR);
		CHECK(select(0, NULL, NULL, NULL, &limit) == -1 && errno == EINTR);
		CHECK(limit.tv_sec <= 3600 && limit.tv_sec > 3500);
		CHECK(pselect(ends[0] + 1, &set, NULL, NULL, &hour, NULL) == -1 && errno == EINTR);
		CHECK(hour.tv_sec == 3600 && hour.tv_nsec == 0);
	}
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 3);
	CHECK(pipe(ends) == 0);
	interrupt_workers(SA_RESTART, body);
	printf("interrupted %ld\n", 3 * threads * iterations);
	return 0;
}
