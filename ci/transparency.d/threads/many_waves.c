/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: waves of threads that create and join threads of their own get fresh stacks and thread-local data each time. */
#include "threads.h"

static __thread int depth = 0;
static atomic_long leaves;

static void *branch(void *arg)
{
	intptr_t level = (intptr_t)arg;
	pthread_t left, right;
	void *a, *b;

	CHECK(depth == 0);
	depth = (int)level;
	if (level == 0) {
		atomic_fetch_add(&leaves, 1);
		return (void *)1;
	}
	CHECK(pthread_create(&left, NULL, branch, (void *)(level - 1)) == 0);
	CHECK(pthread_create(&right, NULL, branch, (void *)(level - 1)) == 0);
	CHECK(pthread_join(left, &a) == 0 && pthread_join(right, &b) == 0 && depth == (int)level);
	return (void *)((intptr_t)a + (intptr_t)b);
}

static void *worker(void *arg)
{
	settle();
	for (long i = 0; i < iterations; i++) {
		pthread_t id;
		void *value;

		CHECK(pthread_create(&id, NULL, branch, (void *)2) == 0 && pthread_join(id, &value) == 0);
		CHECK((intptr_t)value == 4 && depth == 0);
	}
	return arg;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 6);
	run_workers(worker);
	CHECK(atomic_load(&leaves) == 4 * threads * iterations);
	printf("leaves %ld\n", atomic_load(&leaves));
	return 0;
}
