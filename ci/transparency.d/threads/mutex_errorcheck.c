/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: an error-checking mutex answers EDEADLK to its owner, EPERM to others that unlock it, EBUSY to those that try. */
#include "threads.h"

static pthread_mutex_t lock;
static atomic_long turn;

static void *worker(void *arg)
{
	intptr_t me = (intptr_t)arg;

	settle();
	for (long i = 0; i < iterations; i++) {
		if (i % threads == me) {
			CHECK(pthread_mutex_lock(&lock) == 0 && pthread_mutex_lock(&lock) == EDEADLK);
			CHECK(pthread_mutex_trylock(&lock) == EBUSY);
		}
		meet();
		if (i % threads != me)
			CHECK(pthread_mutex_unlock(&lock) == EPERM && pthread_mutex_trylock(&lock) == EBUSY);
		meet();
		if (i % threads == me) {
			CHECK(pthread_mutex_unlock(&lock) == 0 && pthread_mutex_unlock(&lock) == EPERM);
			atomic_fetch_add(&turn, 1);
		}
		meet();
	}
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_mutexattr_t attr;

	arguments(argc, argv, 30);
	CHECK(pthread_mutexattr_init(&attr) == 0);
	CHECK(pthread_mutexattr_settype(&attr, PTHREAD_MUTEX_ERRORCHECK) == 0);
	CHECK(pthread_mutex_init(&lock, &attr) == 0);
	run_workers(worker);
	CHECK(pthread_mutex_destroy(&lock) == 0);
	printf("turns %ld\n", atomic_load(&turn));
	return 0;
}
