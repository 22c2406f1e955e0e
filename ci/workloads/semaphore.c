/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: a counting semaphore admits no more threads than it has permits, on all nodes together; timed waits time out. */
#include <semaphore.h>

#include "check.h"

#define PERMITS 2

static sem_t permits;
static atomic_int inside, most;
static atomic_long entries;

static void *worker(void *arg)
{
	(void)arg;
	settle();
	for (long i = 0; i < iterations; i++) {
		int now, seen;

		while (sem_wait(&permits))
			CHECK(errno == EINTR);
		now = atomic_fetch_add(&inside, 1) + 1;
		CHECK(now >= 1 && now <= PERMITS);
		seen = atomic_load(&most);
		while (now > seen && !atomic_compare_exchange_weak(&most, &seen, now))
			;
		atomic_fetch_add(&entries, 1);
		atomic_fetch_sub(&inside, 1);
		sem_post(&permits);
	}
	return NULL;
}

static void *impatient(void *arg)
{
	static sem_t never;
	struct timespec until;
	double before = seconds();

	sem_init(&never, 0, 0);
	settle();
	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_nsec += 50000000;
	until.tv_sec += until.tv_nsec / 1000000000;
	until.tv_nsec %= 1000000000;
	while (sem_timedwait(&never, &until))
		if (errno == ETIMEDOUT)
			break;
	CHECK(errno == ETIMEDOUT && seconds() - before > 0.049);
	return arg;
}

int main(int argc, char **argv)
{
	pthread_t id;
	int value;

	arguments(argc, argv, 500);
	sem_init(&permits, 0, PERMITS);
	CHECK(pthread_create(&id, NULL, impatient, NULL) == 0);
	run_threads(threads, worker);
	CHECK(pthread_join(id, NULL) == 0);
	CHECK(sem_getvalue(&permits, &value) == 0 && value == PERMITS && atomic_load(&most) <= PERMITS);
	printf("entries %ld\n", atomic_load(&entries));
	return 0;
}
