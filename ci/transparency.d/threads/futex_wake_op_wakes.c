/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: FUTEX_WAKE_OP wakes those on the first word, and those on the second only if the test of its old value holds. */
#include "threads.h"

struct pair {
	int first, second;
	atomic_int woken;
};
static struct pair pairs[MAX_THREADS];

static void *on_first(void *arg)
{
	struct pair *pair = arg;

	CHECK(futex(&pair->first, FUTEX_WAIT_PRIVATE, 0, NULL, NULL, 0) == 0);
	atomic_fetch_add(&pair->woken, 1);
	return NULL;
}

static void *on_second(void *arg)
{
	struct pair *pair = arg;

	CHECK(futex(&pair->second, FUTEX_WAIT_PRIVATE, 0, NULL, NULL, 0) == 0);
	atomic_fetch_add(&pair->woken, 100);
	return NULL;
}

/* Until somebody was there to be woken. */
static void wake(struct pair *pair, int operation)
{
	long woken;

	while ((woken = futex(&pair->first, FUTEX_WAKE_OP_PRIVATE, 1, (void *)1, &pair->second, operation)) == 0)
		usleep(50);
	CHECK(woken == 1);
}

static void *worker(void *arg)
{
	struct pair *pair = &pairs[(intptr_t)arg];

	settle();
	for (long i = 0; i < iterations; i++) {
		pthread_t one, two;

		*pair = (struct pair){ 0 };
		CHECK(pthread_create(&one, NULL, on_first, pair) == 0);
		CHECK(pthread_create(&two, NULL, on_second, pair) == 0);
		/* Adds 0 and tests for 1: only the first word's waiter, once it is there. */
		wake(pair, FUTEX_OP(FUTEX_OP_ADD, 0, FUTEX_OP_CMP_EQ, 1));
		CHECK(pthread_join(one, NULL) == 0 && atomic_load(&pair->woken) == 1);
		wake(pair, FUTEX_OP(FUTEX_OP_ADD, 0, FUTEX_OP_CMP_EQ, 0));
		CHECK(pthread_join(two, NULL) == 0 && atomic_load(&pair->woken) == 101);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 10);
	run_workers(worker);
	printf("woken %ld\n", 2 * threads * iterations);
	return 0;
}
