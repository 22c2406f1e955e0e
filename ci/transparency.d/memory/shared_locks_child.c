/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: a mutex and a condition variable in shared memory work between moved threads and threads of a forked process. */
#include "memory.h"

struct table {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	long turns, value;
};

static struct table *table;

/* Takes `count` turns of its side (0 the workers, 1 the child's). */
static void take_turns(int side, long count)
{
	for (long i = 0; i < count; i++) {
		CHECK(pthread_mutex_lock(&table->lock) == 0);
		while (table->turns % 2 != side)
			CHECK(pthread_cond_wait(&table->changed, &table->lock) == 0);
		table->turns++;
		table->value += side ? 3 : 1000;
		CHECK(pthread_cond_broadcast(&table->changed) == 0);
		CHECK(pthread_mutex_unlock(&table->lock) == 0);
	}
}

static void *worker(void *arg)
{
	(void)arg;
	settle();
	take_turns(0, iterations);
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_mutexattr_t mutex;
	pthread_condattr_t cond;
	pid_t child;

	arguments(argc, argv, 20);
	table = mmap(NULL, sizeof(*table), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	CHECK((void *)table != MAP_FAILED);
	CHECK(pthread_mutexattr_init(&mutex) == 0 && pthread_condattr_init(&cond) == 0);
	CHECK(pthread_mutexattr_setpshared(&mutex, PTHREAD_PROCESS_SHARED) == 0);
	CHECK(pthread_condattr_setpshared(&cond, PTHREAD_PROCESS_SHARED) == 0);
	CHECK(pthread_mutex_init(&table->lock, &mutex) == 0 && pthread_cond_init(&table->changed, &cond) == 0);
	child = fork();
	if (child == 0) {
		take_turns(1, threads * iterations);
		_exit(4);
	}
	run_workers(threads, worker);
	CHECK(status_of(child) == 4 && table->turns == 2 * threads * iterations);
	printf("value %ld\n", table->value);
	return 0;
}
