/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: an event loop learns of the process's signals through a signalfd in epoll, one event each, in order. */
#include <sys/epoll.h>
#include <sys/signalfd.h>

#include "signals.h"

static void body(void)
{
	sigset_t set = set_of(SIGRTMIN + 1, 0);
	struct epoll_event event = { .events = EPOLLIN, .data.u64 = 99 };
	int epoll, fd;

	if (me)
		return;
	fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	epoll = epoll_create1(EPOLL_CLOEXEC);
	CHECK(fd >= 0 && epoll >= 0 && epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) == 0);
	for (long next = 0; next < iterations;) {
		struct signalfd_siginfo got;

		CHECK(epoll_wait(epoll, &event, 1, -1) == 1 && event.data.u64 == 99 && event.events == EPOLLIN);
		while (read(fd, &got, sizeof(got)) == (ssize_t)sizeof(got)) {
			CHECK(got.ssi_signo == (uint32_t)SIGRTMIN + 1 && got.ssi_int == (int)next);
			next++;
		}
		CHECK(errno == EAGAIN);
	}
	CHECK(epoll_wait(epoll, &event, 1, 0) == 0 && close(fd) == 0 && close(epoll) == 0);
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 60);
	mask(SIG_BLOCK, SIGRTMIN + 1);
	start_workers(body);
	for (long i = 0; i < iterations; i++) {
		CHECK(sigqueue(getpid(), SIGRTMIN + 1, value_of((int)i)) == 0);
		if (i % 3 == 0)
			varied_pause(i % 5);
	}
	end_workers();
	printf("events %ld\n", iterations);
	return 0;
}
