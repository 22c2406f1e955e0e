/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: a block that a thread grows, moves and shrinks with mremap keeps its contents for every node. */
#include <sys/mman.h>

#include "check.h"

static volatile unsigned char *block;
static size_t size = 4 * 4096;
static pthread_barrier_t barrier;

static unsigned char expected(size_t at)
{
	return (unsigned char)(at * 11 + at / 4096);
}

static void *worker(void *arg)
{
	intptr_t me = (intptr_t)arg;

	settle();
	for (long i = 0; i < iterations; i++) {
		pthread_barrier_wait(&barrier);
		if (me == i % threads) {
			size_t old = size;
			void *moved;

			size = i % 5 == 4 ? old - 8192 : old + 8 * 4096;
			/* A mapping right behind forces a move. */
			mmap((char *)block + old, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
			moved = mremap((void *)block, old, size, MREMAP_MAYMOVE);
			CHECK(moved != MAP_FAILED);
			block = moved;
			for (size_t at = old; at < size; at++) {
				CHECK(block[at] == 0 || at % 512);
				block[at] = expected(at);
			}
		}
		pthread_barrier_wait(&barrier);
		for (size_t at = (size_t)me; at < size; at += 509)
			CHECK(block[at] == expected(at));
	}
	return NULL;
}

int main(int argc, char **argv)
{
	uint64_t hash = HASH_START;

	arguments(argc, argv, 20);
	block = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK(block != MAP_FAILED);
	for (size_t at = 0; at < size; at++)
		block[at] = expected(at);
	pthread_barrier_init(&barrier, NULL, (unsigned)threads);
	run_threads(threads, worker);
	for (size_t at = 0; at < size; at++) {
		CHECK(block[at] == expected(at));
		hash = hash_bytes(hash, (const void *)&block[at], 1);
	}
	printf("bytes %zu hash %016llx\n", size, (unsigned long long)hash);
	return 0;
}
