/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: edge-triggered epoll tells once of what another thread wrote, again only after more of it, and loses nothing. */
#include <sys/epoll.h>

#include "io.h"

static int ends[MAX_THREADS][2], acks[MAX_THREADS][2];

static void *worker(void *arg)
{
	intptr_t me = (intptr_t)arg;
	int *pair = ends[me / 2], *ack = acks[me / 2];
	struct epoll_event event = { .events = EPOLLIN | EPOLLET };
	int epoll = epoll_create1(EPOLL_CLOEXEC);
	char buffer[64];

	CHECK(epoll >= 0);
	if (me % 2)
		CHECK(epoll_ctl(epoll, EPOLL_CTL_ADD, pair[0], &event) == 0);
	settle();
	for (long i = 0; i < iterations; i++) {
		if (me % 2 == 0) {
			CHECK(write(pair[1], "abcd", 4) == 4);
			read_all(ack[0], buffer, 1);
			CHECK(write(pair[1], "ef", 2) == 2);
			read_all(ack[0], buffer, 1);
			continue;
		}
		CHECK(epoll_wait(epoll, &event, 1, -1) == 1 && event.events == EPOLLIN);
		/* Two bytes stay, and are no new event. */
		CHECK(read(pair[0], buffer, 2) == 2 && epoll_wait(epoll, &event, 1, 0) == 0);
		CHECK(write(ack[1], "1", 1) == 1);
		CHECK(epoll_wait(epoll, &event, 1, -1) == 1 && read(pair[0], buffer + 2, 60) == 4);
		CHECK(memcmp(buffer, "abcdef", 6) == 0 && ERROR_OF(read(pair[0], buffer, 1)) == EAGAIN);
		CHECK(epoll_wait(epoll, &event, 1, 0) == 0 && write(ack[1], "2", 1) == 1);
	}
	CHECK(close(epoll) == 0);
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 20);
	for (int k = 0; k < pairs(); k++) {
		CHECK(pipe2(ends[k], O_CLOEXEC) == 0 && pipe2(acks[k], O_CLOEXEC) == 0);
		nonblocking(ends[k][0]);
	}
	run_workers(2 * pairs(), worker);
	printf("edges %ld\n", 2 * pairs() * iterations);
	return 0;
}
