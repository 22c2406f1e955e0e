/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: a robust mutex unlocked without being made consistent is ENOTRECOVERABLE for all, those that wait included. */
#include "threads.h"

static pthread_mutex_t lock;
static atomic_int lost, taken, answered;

static void *dier(void *arg)
{
	CHECK(pthread_mutex_lock(&lock) == 0);
	return arg;
}

static void *worker(void *arg)
{
	settle();
	for (long i = 0; i < iterations; i++) {
		int error;

		if (arg == NULL) {
			pthread_mutexattr_t attr;
			pthread_t id;

			CHECK(pthread_mutexattr_init(&attr) == 0);
			CHECK(pthread_mutexattr_setrobust(&attr, PTHREAD_MUTEX_ROBUST) == 0);
			CHECK(pthread_mutex_init(&lock, &attr) == 0);
			CHECK(pthread_create(&id, NULL, dier, NULL) == 0 && pthread_join(id, NULL) == 0);
		}
		meet();
		error = pthread_mutex_lock(&lock);
		if (error == EOWNERDEAD) {
			atomic_fetch_add(&taken, 1);
			usleep(200);
			CHECK(pthread_mutex_unlock(&lock) == 0);
		} else {
			CHECK(error == ENOTRECOVERABLE);
			atomic_fetch_add(&lost, 1);
		}
		/*
		 * Who is refused wakes the next one that waits, but not with GNU's library if the lock says that somebody does:
		 * lll_unlock() takes FUTEX_WAITERS for a negative number. Natively, too, the last ones may wait for ever, unless
		 * somebody comes again until all have their answer.
		 */
		atomic_fetch_add(&answered, 1);
		do
			CHECK(pthread_mutex_lock(&lock) == ENOTRECOVERABLE);
		while (atomic_load(&answered) < (i + 1) * threads && usleep(100) == 0);
		meet();
		if (arg == NULL)
			CHECK(pthread_mutex_destroy(&lock) == 0);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 10);
	run_workers(worker);
	CHECK(atomic_load(&taken) == iterations && atomic_load(&lost) == (threads - 1) * iterations);
	printf("lost %d\n", atomic_load(&lost));
	return 0;
}
