/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: join answers EDEADLK for oneself, EINVAL for a detached thread; tryjoin EBUSY, timedjoin ETIMEDOUT, then the value. */
#include "threads.h"

static void *waiter(void *arg)
{
	CHECK(sem_wait(arg) == 0);
	return arg;
}

static void *worker(void *arg)
{
	settle();
	for (long i = 0; i < iterations; i++) {
		struct timespec soon;
		pthread_t id;
		sem_t gate, *lasting = malloc(sizeof(sem_t));
		void *value;
		int detached;
		pthread_attr_t attr;

		CHECK(sem_init(&gate, 0, 0) == 0 && pthread_create(&id, NULL, waiter, &gate) == 0);
		CHECK(pthread_join(pthread_self(), NULL) == EDEADLK);
		CHECK(pthread_tryjoin_np(id, &value) == EBUSY);
		soon = from_now(CLOCK_REALTIME, 5);
		CHECK(pthread_timedjoin_np(id, &value, &soon) == ETIMEDOUT);
		soon = from_now(CLOCK_MONOTONIC, 5);
		CHECK(pthread_clockjoin_np(id, &value, CLOCK_MONOTONIC, &soon) == ETIMEDOUT);
		CHECK(pthread_getattr_np(id, &attr) == 0 && pthread_attr_getdetachstate(&attr, &detached) == 0);
		CHECK(detached == PTHREAD_CREATE_JOINABLE && pthread_attr_destroy(&attr) == 0);
		CHECK(sem_post(&gate) == 0);
		soon = from_now(CLOCK_REALTIME, 60000);
		CHECK(pthread_timedjoin_np(id, &value, &soon) == 0 && value == &gate);
		/* This one waits until told, so that it is there when it is asked about; its gate stays. */
		CHECK(lasting && sem_init(lasting, 0, 0) == 0);
		CHECK(pthread_create(&id, NULL, waiter, lasting) == 0 && pthread_detach(id) == 0);
		CHECK(pthread_detach(id) == EINVAL && pthread_join(id, NULL) == EINVAL);
		CHECK(sem_post(lasting) == 0);
	}
	return arg;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 4);
	run_workers(worker);
	printf("joins %ld\n", threads * iterations);
	return 0;
}
