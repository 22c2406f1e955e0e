/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: ownership of pages handed from thread to thread by atomic flags carries the whole page's contents along. */
#include <sched.h>

#include "check.h"

#define PAGES 8
#define WORDS (4096 / sizeof(uint64_t))

static uint64_t pages[PAGES][WORDS] __attribute__((aligned(4096)));
/* Whose turn it is; far away from the pages. */
static atomic_long turn[PAGES] __attribute__((aligned(4096)));
static char rest[4096] __attribute__((aligned(4096)));

static void *worker(void *arg)
{
	long me = (long)(intptr_t)arg;

	settle();
	for (long round = 0; round < iterations; round++)
		for (int p = 0; p < PAGES; p++) {
			long mine = round * threads + (me + p) % threads;

			/* Threads spin less than they yield: there are more of them than CPUs. */
			while (atomic_load(&turn[p]) != mine)
				sched_yield();
			for (size_t i = 0; i < WORDS; i++)
				CHECK(pages[p][i] == (uint64_t)mine * (i + 1) + (uint64_t)p);
			for (size_t i = 0; i < WORDS; i++)
				pages[p][i] += i + 1;
			atomic_store(&turn[p], mine + 1);
		}
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 15);
	for (int p = 0; p < PAGES; p++)
		for (size_t i = 0; i < WORDS; i++)
			pages[p][i] = (uint64_t)p;
	run_threads(threads, worker);
	for (int p = 0; p < PAGES; p++)
		for (size_t i = 0; i < WORDS; i++)
			CHECK(pages[p][i] == (uint64_t)(iterations * threads) * (i + 1) + (uint64_t)p);
	printf("pages %d turns %ld rest %d\n", PAGES, iterations * threads, rest[0]);
	return 0;
}
