/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: a thread that ends as the owner of many robust mutexes, plain and inheriting, leaves EOWNERDEAD in every one. */
#include "threads.h"

#define LOCKS 24

static pthread_mutex_t locks[LOCKS];

static void *dier(void *arg)
{
	for (int i = 0; i < LOCKS; i++)
		CHECK(pthread_mutex_lock(&locks[i]) == 0);
	/* Some given back, from the list's middle. */
	for (int i = 5; i < LOCKS; i += 6)
		CHECK(pthread_mutex_unlock(&locks[i]) == 0);
	return arg;
}

static void *worker(void *arg)
{
	intptr_t me = (intptr_t)arg;

	settle();
	for (long i = 0; i < iterations; i++) {
		pthread_t id;

		if (i % threads == me)
			CHECK(pthread_create(&id, NULL, dier, NULL) == 0 && pthread_join(id, NULL) == 0);
		meet();
		for (int k = (int)me; k < LOCKS; k += threads) {
			int error = pthread_mutex_lock(&locks[k]);

			CHECK(error == (k % 6 == 5 ? 0 : EOWNERDEAD));
			if (error)
				CHECK(pthread_mutex_consistent(&locks[k]) == 0);
			CHECK(pthread_mutex_unlock(&locks[k]) == 0);
		}
		meet();
	}
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_mutexattr_t attr;

	arguments(argc, argv, 10);
	CHECK(pthread_mutexattr_init(&attr) == 0 && pthread_mutexattr_setrobust(&attr, PTHREAD_MUTEX_ROBUST) == 0);
	for (int i = 0; i < LOCKS; i++) {
		CHECK(pthread_mutexattr_setprotocol(&attr, i % 2 ? PTHREAD_PRIO_INHERIT : PTHREAD_PRIO_NONE) == 0);
		CHECK(pthread_mutex_init(&locks[i], &attr) == 0);
	}
	run_workers(worker);
	printf("deaths %ld\n", iterations * (LOCKS - LOCKS / 6));
	return 0;
}
