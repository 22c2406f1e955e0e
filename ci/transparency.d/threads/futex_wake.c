/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: FUTEX_WAKE wakes as many waiters as asked, tells how many there were, and never more than wait. */
#include "threads.h"

static int words[MAX_THREADS];
static atomic_int woken;

static void *waiter(void *arg)
{
	int *word = arg;

	while (word_of(word) == 0)
		CHECK(futex(word, FUTEX_WAIT_PRIVATE, 0, NULL, NULL, 0) == 0 || errno == EAGAIN);
	atomic_fetch_add(&woken, 1);
	return NULL;
}

static void *worker(void *arg)
{
	int *word = &words[(intptr_t)arg];

	settle();
	for (long i = 0; i < iterations; i++) {
		pthread_t ids[3];
		long asleep = 0;

		CHECK(futex(word, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0) == 0);
		for (int k = 0; k < 3; k++)
			CHECK(pthread_create(&ids[k], NULL, waiter, word) == 0);
		/* One at a time; who is woken sleeps again, since the word has not changed. */
		while (asleep < 3) {
			long now = futex(word, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);

			CHECK(now == 0 || now == 1);
			asleep += now;
			usleep(100);
		}
		set_word(word, 1);
		CHECK(futex(word, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0) <= 3);
		for (int k = 0; k < 3; k++)
			CHECK(pthread_join(ids[k], NULL) == 0);
		set_word(word, 0);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 8);
	run_workers(worker);
	printf("woken %d\n", atomic_load(&woken));
	return 0;
}
