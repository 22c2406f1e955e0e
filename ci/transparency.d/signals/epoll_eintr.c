/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: epoll_wait and epoll_pwait end with EINTR after a handler even with SA_RESTART. */
#include <sys/epoll.h>

#include "signals.h"

static int epoll;

static void body(void)
{
	struct epoll_event events[2];

	for (long i = 0; i < iterations; i++) {
		CHECK(epoll_wait(epoll, events, 2, -1) == -1 && errno == EINTR);
		CHECK(epoll_wait(epoll, events, 2, 3600000) == -1 && errno == EINTR);
		CHECK(epoll_pwait(epoll, events, 2, -1, NULL) == -1 && errno == EINTR);
	}
}

int main(int argc, char **argv)
{
	struct epoll_event event = { .events = EPOLLIN };
	int ends[2];

	arguments(argc, argv, 3);
	CHECK(pipe(ends) == 0 && (epoll = epoll_create1(EPOLL_CLOEXEC)) >= 0);
	CHECK(epoll_ctl(epoll, EPOLL_CTL_ADD, ends[0], &event) == 0);
	interrupt_workers(SA_RESTART, body);
	printf("interrupted %ld\n", 3 * threads * iterations);
	return 0;
}
