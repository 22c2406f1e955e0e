/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: bursts of signals that a process ignores end no thread's epoll_wait and no sigtimedwait, wherever its first thread is. */
/* Limit without /dev/hitotsu: a moved thread is traced, for which the kernel keeps such signals, and wakes other threads */
#include <sys/epoll.h>

#include "signals.h"

#define BURST 8

static int ends[MAX_THREADS][2];

/* Each waits for what main gives it; nothing else is to wake it. */
static void body(void)
{
	struct epoll_event event = { .events = EPOLLIN };
	struct timespec nap = { 0, 5000000 };
	sigset_t set = set_of(SIGUSR1, 0);
	int epoll = epoll_create1(EPOLL_CLOEXEC);
	char byte;

	CHECK(epoll >= 0 && epoll_ctl(epoll, EPOLL_CTL_ADD, ends[me][0], &event) == 0);
	for (long i = 0; i < iterations; i++) {
		CHECK(epoll_wait(epoll, &event, 1, -1) == 1);
		CHECK(read(ends[me][0], &byte, 1) == 1);
		CHECK(sigtimedwait(&set, NULL, &nap) == -1 && errno == EAGAIN);
	}
}

/* A child process sends them, so that their number does not depend on where threads of this one are. */
static pid_t start_sender(void)
{
	static const int numbers[] = { SIGWINCH, SIGCHLD, SIGURG, SIGUSR2 };
	pid_t parent = getpid(), child = fork();

	for (long n = 0; child == 0; n++) {
		for (int i = 0; i < BURST; i++)
			if (kill(parent, numbers[(n + i) % 4]) < 0)
				_exit(0);
		varied_pause(n);
	}
	CHECK(child > 0);
	return child;
}

int main(int argc, char **argv)
{
	pid_t sender;

	arguments(argc, argv, 30);
	CHECK(signal(SIGUSR2, SIG_IGN) == SIG_DFL);
	for (int i = 0; i < threads; i++)
		CHECK(pipe(ends[i]) == 0);
	start_workers(body);
	sender = start_sender();
	for (long n = 0; n < iterations; n++) {
		for (int i = 0; i < threads; i++)
			CHECK(write(ends[i][1], "x", 1) == 1);
		varied_pause(n);
	}
	end_workers();
	CHECK(kill(sender, SIGKILL) == 0 && waitpid(sender, NULL, 0) == sender);
	printf("waits %ld\n", 2 * threads * iterations);
	return 0;
}
