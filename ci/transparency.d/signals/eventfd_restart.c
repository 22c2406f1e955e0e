/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: reads of an eventfd, a timerfd and a FIFO's open go on after handlers with SA_RESTART. */
#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <sys/timerfd.h>

#include "signals.h"

static int event[MAX_THREADS], timer[MAX_THREADS];

static void body(void)
{
	uint64_t count;
	char name[16];
	int fifo;

	CHECK(read(event[me], &count, 8) == 8 && count == (uint64_t)me + 5);
	CHECK(read(timer[me], &count, 8) == 8 && count >= 1);
	snprintf(name, sizeof(name), "fifo%d", me);
	fifo = open(name, O_RDONLY);
	CHECK(fifo >= 0 && read(fifo, &count, 8) == 8 && count == 77 && close(fifo) == 0);
}

static void release(int i)
{
	struct itimerspec soon = { .it_value.tv_nsec = 1000 };
	uint64_t value = (uint64_t)i + 5;
	char name[16];
	int fifo;

	CHECK(write(event[i], &value, 8) == 8);
	varied_pause(i);
	CHECK(pthread_kill(ids[i], SIGUSR1) == 0 && timerfd_settime(timer[i], 0, &soon, NULL) == 0);
	while (atomic_load(&caught[i]) <= iterations)
		usleep(50);
	CHECK(pthread_kill(ids[i], SIGUSR1) == 0);
	while (atomic_load(&caught[i]) <= iterations + 1)
		usleep(50);
	snprintf(name, sizeof(name), "fifo%d", i);
	fifo = open(name, O_WRONLY);
	value = 77;
	CHECK(fifo >= 0 && write(fifo, &value, 8) == 8 && close(fifo) == 0 && unlink(name) == 0);
	atomic_fetch_sub(&caught[i], 2);
}

int main(int argc, char **argv)
{
	char name[16];

	arguments(argc, argv, 6);
	for (int i = 0; i < threads; i++) {
		event[i] = eventfd(0, EFD_CLOEXEC);
		timer[i] = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
		snprintf(name, sizeof(name), "fifo%d", i);
		CHECK(event[i] >= 0 && timer[i] >= 0 && mkfifo(name, 0600) == 0);
	}
	restart_workers(body, release);
	printf("restarted %ld\n", threads * (iterations + 2));
	return 0;
}
