/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: deep recursion touches new stack pages on any node, main's growing stack included, and others read those frames. */
#include "check.h"

static uint64_t *volatile shared_frame;
static pthread_barrier_t barrier;

static uint64_t recurse(int depth, uint64_t seed)
{
	volatile uint64_t frame[200];
	uint64_t below;

	for (int i = 0; i < 200; i++)
		frame[i] = seed + (uint64_t)i;
	below = depth ? recurse(depth - 1, seed * 3 + 1) : 0;
	for (int i = 0; i < 200; i++)
		if (frame[i] != seed + (uint64_t)i)
			return 0;
	return below + frame[199];
}

static uint64_t expected(int depth, uint64_t seed)
{
	uint64_t sum = 0;

	for (; depth >= 0; depth--, seed = seed * 3 + 1)
		sum += seed + 199;
	return sum;
}

static void *worker(void *arg)
{
	intptr_t me = (intptr_t)arg;
	uint64_t local[600];

	settle();
	CHECK(recurse((int)iterations, (uint64_t)me) == expected((int)iterations, (uint64_t)me));
	for (int i = 0; i < 600; i++)
		local[i] = (uint64_t)(me * 1000 + i);
	if (me == 0)
		shared_frame = local;
	pthread_barrier_wait(&barrier);
	shared_frame[me] += 5;
	for (int i = threads; i < 600; i++)
		CHECK(shared_frame[i] == (uint64_t)i);
	pthread_barrier_wait(&barrier);
	if (me == 0)
		for (int i = 0; i < threads; i++)
			CHECK(local[i] == (uint64_t)i + 5);
	return NULL;
}

int main(int argc, char **argv)
{
	uint64_t sum;

	arguments(argc, argv, 2000);
	pthread_barrier_init(&barrier, NULL, (unsigned)threads);
	run_threads(threads, worker);
	sum = recurse((int)iterations * 2, 9);
	CHECK(sum == expected((int)iterations * 2, 9));
	printf("sum %016llx\n", (unsigned long long)sum);
	return 0;
}
