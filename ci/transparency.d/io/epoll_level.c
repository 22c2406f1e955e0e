/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: level-triggered epoll tells of a readable descriptor until it is drained, of room, of hang-ups, and in one call of many. */
#include <sys/epoll.h>

#include "io.h"

#define PIPES 12

static int ends[PIPES][2], epoll;

/* An epoll_wait that does not block may find nothing while another thread collects the events, so it is done alone. */
static pthread_mutex_t alone = PTHREAD_MUTEX_INITIALIZER;

static int ready(struct epoll_event *events)
{
	int count;

	pthread_mutex_lock(&alone);
	count = epoll_wait(epoll, events, PIPES, 0);
	pthread_mutex_unlock(&alone);
	return count;
}

static void *worker(void *arg)
{
	intptr_t me = (intptr_t)arg;
	struct epoll_event events[PIPES];
	char byte;

	settle();
	for (long i = 0; i < iterations; i++) {
		for (int k = (int)me; k < PIPES; k += threads)
			if (k % 3 != i % 3)
				CHECK(write(ends[k][1], "xy", 2) == 2);
		meet();
		/* All threads see the same set, again and again. */
		for (int again = 0; again < 2; again++) {
			int seen[PIPES] = { 0 };

			CHECK(ready(events) == PIPES - PIPES / 3);
			for (int k = 0; k < PIPES - PIPES / 3; k++) {
				CHECK(events[k].events == EPOLLIN && events[k].data.u32 < PIPES);
				CHECK(!seen[events[k].data.u32]++ && (long)(events[k].data.u32 % 3) != i % 3);
			}
		}
		meet();
		for (int k = (int)me; k < PIPES; k += threads)
			if (k % 3 != i % 3)
				CHECK(read(ends[k][0], &byte, 1) == 1 && byte == 'x');
		meet();
		CHECK(ready(events) == PIPES - PIPES / 3);
		meet();
		for (int k = (int)me; k < PIPES; k += threads)
			if (k % 3 != i % 3)
				CHECK(read(ends[k][0], &byte, 1) == 1 && byte == 'y');
		meet();
		CHECK(ready(events) == 0);
		meet();
	}
	if (me == 0)
		CHECK(close(ends[4][1]) == 0);
	meet();
	CHECK(epoll_wait(epoll, events, PIPES, -1) == 1 && events[0].events == EPOLLHUP && events[0].data.u32 == 4);
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 9);
	epoll = epoll_create1(EPOLL_CLOEXEC);
	CHECK(epoll >= 0);
	for (uint32_t k = 0; k < PIPES; k++) {
		struct epoll_event event = { .events = EPOLLIN, .data.u32 = k };

		CHECK(pipe2(ends[k], O_CLOEXEC) == 0 && epoll_ctl(epoll, EPOLL_CTL_ADD, ends[k][0], &event) == 0);
	}
	run_workers(threads, worker);
	printf("rounds %ld\n", iterations);
	return 0;
}
