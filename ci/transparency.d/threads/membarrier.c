/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: membarrier's private command, once registered, orders a thread's plain accesses against those of all the others. */
#include <linux/membarrier.h>

#include "threads.h"

/*
 * Dekker's protocol with a barrier on one side only: the fast side has no fence but the compiler's. Both may not
 * read 0. Where the kernel has no such command, the slow side does with fences on both.
 */
static volatile long fast_flag[MAX_THREADS][64], slow_flag[MAX_THREADS][64];
static volatile long fast_saw[MAX_THREADS], slow_saw[MAX_THREADS];
static pthread_barrier_t pairs[MAX_THREADS];
static int available;

static void *slow(void *arg)
{
	intptr_t me = (intptr_t)arg;

	for (long i = 0; i < iterations; i++) {
		pthread_barrier_wait(&pairs[me]);
		slow_flag[me][0] = 1;
		if (available)
			CHECK(syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0) == 0);
		else
			atomic_thread_fence(memory_order_seq_cst);
		slow_saw[me] = fast_flag[me][0];
		pthread_barrier_wait(&pairs[me]);
		CHECK(fast_saw[me] || slow_saw[me]);
		pthread_barrier_wait(&pairs[me]);
	}
	return NULL;
}

static void *worker(void *arg)
{
	intptr_t me = (intptr_t)arg;
	pthread_t id;

	settle();
	CHECK(pthread_create(&id, NULL, slow, arg) == 0);
	for (long i = 0; i < iterations; i++) {
		fast_flag[me][0] = slow_flag[me][0] = 0;
		pthread_barrier_wait(&pairs[me]);
		fast_flag[me][0] = 1;
		atomic_signal_fence(memory_order_seq_cst);
		if (!available)
			atomic_thread_fence(memory_order_seq_cst);
		fast_saw[me] = slow_flag[me][0];
		pthread_barrier_wait(&pairs[me]);
		pthread_barrier_wait(&pairs[me]);
	}
	CHECK(pthread_join(id, NULL) == 0);
	return NULL;
}

int main(int argc, char **argv)
{
	long commands;

	arguments(argc, argv, 60);
	commands = syscall(SYS_membarrier, MEMBARRIER_CMD_QUERY, 0, 0);
	available = commands > 0 && (commands & MEMBARRIER_CMD_PRIVATE_EXPEDITED);
	if (available) {
		CHECK(syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0) == -1 && errno == EPERM);
		CHECK(syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0) == 0);
	}
	for (int i = 0; i < threads; i++)
		CHECK(pthread_barrier_init(&pairs[i], NULL, 2) == 0);
	run_workers(worker);
	printf("rounds %ld\n", threads * iterations);
	return 0;
}
