/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: counters of different threads side by side in one page never overwrite each other. */
#include "check.h"

static struct {
	volatile unsigned char byte[MAX_THREADS];
	volatile unsigned short half[MAX_THREADS];
	volatile long word[MAX_THREADS];
} page __attribute__((aligned(4096)));

static void *worker(void *arg)
{
	intptr_t me = (intptr_t)arg;

	settle();
	for (long i = 0; i < iterations; i++) {
		page.byte[me]++;
		page.half[me]++;
		page.word[me] += me + 1;
	}
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 300000);
	run_threads(threads, worker);
	for (int i = 0; i < threads; i++) {
		CHECK(page.byte[i] == (unsigned char)iterations && page.half[i] == (unsigned short)iterations);
		CHECK(page.word[i] == iterations * (i + 1));
		printf("%d: %ld\n", i, page.word[i]);
	}
	return 0;
}
