/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: an epoll inside an epoll is readable while what it watches is; loops are refused; entries go with the last close. */
#include <sys/epoll.h>

#include "io.h"

static int outer, inner[MAX_THREADS], ends[MAX_THREADS][2];

/* An epoll_wait that does not block may find nothing while another thread collects the events, so it is done alone. */
static pthread_mutex_t alone = PTHREAD_MUTEX_INITIALIZER;

static void *worker(void *arg)
{
	intptr_t me = (intptr_t)arg;
	struct epoll_event event, events[MAX_THREADS];
	char byte;

	settle();
	for (long i = 0; i < iterations; i++) {
		intptr_t chosen = i % threads;

		if (me == chosen)
			CHECK(write(ends[(me + 1) % threads][1], "n", 1) == 1);
		CHECK(epoll_wait(outer, events, MAX_THREADS, -1) == 1);
		CHECK(events[0].data.u32 == (uint32_t)((chosen + 1) % threads) && events[0].events == EPOLLIN);
		meet();
		pthread_mutex_lock(&alone);
		CHECK(epoll_wait(inner[(chosen + 1) % threads], &event, 1, 0) == 1 &&
		      polled(outer, POLLIN, 0) == POLLIN);
		pthread_mutex_unlock(&alone);
		meet();
		if (me == (chosen + 1) % threads)
			CHECK(read(ends[me][0], &byte, 1) == 1);
		meet();
		CHECK(epoll_wait(outer, events, MAX_THREADS, 0) == 0 && polled(inner[me], POLLIN, 0) == 0);
		meet();
	}
	event = (struct epoll_event){ .events = EPOLLIN };
	CHECK(ERROR_OF(epoll_ctl(outer, EPOLL_CTL_ADD, outer, &event)) == EINVAL);
	CHECK(ERROR_OF(epoll_ctl(inner[me], EPOLL_CTL_ADD, outer, &event)) == ELOOP);
	CHECK(ERROR_OF(epoll_ctl(outer, EPOLL_CTL_ADD, inner[me], &event)) == EEXIST);
	/* Nothing watches a pipe end that is closed everywhere. */
	CHECK(write(ends[me][1], "z", 1) == 1 && close(ends[me][0]) == 0);
	CHECK(epoll_wait(inner[me], &event, 1, 0) == 0);
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 12);
	outer = epoll_create1(EPOLL_CLOEXEC);
	for (uint32_t k = 0; k < (uint32_t)threads; k++) {
		struct epoll_event event = { .events = EPOLLIN, .data.u32 = k };

		inner[k] = epoll_create1(EPOLL_CLOEXEC);
		CHECK(pipe2(ends[k], O_CLOEXEC) == 0 && epoll_ctl(inner[k], EPOLL_CTL_ADD, ends[k][0], &event) == 0);
		CHECK(epoll_ctl(outer, EPOLL_CTL_ADD, inner[k], &event) == 0);
	}
	run_workers(threads, worker);
	printf("rounds %ld\n", iterations);
	return 0;
}
