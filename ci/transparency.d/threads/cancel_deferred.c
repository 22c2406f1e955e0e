/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: a deferred cancel acts at the next cancellation point only, wherever the thread computes when it comes. */
#include "threads.h"

static atomic_int sent[MAX_THREADS], reached[MAX_THREADS];

static void *victim(void *arg)
{
	intptr_t me = (intptr_t)arg;
	uint64_t state = 3;

	atomic_store(&reached[me], 1);
	while (!atomic_load(&sent[me]))
		xorshift(&state);
	for (int i = 0; i < 100000; i++)
		xorshift(&state);
	/* No cancellation points. */
	CHECK(getppid() > 0 && pthread_mutex_trylock(&(pthread_mutex_t)PTHREAD_MUTEX_INITIALIZER) == 0);
	atomic_store(&reached[me], 2);
	pthread_testcancel();
	atomic_store(&reached[me], 3);
	return NULL;
}

static void *worker(void *arg)
{
	intptr_t me = (intptr_t)arg;

	settle();
	for (long i = 0; i < iterations; i++) {
		pthread_t id;
		void *value;

		atomic_store(&sent[me], 0);
		atomic_store(&reached[me], 0);
		CHECK(pthread_create(&id, NULL, victim, arg) == 0);
		while (!atomic_load(&reached[me]))
			usleep(50);
		CHECK(pthread_cancel(id) == 0);
		atomic_store(&sent[me], 1);
		CHECK(pthread_join(id, &value) == 0 && value == PTHREAD_CANCELED && atomic_load(&reached[me]) == 2);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 10);
	run_workers(worker);
	printf("cancelled %ld\n", threads * iterations);
	return 0;
}
