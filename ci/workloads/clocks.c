/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: time passed from thread to thread never runs backwards, sleeps last at least as long as asked, deadlines are met. */
#include "check.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct timespec last;
static atomic_long slept;

static long diff(const struct timespec *a, const struct timespec *b)
{
	return (a->tv_sec - b->tv_sec) * 1000000000 + a->tv_nsec - b->tv_nsec;
}

static void *worker(void *arg)
{
	struct timespec before, after, pause = { 0, 2000000 };

	(void)arg;
	settle();
	for (long i = 0; i < iterations; i++) {
		struct timespec now;

		pthread_mutex_lock(&lock);
		clock_gettime(CLOCK_MONOTONIC, &now);
		CHECK(diff(&now, &last) >= 0);
		last = now;
		pthread_mutex_unlock(&lock);
		if (i % 50 == 0) {
			clock_gettime(CLOCK_MONOTONIC, &before);
			while (nanosleep(&pause, NULL))
				CHECK(errno == EINTR);
			clock_gettime(CLOCK_MONOTONIC, &after);
			CHECK(diff(&after, &before) >= 2000000);
			before = after;
			after.tv_nsec += 3000000;
			after.tv_sec += after.tv_nsec / 1000000000;
			after.tv_nsec %= 1000000000;
			while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &after, NULL))
				;
			clock_gettime(CLOCK_MONOTONIC, &before);
			CHECK(diff(&before, &after) >= 0);
			atomic_fetch_add(&slept, 1);
		}
	}
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 500);
	run_threads(threads, worker);
	printf("slept %ld\n", atomic_load(&slept));
	return 0;
}
