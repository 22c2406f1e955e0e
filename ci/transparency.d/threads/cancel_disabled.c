/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: a cancelled thread with cancelling disabled goes on through cancellation points until it is enabled. */
#include "threads.h"

static atomic_int sent[MAX_THREADS], passed[MAX_THREADS];

static void *victim(void *arg)
{
	intptr_t me = (intptr_t)arg;
	int old;

	CHECK(pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &old) == 0 && old == PTHREAD_CANCEL_ENABLE);
	atomic_store(&passed[me], 1);
	while (!atomic_load(&sent[me]))
		usleep(50);
	pthread_testcancel();
	usleep(100);
	CHECK(access("/", F_OK) == 0 && write(-1, "", 1) == -1 && errno == EBADF);
	atomic_store(&passed[me], 2);
	CHECK(pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, &old) == 0 && old == PTHREAD_CANCEL_DISABLE);
	pthread_testcancel();
	atomic_store(&passed[me], 3);
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
		atomic_store(&passed[me], 0);
		CHECK(pthread_create(&id, NULL, victim, arg) == 0);
		while (!atomic_load(&passed[me]))
			usleep(50);
		CHECK(pthread_cancel(id) == 0);
		atomic_store(&sent[me], 1);
		CHECK(pthread_join(id, &value) == 0 && value == PTHREAD_CANCELED && atomic_load(&passed[me]) == 2);
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
