/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: threads with an epoll each on one descriptor under EPOLLEXCLUSIVE handle every event between them, none twice or never. */
#include <sys/epoll.h>

#include "io.h"

static int ends[2];
static atomic_long handled;

static void *worker(void *arg)
{
	intptr_t me = (intptr_t)arg;
	struct epoll_event event = { .events = EPOLLIN | EPOLLEXCLUSIVE };
	int epoll = epoll_create1(EPOLL_CLOEXEC);

	CHECK(epoll >= 0 && epoll_ctl(epoll, EPOLL_CTL_ADD, ends[0], &event) == 0);
	event.events = EPOLLIN;
	CHECK(ERROR_OF(epoll_ctl(epoll, EPOLL_CTL_MOD, ends[0], &event)) == EINVAL);
	settle();
	meet();
	if (me == 0) {
		for (long i = 0; i < iterations; i++) {
			CHECK(write(ends[1], "e", 1) == 1);
			if (i % 8 == 0)
				usleep(300);
		}
		while (atomic_load(&handled) < iterations)
			usleep(100);
		CHECK(close(ends[1]) == 0);
		return NULL;
	}
	for (;;) {
		char byte;
		ssize_t n;

		CHECK(epoll_wait(epoll, &event, 1, -1) == 1);
		n = read(ends[0], &byte, 1);
		if (n == 0)
			break;
		/* Another may have been quicker. */
		CHECK(n == 1 || errno == EAGAIN);
		if (n == 1)
			atomic_fetch_add(&handled, 1);
	}
	CHECK(close(epoll) == 0);
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 60);
	CHECK(pipe2(ends, O_CLOEXEC | O_NONBLOCK) == 0);
	run_workers(threads + 1, worker);
	CHECK(atomic_load(&handled) == iterations);
	printf("handled %ld\n", atomic_load(&handled));
	return 0;
}
