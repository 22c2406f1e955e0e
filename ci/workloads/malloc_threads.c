/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: malloc, realloc and free in every thread, across threads and with mapped blocks never mix up contents. */
#include "check.h"

#define SLOTS 64

struct block {
	size_t size;
	uint64_t seed;
	unsigned char *bytes;
};

static struct block shared[SLOTS];
static pthread_mutex_t locks[SLOTS];
static uint64_t results[MAX_THREADS];

static void fill(struct block *block, size_t from)
{
	for (size_t i = from; i < block->size; i++)
		block->bytes[i] = (unsigned char)(block->seed + i * 131);
}

static void verify(const struct block *block)
{
	for (size_t i = 0; i < block->size; i++)
		CHECK(block->bytes[i] == (unsigned char)(block->seed + i * 131));
}

/* Mostly small blocks; every thirty-second is beyond the mmap threshold. */
static size_t size_of(uint64_t random)
{
	return random % 32 ? 1 + random / 32 % 4000 : 140000 + random / 32 % 200000;
}

static void *worker(void *arg)
{
	uint64_t state = 77 + (uint64_t)(intptr_t)arg, bytes = 0;

	settle();
	for (long i = 0; i < iterations; i++) {
		uint64_t random = xorshift(&state);
		int slot = (int)(random % SLOTS);
		struct block fresh = { size_of(random / SLOTS), random, NULL }, old;

		fresh.bytes = malloc(fresh.size);
		CHECK(fresh.bytes);
		fill(&fresh, 0);
		if (random >> 60 == 0) {
			size_t half = fresh.size;

			fresh.size = fresh.size * 2 + 1;
			fresh.bytes = realloc(fresh.bytes, fresh.size);
			CHECK(fresh.bytes);
			fill(&fresh, half);
		}
		bytes += fresh.size;
		pthread_mutex_lock(&locks[slot]);
		old = shared[slot];
		shared[slot] = fresh;
		pthread_mutex_unlock(&locks[slot]);
		verify(&old);
		free(old.bytes);
	}
	results[(intptr_t)arg] = bytes;
	return NULL;
}

int main(int argc, char **argv)
{
	uint64_t total = 0;

	arguments(argc, argv, 400);
	for (int i = 0; i < SLOTS; i++)
		pthread_mutex_init(&locks[i], NULL);
	run_threads(threads, worker);
	for (int i = 0; i < SLOTS; i++) {
		verify(&shared[i]);
		free(shared[i].bytes);
	}
	for (int i = 0; i < threads; i++)
		total += results[i];
	printf("bytes %llu\n", (unsigned long long)total);
	return 0;
}
