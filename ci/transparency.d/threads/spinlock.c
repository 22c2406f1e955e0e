/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: spin locks and trylock exclude threads on different nodes although no system call tells of them. */
#include "threads.h"

static pthread_spinlock_t lock;
static volatile long counter, tried;

static void *worker(void *arg)
{
	settle();
	for (long i = 0; i < iterations; i++) {
		CHECK(pthread_spin_lock(&lock) == 0);
		counter++;
		CHECK(pthread_spin_unlock(&lock) == 0);
		while (pthread_spin_trylock(&lock) == EBUSY)
			sched_yield();
		tried++;
		CHECK(pthread_spin_unlock(&lock) == 0);
	}
	return arg;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 300);
	CHECK(pthread_spin_init(&lock, PTHREAD_PROCESS_PRIVATE) == 0);
	run_workers(worker);
	CHECK(counter == threads * iterations && tried == counter && pthread_spin_destroy(&lock) == 0);
	printf("counter %ld\n", counter);
	return 0;
}
