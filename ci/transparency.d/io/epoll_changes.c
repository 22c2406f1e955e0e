/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: a descriptor added, changed or removed while another thread waits in epoll_wait counts at once for that wait. */
#include <sys/epoll.h>

#include "io.h"

static int epolls[MAX_THREADS], ends[MAX_THREADS][2][2];

static void *worker(void *arg)
{
	intptr_t me = (intptr_t)arg, pair = me / 2;
	int epoll = epolls[pair], (*pipes)[2] = ends[pair];
	struct epoll_event event;
	char byte;

	settle();
	for (long i = 0; i < iterations; i++) {
		if (me % 2) {
			CHECK(epoll_wait(epoll, &event, 1, -1) == 1 && event.events == EPOLLIN &&
			      event.data.u64 == (uint64_t)i);
			meet();
			CHECK(read(pipes[0][0], &byte, 1) == 1);
			meet();
			CHECK(epoll_wait(epoll, &event, 1, -1) == 1 && event.events == EPOLLOUT);
			CHECK(event.data.u64 == (uint64_t)i + 1000);
			meet();
			meet();
			CHECK(epoll_wait(epoll, &event, 1, 2) == 0);
			meet();
		} else {
			/* Readable before it is added. */
			CHECK(write(pipes[0][1], "a", 1) == 1);
			usleep((useconds_t)(i % 4 * 200));
			event = (struct epoll_event){ .events = EPOLLIN, .data.u64 = (uint64_t)i };
			CHECK(epoll_ctl(epoll, EPOLL_CTL_ADD, pipes[0][0], &event) == 0);
			meet();
			meet();
			/* First for nothing, then for room. */
			event = (struct epoll_event){ .events = 0, .data.u64 = 7 };
			CHECK(epoll_ctl(epoll, EPOLL_CTL_ADD, pipes[1][1], &event) == 0);
			usleep((useconds_t)(i % 4 * 200));
			event = (struct epoll_event){ .events = EPOLLOUT, .data.u64 = (uint64_t)i + 1000 };
			CHECK(epoll_ctl(epoll, EPOLL_CTL_MOD, pipes[1][1], &event) == 0);
			meet();
			CHECK(epoll_ctl(epoll, EPOLL_CTL_DEL, pipes[1][1], NULL) == 0);
			CHECK(epoll_ctl(epoll, EPOLL_CTL_DEL, pipes[0][0], NULL) == 0);
			CHECK(ERROR_OF(epoll_ctl(epoll, EPOLL_CTL_DEL, pipes[0][0], NULL)) == ENOENT);
			meet();
			meet();
		}
	}
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 12);
	for (int k = 0; k < pairs(); k++) {
		epolls[k] = epoll_create1(EPOLL_CLOEXEC);
		CHECK(epolls[k] >= 0 && pipe2(ends[k][0], O_CLOEXEC) == 0 && pipe2(ends[k][1], O_CLOEXEC) == 0);
	}
	run_workers(2 * pairs(), worker);
	printf("changes %ld\n", 5 * pairs() * iterations);
	return 0;
}
