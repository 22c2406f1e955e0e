/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: the process's one interval timer is the same for all threads: any reads and stops what another set, and it fires on time. */
#include "time.h"

static pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER;
static long left_by = -1;

static void *worker(void *arg)
{
	sigset_t set;
	siginfo_t info;

	(void)arg;
	settle();
	sigemptyset(&set);
	sigaddset(&set, SIGALRM);
	for (long i = 0; i < iterations; i++) {
		struct itimerval long_time = { { 0 }, { 900 + i, 0 } }, short_time = { { 0 }, { 0, 2000 } }, off = { 0 }, old;
		long before;

		CHECK(pthread_mutex_lock(&turn) == 0);
		CHECK(setitimer(ITIMER_REAL, &off, &old) == 0);
		CHECK(left_by < 0 ? old.it_value.tv_sec == 0 : old.it_value.tv_sec >= left_by - 300);
		CHECK(left_by < 0 || old.it_value.tv_sec <= left_by);
		before = now(CLOCK_MONOTONIC);
		CHECK(setitimer(ITIMER_REAL, &short_time, NULL) == 0);
		CHECK(sigwaitinfo(&set, &info) == SIGALRM && now(CLOCK_MONOTONIC) - before >= 2 * MILLISECOND);
		CHECK(getitimer(ITIMER_REAL, &old) == 0 && old.it_value.tv_sec == 0 && old.it_value.tv_usec == 0);
		if (i % 2) {
			CHECK(setitimer(ITIMER_REAL, &long_time, NULL) == 0);
			left_by = 900 + i;
		} else {
			/* alarm rounds what is left to seconds. */
			CHECK(alarm(500) == 0 && alarm(400) >= 200);
			left_by = 400;
		}
		CHECK(pthread_mutex_unlock(&turn) == 0);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 8);
	struct itimerval off = { 0 };
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGALRM);
	CHECK(pthread_sigmask(SIG_BLOCK, &set, NULL) == 0);
	run_threads(threads, worker);
	CHECK(setitimer(ITIMER_REAL, &off, NULL) == 0);
	printf("turns %ld\n", threads * iterations);
	return 0;
}
