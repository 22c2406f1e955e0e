/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: read-write locks admit readers together, writers alone, time out for both, and answer EDEADLK and EBUSY. */
#include "threads.h"

static pthread_rwlock_t lock;
static atomic_int readers;

static void *worker(void *arg)
{
	intptr_t me = (intptr_t)arg;
	struct timespec soon;

	settle();
	for (long i = 0; i < iterations; i++) {
		CHECK(pthread_rwlock_rdlock(&lock) == 0);
		atomic_fetch_add(&readers, 1);
		/* All are in at once, or nobody would pass. */
		meet();
		CHECK(atomic_load(&readers) == threads && pthread_rwlock_trywrlock(&lock) == EBUSY);
		soon = from_now(CLOCK_REALTIME, 2);
		CHECK(pthread_rwlock_timedwrlock(&lock, &soon) == ETIMEDOUT);
		meet();
		atomic_fetch_sub(&readers, 1);
		CHECK(pthread_rwlock_unlock(&lock) == 0);
		meet();
		if (i % threads == me) {
			CHECK(pthread_rwlock_wrlock(&lock) == 0 && pthread_rwlock_wrlock(&lock) == EDEADLK);
			CHECK(pthread_rwlock_rdlock(&lock) == EDEADLK);
		}
		meet();
		if (i % threads != me) {
			CHECK(pthread_rwlock_tryrdlock(&lock) == EBUSY);
			soon = from_now(CLOCK_MONOTONIC, 2);
			CHECK(pthread_rwlock_clockrdlock(&lock, CLOCK_MONOTONIC, &soon) == ETIMEDOUT);
		}
		meet();
		if (i % threads == me)
			CHECK(pthread_rwlock_unlock(&lock) == 0);
		meet();
	}
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_rwlockattr_t attr;

	arguments(argc, argv, 6);
	CHECK(pthread_rwlockattr_init(&attr) == 0);
	CHECK(pthread_rwlockattr_setkind_np(&attr, PTHREAD_RWLOCK_PREFER_READER_NP) == 0);
	CHECK(pthread_rwlock_init(&lock, &attr) == 0);
	run_workers(worker);
	printf("rounds %ld\n", threads * iterations);
	return 0;
}
