/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: a recursive mutex is its owner's until unlocked as often as locked; nobody else gets it in between. */
#include "threads.h"

static pthread_mutex_t lock;
static volatile long depth, total;

static void descend(int levels)
{
	CHECK(pthread_mutex_lock(&lock) == 0);
	CHECK(++depth > 0);
	if (levels > 1)
		descend(levels - 1);
	else
		total++;
	depth--;
	CHECK(pthread_mutex_unlock(&lock) == 0);
}

static void *worker(void *arg)
{
	settle();
	for (long i = 0; i < iterations; i++) {
		CHECK(pthread_mutex_lock(&lock) == 0);
		CHECK(depth == 0);
		descend(1 + (int)(i % 7));
		CHECK(depth == 0 && pthread_mutex_trylock(&lock) == 0 && pthread_mutex_unlock(&lock) == 0);
		CHECK(pthread_mutex_unlock(&lock) == 0);
	}
	CHECK(pthread_mutex_unlock(&lock) == EPERM);
	return arg;
}

int main(int argc, char **argv)
{
	pthread_mutexattr_t attr;

	arguments(argc, argv, 300);
	CHECK(pthread_mutexattr_init(&attr) == 0 && pthread_mutexattr_settype(&attr, PTHREAD_MUTEX_RECURSIVE) == 0);
	CHECK(pthread_mutex_init(&lock, &attr) == 0);
	run_workers(worker);
	CHECK(total == threads * iterations);
	printf("total %ld\n", total);
	return 0;
}
