/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: a thread cancelled in pthread_cond_wait holds the mutex again in its cleanup handler. */
#include "threads.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static int waiting;
static long cleaned;

static void cleanup(void *arg)
{
	(void)arg;
	CHECK(pthread_mutex_trylock(&lock) == EBUSY);
	waiting--;
	cleaned++;
	CHECK(pthread_mutex_unlock(&lock) == 0);
}

static void *victim(void *arg)
{
	settle();
	CHECK(pthread_mutex_lock(&lock) == 0);
	waiting++;
	pthread_cleanup_push(cleanup, NULL);
	for (;;)
		pthread_cond_wait(&changed, &lock);
	pthread_cleanup_pop(0);
	return arg;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 8);
	for (long i = 0; i < iterations; i++) {
		pthread_t ids[MAX_THREADS];
		int now;

		for (int k = 0; k < threads; k++)
			CHECK(pthread_create(&ids[k], NULL, victim, NULL) == 0);
		do {
			CHECK(pthread_mutex_lock(&lock) == 0);
			now = waiting;
			CHECK(pthread_mutex_unlock(&lock) == 0);
		} while (now < threads && usleep(100) == 0);
		if (i % 2)
			CHECK(pthread_cond_broadcast(&changed) == 0);
		for (int k = 0; k < threads; k++)
			CHECK(pthread_cancel(ids[k]) == 0);
		for (int k = 0; k < threads; k++) {
			void *value;

			CHECK(pthread_join(ids[k], &value) == 0 && value == PTHREAD_CANCELED);
		}
		CHECK(waiting == 0 && pthread_mutex_trylock(&lock) == 0 && pthread_mutex_unlock(&lock) == 0);
	}
	CHECK(cleaned == threads * iterations);
	printf("cleaned %ld\n", cleaned);
	return 0;
}
