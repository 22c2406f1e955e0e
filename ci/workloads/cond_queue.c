/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: producers and consumers on different nodes pass every item once through a bounded queue with condition variables. */
#include "check.h"

#define CAPACITY 16

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t not_empty = PTHREAD_COND_INITIALIZER, not_full = PTHREAD_COND_INITIALIZER;
static long queue[CAPACITY], head, tail;
static long taken, sum;

static void *producer(void *arg)
{
	long base = (long)(intptr_t)arg * iterations;

	settle();
	for (long i = 0; i < iterations; i++) {
		pthread_mutex_lock(&lock);
		while (head - tail == CAPACITY)
			pthread_cond_wait(&not_full, &lock);
		queue[head++ % CAPACITY] = base + i;
		pthread_cond_signal(&not_empty);
		pthread_mutex_unlock(&lock);
	}
	return NULL;
}

static void *consumer(void *arg)
{
	long total = (threads + 1) / 2 * iterations;

	(void)arg;
	settle();
	for (;;) {
		pthread_mutex_lock(&lock);
		while (head == tail && taken < total)
			pthread_cond_wait(&not_empty, &lock);
		if (taken == total) {
			pthread_cond_broadcast(&not_empty);
			pthread_mutex_unlock(&lock);
			return NULL;
		}
		sum += queue[tail++ % CAPACITY];
		taken++;
		pthread_cond_signal(&not_full);
		pthread_mutex_unlock(&lock);
	}
}

/* Every second thread produces. */
static void *worker(void *arg)
{
	intptr_t index = (intptr_t)arg;

	return index % 2 ? consumer(arg) : producer((void *)(index / 2));
}

int main(int argc, char **argv)
{
	long total;

	arguments(argc, argv, 500);
	CHECK(threads >= 2);
	total = (threads + 1) / 2 * iterations;
	run_threads(threads, worker);
	CHECK(taken == total && sum == total * (total - 1) / 2);
	printf("items %ld sum %ld\n", taken, sum);
	return 0;
}
