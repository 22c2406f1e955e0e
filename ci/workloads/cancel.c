/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: pthread_cancel reaches moved threads that compute, read and sleep; their cleanup handlers run. */
#include "check.h"

static int pipe_ends[2];
static atomic_int ready, cleaned;

static void cleanup(void *arg)
{
	atomic_fetch_add(&cleaned, 1 + (int)(intptr_t)arg);
}

static void *worker(void *arg)
{
	intptr_t me = (intptr_t)arg;
	char byte;
	int old;

	settle();
	pthread_cleanup_push(cleanup, (void *)me);
	if (me % 3 == 2)
		pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, &old);
	atomic_fetch_add(&ready, 1);
	for (;;) {
		if (me % 3 == 0)
			CHECK(read(pipe_ends[0], &byte, 1) < 0);
		else if (me % 3 == 1)
			sleep(100);
	}
	pthread_cleanup_pop(1);
	return NULL;
}

int main(int argc, char **argv)
{
	int sum = 0;

	arguments(argc, argv, 3);
	CHECK(pipe(pipe_ends) == 0);
	for (long round = 0; round < iterations; round++) {
		pthread_t ids[MAX_THREADS];

		atomic_store(&ready, 0);
		for (intptr_t i = 0; i < threads; i++)
			CHECK(pthread_create(&ids[i], NULL, worker, (void *)i) == 0);
		while (atomic_load(&ready) < threads)
			usleep(500);
		for (int i = 0; i < threads; i++) {
			void *result;

			CHECK(pthread_cancel(ids[i]) == 0 && pthread_join(ids[i], &result) == 0);
			CHECK(result == PTHREAD_CANCELED);
			sum += 1 + i;
		}
	}
	CHECK(atomic_load(&cleaned) == sum);
	printf("cleaned %d\n", sum);
	return 0;
}
