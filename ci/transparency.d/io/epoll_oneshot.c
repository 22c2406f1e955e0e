/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: of many threads that wait in one epoll, EPOLLONESHOT gives each event to exactly one, until that one arms it again. */
#include <sys/epoll.h>

#include "io.h"

#define PIPES 6

static int ends[PIPES][2], epoll, over[2];
static atomic_int inside[PIPES];
static atomic_long handled;

static void *worker(void *arg)
{
	intptr_t me = (intptr_t)arg;

	settle();
	if (me == 0) {
		for (long i = 0; i < iterations; i++)
			for (int k = 0; k < PIPES; k++)
				CHECK(write(ends[k][1], "e", 1) == 1);
		while (atomic_load(&handled) < iterations * PIPES)
			usleep(100);
		CHECK(write(over[1], "o", 1) == 1);
		return NULL;
	}
	for (;;) {
		struct epoll_event event;
		char byte;
		uint32_t which;

		CHECK(epoll_wait(epoll, &event, 1, -1) == 1);
		which = event.data.u32;
		if (which == PIPES)
			return NULL;
		/* Alone with this pipe, though it may be readable still. */
		CHECK(atomic_fetch_add(&inside[which], 1) == 0 && event.events == EPOLLIN);
		CHECK(read(ends[which][0], &byte, 1) == 1);
		CHECK(atomic_fetch_sub(&inside[which], 1) == 1);
		atomic_fetch_add(&handled, 1);
		event.events = EPOLLIN | EPOLLONESHOT;
		CHECK(epoll_ctl(epoll, EPOLL_CTL_MOD, ends[which][0], &event) == 0);
	}
}

int main(int argc, char **argv)
{
	struct epoll_event last = { .events = EPOLLIN, .data.u32 = PIPES };

	arguments(argc, argv, 15);
	epoll = epoll_create1(EPOLL_CLOEXEC);
	CHECK(epoll >= 0 && pipe2(over, O_CLOEXEC) == 0 && epoll_ctl(epoll, EPOLL_CTL_ADD, over[0], &last) == 0);
	for (uint32_t k = 0; k < PIPES; k++) {
		struct epoll_event event = { .events = EPOLLIN | EPOLLONESHOT, .data.u32 = k };

		CHECK(pipe2(ends[k], O_CLOEXEC) == 0 && epoll_ctl(epoll, EPOLL_CTL_ADD, ends[k][0], &event) == 0);
	}
	run_workers(threads + 1, worker);
	printf("handled %ld\n", atomic_load(&handled));
	return 0;
}
