/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: a robust mutex whose owner ended while moved is handed to the next locker with EOWNERDEAD; priority inheritance locks work. */
#include "check.h"

static pthread_mutex_t robust, inherit;
static long counter, deaths;

static void *dier(void *arg)
{
	int error;

	settle();
	error = pthread_mutex_lock(&robust);
	if (error == EOWNERDEAD) {
		deaths++;
		CHECK(pthread_mutex_consistent(&robust) == 0);
	} else {
		CHECK(error == 0);
	}
	for (long i = 0; i < iterations; i++) {
		CHECK(pthread_mutex_lock(&inherit) == 0);
		counter++;
		CHECK(pthread_mutex_unlock(&inherit) == 0);
	}
	/* Ends as the owner. */
	return arg;
}

int main(int argc, char **argv)
{
	pthread_mutexattr_t attr;
	int error;

	arguments(argc, argv, 100);
	pthread_mutexattr_init(&attr);
	pthread_mutexattr_setrobust(&attr, PTHREAD_MUTEX_ROBUST);
	pthread_mutex_init(&robust, &attr);
	pthread_mutexattr_setrobust(&attr, PTHREAD_MUTEX_STALLED);
	pthread_mutexattr_setprotocol(&attr, PTHREAD_PRIO_INHERIT);
	pthread_mutex_init(&inherit, &attr);
	run_threads(threads, dier);
	error = pthread_mutex_lock(&robust);
	CHECK(error == EOWNERDEAD && pthread_mutex_consistent(&robust) == 0);
	CHECK(pthread_mutex_unlock(&robust) == 0 && pthread_mutex_lock(&robust) == 0);
	CHECK(deaths == threads - 1 && counter == threads * iterations);
	printf("deaths %ld counter %ld\n", deaths + 1, counter);
	return 0;
}
