/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: poll and ppoll end with EINTR after a handler even with SA_RESTART, with timeout and without. */
#include <poll.h>

#include "signals.h"

static int ends[2];

static void body(void)
{
	struct timespec hour = { 3600, 0 };

	for (long i = 0; i < iterations; i++) {
		struct pollfd one = { .fd = ends[0], .events = POLLIN };

		CHECK(poll(&one, 1, -1) == -1 && errno == EINTR);
		CHECK(poll(NULL, 0, 3600000) == -1 && errno == EINTR);
		CHECK(ppoll(&one, 1, &hour, NULL) == -1 && errno == EINTR && one.revents == 0);
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
