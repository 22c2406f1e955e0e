/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: a mutex with a priority ceiling tells and changes its ceiling; where the caller may not rise, it is EPERM or EINVAL. */
#include <sched.h>

#include "threads.h"

static pthread_mutex_t lock;

static void *worker(void *arg)
{
	int ceiling;

	settle();
	CHECK(pthread_mutex_getprioceiling(&lock, &ceiling) == 0 && ceiling == 5);
	for (long i = 0; i < iterations; i++) {
		int error = pthread_mutex_lock(&lock);

		/* Only a thread that may use real-time priorities gets it. */
		CHECK(error == 0 || error == EPERM || error == EINVAL);
		if (error == 0)
			CHECK(pthread_mutex_unlock(&lock) == 0);
		CHECK(sched_getscheduler(0) == SCHED_OTHER);
	}
	return arg;
}

int main(int argc, char **argv)
{
	pthread_mutexattr_t attr;

	arguments(argc, argv, 20);
	CHECK(pthread_mutexattr_init(&attr) == 0);
	CHECK(pthread_mutexattr_setprotocol(&attr, PTHREAD_PRIO_PROTECT) == 0);
	CHECK(pthread_mutexattr_setprioceiling(&attr, 100) == EINVAL);
	CHECK(pthread_mutexattr_setprioceiling(&attr, 5) == 0 && pthread_mutex_init(&lock, &attr) == 0);
	run_workers(worker);
	printf("locks tried %ld\n", threads * iterations);
	return 0;
}
