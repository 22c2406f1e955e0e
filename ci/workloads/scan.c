/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: memory written by main is read exactly by a moved thread in one long scan, and what that writes back by main. */
#include "check.h"

static uint64_t *words, sums[MAX_THREADS];
static size_t count;

static void *worker(void *arg)
{
	size_t me = (size_t)(intptr_t)arg;
	uint64_t sum = 0;

	settle();
	for (size_t i = 0; i < count; i++)
		sum += words[i] * (i | 1);
	sums[me] = sum;
	return NULL;
}

static void *writer(void *arg)
{
	size_t me = (size_t)(intptr_t)arg;

	for (size_t i = me; i < count; i += (size_t)threads)
		if (i / 512 % (size_t)threads == me)
			words[i] = ~words[i];
	return NULL;
}

int main(int argc, char **argv)
{
	uint64_t state = 2463534242, expected = 0;

	arguments(argc, argv, 16);
	count = (size_t)iterations << 17;
	words = malloc(count * sizeof(*words));
	CHECK(words);
	for (size_t i = 0; i < count; i++) {
		words[i] = xorshift(&state);
		expected += words[i] * (i | 1);
	}
	run_threads(threads, worker);
	for (int i = 0; i < threads; i++)
		CHECK(sums[i] == expected);
	run_threads(threads, writer);
	state = 2463534242;
	for (size_t i = 0; i < count; i++) {
		uint64_t original = xorshift(&state);
		int flipped = i % (size_t)threads == i / 512 % (size_t)threads;

		CHECK(words[i] == (flipped ? ~original : original));
	}
	printf("words %zu sum %016llx\n", count, (unsigned long long)expected);
	return 0;
}
