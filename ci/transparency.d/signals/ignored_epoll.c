/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: in a process that has a handler without SA_RESTART, signals that are ignored do not end epoll_wait, and handled ones do. */
#include <sys/epoll.h>

#include "signals.h"

static int epoll;
static atomic_int through;

static void body(void)
{
	struct epoll_event events[2];

	while (atomic_load(&caught[me]) < iterations) {
		long before = atomic_load(&caught[me]);

		CHECK(epoll_wait(epoll, events, 2, -1) == -1 && errno == EINTR);
		CHECK(atomic_load(&caught[me]) > before);
	}
	atomic_fetch_add(&through, 1);
}

int main(int argc, char **argv)
{
	static const int numbers[] = { SIGUSR2, SIGCHLD, SIGURG, SIGWINCH };
	struct epoll_event event = { .events = EPOLLIN };
	int ends[2];

	arguments(argc, argv, 6);
	CHECK(pipe(ends) == 0 && (epoll = epoll_create1(EPOLL_CLOEXEC)) >= 0);
	CHECK(epoll_ctl(epoll, EPOLL_CTL_ADD, ends[0], &event) == 0);
	CHECK(signal(SIGUSR2, SIG_IGN) == SIG_DFL);
	handle(SIGUSR1, count_signal, 0);
	start_workers(body);
	for (long n = 0; atomic_load(&through) < threads; n++) {
		CHECK(kill(getpid(), numbers[n % 4]) == 0);
		for (int i = 0; i < threads; i++) {
			CHECK(pthread_kill(ids[i], numbers[n / 4 % 4]) == 0);
			if (n % 3 == 2)
				CHECK(pthread_kill(ids[i], SIGUSR1) == 0);
		}
		varied_pause(n);
	}
	end_workers();
	printf("workers %d\n", threads);
	return 0;
}
