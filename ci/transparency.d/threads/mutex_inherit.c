/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: priority-inheriting mutexes exclude, time out, name their owner in the lock word and refuse to be locked twice. */
#include "threads.h"

static pthread_mutex_t locks[2];
static volatile long counter;
static pthread_mutex_t checked;

static void *worker(void *arg)
{
	intptr_t me = (intptr_t)arg;
	struct timespec soon;

	settle();
	for (long i = 0; i < iterations; i++) {
		CHECK(pthread_mutex_lock(&locks[0]) == 0);
		/* The word is the owner's thread id, with FUTEX_WAITERS once another waits. */
		CHECK((locks[0].__data.__lock & FUTEX_TID_MASK) == gettid());
		counter++;
		CHECK(pthread_mutex_unlock(&locks[0]) == 0);
	}
	meet();
	if (me == 0)
		CHECK(pthread_mutex_lock(&locks[1]) == 0);
	meet();
	if (me != 0) {
		soon = from_now(CLOCK_REALTIME, 5);
		CHECK(pthread_mutex_timedlock(&locks[1], &soon) == ETIMEDOUT);
		CHECK(pthread_mutex_trylock(&locks[1]) == EBUSY);
	}
	meet();
	if (me == 0)
		CHECK(pthread_mutex_unlock(&locks[1]) == 0);
	CHECK(pthread_mutex_lock(&checked) == 0 && pthread_mutex_lock(&checked) == EDEADLK);
	CHECK(pthread_mutex_unlock(&checked) == 0);
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_mutexattr_t attr;

	arguments(argc, argv, 200);
	CHECK(pthread_mutexattr_init(&attr) == 0);
	CHECK(pthread_mutexattr_setprotocol(&attr, PTHREAD_PRIO_INHERIT) == 0);
	CHECK(pthread_mutex_init(&locks[0], &attr) == 0 && pthread_mutex_init(&locks[1], &attr) == 0);
	CHECK(pthread_mutexattr_settype(&attr, PTHREAD_MUTEX_ERRORCHECK) == 0);
	CHECK(pthread_mutex_init(&checked, &attr) == 0);
	run_workers(worker);
	CHECK(counter == threads * iterations);
	printf("counter %ld\n", counter);
	return 0;
}
