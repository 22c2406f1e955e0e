/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: a moved thread can create threads, which create threads, and join them all. */
#include "check.h"

static atomic_int born;

/* A tree: a node of height h sums itself and two children of height h - 1, each in a thread of its own. */
static void *tree(void *arg)
{
	intptr_t height = (intptr_t)arg;
	pthread_t child[2];
	uintptr_t sum = 1;

	atomic_fetch_add(&born, 1);
	if (height == 0)
		return (void *)sum;
	for (int i = 0; i < 2; i++)
		CHECK(pthread_create(&child[i], NULL, tree, (void *)(height - 1)) == 0);
	for (int i = 0; i < 2; i++) {
		void *result;

		CHECK(pthread_join(child[i], &result) == 0);
		sum += (uintptr_t)result;
	}
	return (void *)sum;
}

static void *worker(void *arg)
{
	(void)arg;
	settle();
	for (long i = 0; i < iterations; i++)
		CHECK((uintptr_t)tree((void *)3) == 15);
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 3);
	run_threads(threads, worker);
	CHECK(atomic_load(&born) == threads * iterations * 15);
	printf("threads %d\n", atomic_load(&born));
	return 0;
}
