/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: a thread woken by poll, select or epoll_wait sees the event that another node's thread raised, and none is lost. */
#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/select.h>

#include "check.h"

static int requests, answers;

/* Waits until `fd` is readable, by a different call each time. */
static void await(int fd, int epoll, long how)
{
	if (how % 3 == 0) {
		struct pollfd one = { fd, POLLIN, 0 };

		CHECK(poll(&one, 1, -1) == 1 && one.revents == POLLIN);
	} else if (how % 3 == 1) {
		struct timeval limit = { 60, 0 };
		fd_set set;

		FD_ZERO(&set);
		FD_SET(fd, &set);
		CHECK(select(fd + 1, &set, NULL, NULL, &limit) == 1 && FD_ISSET(fd, &set));
	} else {
		struct epoll_event event;

		CHECK(epoll_wait(epoll, &event, 1, -1) == 1 && event.data.fd == fd);
	}
}

static int epoll_of(int fd)
{
	struct epoll_event event = { .events = EPOLLIN, .data.fd = fd };
	int epoll = epoll_create1(EPOLL_CLOEXEC);

	CHECK(epoll >= 0 && epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) == 0);
	return epoll;
}

static void *worker(void *arg)
{
	int first = arg == NULL, in = first ? answers : requests, out = first ? requests : answers;
	int epoll = epoll_of(in);
	uint64_t total = 0;

	settle();
	for (long i = 0; i < iterations; i++) {
		uint64_t value = (uint64_t)i + 1, got;

		if (first)
			CHECK(write(out, &value, 8) == 8);
		await(in, epoll, i);
		CHECK(read(in, &got, 8) == 8);
		total += got;
		if (!first)
			CHECK(write(out, &got, 8) == 8);
	}
	close(epoll);
	return (void *)(uintptr_t)total;
}

int main(int argc, char **argv)
{
	pthread_t id[2];
	void *sum[2];

	arguments(argc, argv, 300);
	requests = eventfd(0, EFD_CLOEXEC);
	answers = eventfd(0, EFD_CLOEXEC);
	for (intptr_t i = 0; i < 2; i++)
		CHECK(pthread_create(&id[i], NULL, worker, (void *)i) == 0);
	for (int i = 0; i < 2; i++) {
		CHECK(pthread_join(id[i], &sum[i]) == 0);
		CHECK((long)(uintptr_t)sum[i] == iterations * (iterations + 1) / 2);
	}
	printf("sum %lu\n", (unsigned long)(uintptr_t)sum[0]);
	return 0;
}
