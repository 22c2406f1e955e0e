/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: FUTEX_CMP_REQUEUE moves waiters to another word without waking them, FUTEX_REQUEUE too; a changed word is EAGAIN. */
/* Limit: a waiter that was requeued and is then moved waits on its first word again, as it does natively after a signal */
#include "threads.h"

#define WAITERS 3

struct pair {
	int from, to;
	atomic_int woken;
};
static struct pair pairs[MAX_THREADS];

static void *waiter(void *arg)
{
	struct pair *pair = arg;

	/* Woken once, by way of `to`; nobody wakes `from`. */
	CHECK(futex(&pair->from, FUTEX_WAIT_PRIVATE, 0, NULL, NULL, 0) == 0);
	atomic_fetch_add(&pair->woken, 1);
	return NULL;
}

static void *worker(void *arg)
{
	struct pair *pair = &pairs[(intptr_t)arg];

	settle();
	for (long i = 0; i < iterations; i++) {
		pthread_t ids[WAITERS];
		long moved = 0;

		atomic_store(&pair->woken, 0);
		for (int k = 0; k < WAITERS; k++)
			CHECK(pthread_create(&ids[k], NULL, waiter, pair) == 0);
		CHECK(futex(&pair->from, FUTEX_CMP_REQUEUE_PRIVATE, 0, (void *)INT_MAX, &pair->to, 1) == -1);
		CHECK(errno == EAGAIN);
		while (moved < WAITERS) {
			int operation = i % 2 ? FUTEX_REQUEUE_PRIVATE : FUTEX_CMP_REQUEUE_PRIVATE;
			long now = futex(&pair->from, operation, 0, (void *)INT_MAX, &pair->to, 0);

			CHECK(now >= 0);
			moved += now;
			usleep(50);
		}
		CHECK(moved == WAITERS && atomic_load(&pair->woken) == 0);
		CHECK(futex(&pair->from, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0) == 0);
		CHECK(futex(&pair->to, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0) == 1);
		while (atomic_load(&pair->woken) < 1)
			usleep(50);
		CHECK(futex(&pair->to, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0) == WAITERS - 1);
		for (int k = 0; k < WAITERS; k++)
			CHECK(pthread_join(ids[k], NULL) == 0);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 8);
	run_workers(worker);
	printf("requeued %ld\n", WAITERS * threads * iterations);
	return 0;
}
