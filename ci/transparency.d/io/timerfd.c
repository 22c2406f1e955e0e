/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: timers of timerfd fire for the thread that waits, never early, count what was missed, and are silent when disarmed. */
#include <sys/timerfd.h>

#include "io.h"

static long elapsed_us(const struct timespec *from)
{
	struct timespec now;

	CHECK(clock_gettime(CLOCK_MONOTONIC, &now) == 0);
	return (now.tv_sec - from->tv_sec) * 1000000 + (now.tv_nsec - from->tv_nsec) / 1000;
}

static void *worker(void *arg)
{
	int fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
	struct itimerspec once = { { 0, 0 }, { 0, 3000000 } }, often = { { 0, 1000000 }, { 0, 1000000 } };
	struct itimerspec absolute = { { 0, 0 }, { 0, 0 } }, off = { { 0, 0 }, { 0, 0 } }, old;
	struct timespec start;

	(void)arg;
	CHECK(fd >= 0);
	settle();
	for (long i = 0; i < iterations; i++) {
		uint64_t count, sum = 0;

		CHECK(clock_gettime(CLOCK_MONOTONIC, &start) == 0 && timerfd_settime(fd, 0, &once, NULL) == 0);
		CHECK(read(fd, &count, 8) == 8 && count == 1 && elapsed_us(&start) >= 3000);
		CHECK(polled(fd, POLLIN, 0) == 0);
		/* A time that is past fires at once. */
		absolute.it_value = start;
		CHECK(timerfd_settime(fd, TFD_TIMER_ABSTIME, &absolute, NULL) == 0);
		CHECK(polled(fd, POLLIN, -1) == POLLIN && read(fd, &count, 8) == 8 && count == 1);
		CHECK(clock_gettime(CLOCK_MONOTONIC, &start) == 0 && timerfd_settime(fd, 0, &often, &old) == 0);
		CHECK(old.it_value.tv_sec == 0 && old.it_value.tv_nsec == 0);
		while (sum < 5) {
			CHECK(read(fd, &count, 8) == 8 && count >= 1);
			sum += count;
		}
		CHECK(elapsed_us(&start) >= (long)sum * 1000);
		CHECK(timerfd_settime(fd, 0, &off, &old) == 0 && old.it_interval.tv_nsec == 1000000);
		CHECK(fcntl(fd, F_SETFL, O_NONBLOCK) == 0 && ERROR_OF(read(fd, &count, 8)) == EAGAIN);
		CHECK(timerfd_gettime(fd, &old) == 0 && old.it_value.tv_nsec == 0 && fcntl(fd, F_SETFL, 0) == 0);
	}
	CHECK(close(fd) == 0);
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 5);
	run_workers(threads, worker);
	printf("timers %ld\n", 3 * threads * iterations);
	return 0;
}
