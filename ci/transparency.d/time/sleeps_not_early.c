/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: no call that waits for a time returns before it: nanosleep, usleep, poll, select, epoll, semaphore, condition. */
#include "time.h"
#include <poll.h>
#include <semaphore.h>
#include <sys/epoll.h>
#include <sys/select.h>

/* 2 ms, in what each call wants. */
static void pass_time(int way)
{
	struct timespec pause = { 0, 2 * MILLISECOND }, deadline;
	struct timeval interval = { 0, 2000 };
	struct epoll_event event;
	pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	pthread_cond_t never = PTHREAD_COND_INITIALIZER;
	sem_t none;
	int fd;

	switch (way) {
	case 0:
		CHECK(nanosleep(&pause, NULL) == 0);
		break;
	case 1:
		CHECK(usleep(2000) == 0);
		break;
	case 2:
		CHECK(poll(NULL, 0, 2) == 0);
		break;
	case 3:
		CHECK(select(0, NULL, NULL, NULL, &interval) == 0 && interval.tv_sec == 0 && interval.tv_usec == 0);
		break;
	case 4:
		fd = epoll_create1(EPOLL_CLOEXEC);
		CHECK(fd >= 0 && epoll_wait(fd, &event, 1, 2) == 0 && close(fd) == 0);
		break;
	case 5:
		deadline = timespec_of(now(CLOCK_MONOTONIC) + 2 * MILLISECOND);
		CHECK(sem_init(&none, 0, 0) == 0);
		CHECK(sem_clockwait(&none, CLOCK_MONOTONIC, &deadline) == -1 && errno == ETIMEDOUT);
		break;
	default:
		deadline = timespec_of(now(CLOCK_MONOTONIC) + 2 * MILLISECOND);
		CHECK(pthread_mutex_lock(&lock) == 0);
		CHECK(pthread_cond_clockwait(&never, &lock, CLOCK_MONOTONIC, &deadline) == ETIMEDOUT);
		CHECK(pthread_mutex_unlock(&lock) == 0);
	}
}

static void *worker(void *arg)
{
	(void)arg;
	settle();
	for (long i = 0; i < iterations; i++)
		for (int way = 0; way < 7; way++) {
			long before = now(CLOCK_MONOTONIC);

			pass_time(way);
			CHECK(now(CLOCK_MONOTONIC) - before >= 2 * MILLISECOND);
		}
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 6);
	run_threads(threads, worker);
	printf("waited %ld\n", 7 * threads * iterations);
	return 0;
}
