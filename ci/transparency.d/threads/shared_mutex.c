/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: mutex, condition, semaphore and barrier shared with forked children work between them and moved threads. */
#include "threads.h"

struct area {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	pthread_barrier_t barrier;
	sem_t permits;
	long counter, turn, inside;
};
static struct area *area;

static void take_part(int children)
{
	for (long i = 0; i < iterations; i++) {
		CHECK(pthread_mutex_lock(&area->lock) == 0);
		area->counter++;
		CHECK(pthread_mutex_unlock(&area->lock) == 0);
		CHECK(sem_wait(&area->permits) == 0);
		CHECK(__atomic_add_fetch(&area->inside, 1, __ATOMIC_SEQ_CST) <= 2);
		__atomic_sub_fetch(&area->inside, 1, __ATOMIC_SEQ_CST);
		CHECK(sem_post(&area->permits) == 0);
	}
	pthread_barrier_wait(&area->barrier);
	CHECK(area->counter == iterations * 2 * children);
	pthread_barrier_wait(&area->barrier);
}

/* Child and worker in turn, by the condition. */
static void alternate(intptr_t me, int parity)
{
	for (long i = 0; i < iterations; i++) {
		CHECK(pthread_mutex_lock(&area->lock) == 0);
		while (area->turn % (2 * threads) != 2 * me + parity)
			CHECK(pthread_cond_wait(&area->changed, &area->lock) == 0);
		area->turn++;
		CHECK(pthread_cond_broadcast(&area->changed) == 0 && pthread_mutex_unlock(&area->lock) == 0);
	}
}

static void *worker(void *arg)
{
	intptr_t me = (intptr_t)arg;
	pid_t child;

	settle();
	child = fork();
	if (child == 0) {
		take_part(threads);
		alternate(me, 1);
		_exit(0);
	}
	take_part(threads);
	alternate(me, 0);
	CHECK(status_of(child) == 0);
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_mutexattr_t mutex;
	pthread_condattr_t cond;
	pthread_barrierattr_t both;

	arguments(argc, argv, 25);
	area = shared_memory(sizeof(*area));
	CHECK(pthread_mutexattr_init(&mutex) == 0 && pthread_condattr_init(&cond) == 0);
	CHECK(pthread_barrierattr_init(&both) == 0);
	CHECK(pthread_mutexattr_setpshared(&mutex, PTHREAD_PROCESS_SHARED) == 0);
	CHECK(pthread_condattr_setpshared(&cond, PTHREAD_PROCESS_SHARED) == 0);
	CHECK(pthread_barrierattr_setpshared(&both, PTHREAD_PROCESS_SHARED) == 0);
	CHECK(pthread_mutex_init(&area->lock, &mutex) == 0 && pthread_cond_init(&area->changed, &cond) == 0);
	CHECK(pthread_barrier_init(&area->barrier, &both, 2 * (unsigned)threads) == 0);
	CHECK(sem_init(&area->permits, 1, 2) == 0);
	run_workers(worker);
	CHECK(area->turn == 2 * threads * iterations);
	printf("counter %ld turns %ld\n", area->counter, area->turn);
	return 0;
}
