/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: FUTEX_WAKE_BITSET wakes only waiters whose bits it names; the others sleep on. */
#include "threads.h"

static int word, sleeping;
static atomic_int reached[MAX_THREADS];

static void *worker(void *arg)
{
	intptr_t me = (intptr_t)arg;
	int bit = 1 << (me % 30);

	settle();
	for (long i = 1; i <= iterations; i++) {
		while (word_of(&word) < i)
			CHECK(futex(&sleeping, FUTEX_WAIT_BITSET_PRIVATE, 0, NULL, NULL, bit) == 0);
		atomic_store(&reached[me], (int)i);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_t ids[MAX_THREADS];
	long wakes = 0;

	arguments(argc, argv, 10);
	for (intptr_t i = 0; i < threads; i++)
		CHECK(pthread_create(&ids[i], NULL, worker, (void *)i) == 0);
	for (long n = 1; n <= iterations; n++) {
		/* All have slept once, and do again: `word` is still the same. */
		for (int i = 0; i < threads; i++)
			while (futex(&sleeping, FUTEX_WAKE_BITSET_PRIVATE, INT_MAX, NULL, NULL, 1 << (i % 30)) < 1)
				usleep(50);
		CHECK(futex(&sleeping, FUTEX_WAKE_BITSET_PRIVATE, INT_MAX, NULL, NULL, 1 << 30) == 0);
		set_word(&word, (int)n);
		for (int i = threads - 1; i >= 0; i--) {
			while (atomic_load(&reached[i]) < n) {
				futex(&sleeping, FUTEX_WAKE_BITSET_PRIVATE, INT_MAX, NULL, NULL, 1 << (i % 30));
				usleep(50);
			}
			wakes++;
		}
	}
	for (int i = 0; i < threads; i++)
		CHECK(pthread_join(ids[i], NULL) == 0);
	CHECK(futex(&sleeping, FUTEX_WAKE_BITSET_PRIVATE, 1, NULL, NULL, 0) == -1 && errno == EINVAL);
	CHECK(futex(&sleeping, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0) == 0);
	printf("wakes %ld\n", wakes);
	return 0;
}
