/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: readers under a read-write lock on any node see only complete states of a writer on another. */
#include "check.h"

static pthread_rwlock_t lock = PTHREAD_RWLOCK_INITIALIZER;
static long state[64], writes;
static atomic_long reads;

static void *worker(void *arg)
{
	intptr_t me = (intptr_t)arg;

	settle();
	for (long i = 0; i < iterations; i++) {
		if ((i + me) % 4 == 0) {
			pthread_rwlock_wrlock(&lock);
			for (int k = 0; k < 64; k++)
				state[k] += k + 1;
			writes++;
			pthread_rwlock_unlock(&lock);
		} else {
			pthread_rwlock_rdlock(&lock);
			for (int k = 0; k < 64; k++)
				CHECK(state[k] == writes * (k + 1));
			pthread_rwlock_unlock(&lock);
			atomic_fetch_add(&reads, 1);
		}
	}
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 400);
	run_threads(threads, worker);
	CHECK(writes + atomic_load(&reads) == threads * iterations && state[63] == writes * 64);
	printf("writes %ld reads %ld\n", writes, atomic_load(&reads));
	return 0;
}
