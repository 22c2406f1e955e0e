/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: arrays of variable length on a worker's stack, of one byte to 48 pages, are its own and can be lent to other threads. */
#include "memory.h"

static unsigned char *volatile lent[MAX_THREADS];
static atomic_ulong sum;

/* An array of this length, which the next thread fills and this one reads. */
static __attribute__((noinline)) void lend(intptr_t me, size_t length)
{
	volatile unsigned char array[length];
	size_t others = (size_t)((me + 1) % threads);

	array[0] = (unsigned char)me;
	array[length - 1] = (unsigned char)me;
	lent[me] = (unsigned char *)array;
	meet();
	memset(lent[others], (int)others + 50, length);
	meet();
	for (size_t at = 0; at < length; at += at + 600 < length ? 599 : 1)
		CHECK(array[at] == (unsigned char)(me + 50));
	atomic_fetch_add(&sum, length);
	meet();
}

static void *worker(void *arg)
{
	static const size_t lengths[] = { 1, 63, 4095, 4096, 4097, 3 * PAGE + 8, 20 * PAGE, 48 * PAGE };

	settle();
	for (long i = 0; i < iterations; i++)
		lend((intptr_t)arg, lengths[i % 8]);
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 16);
	run_workers(threads, worker);
	printf("bytes %lu\n", atomic_load(&sum));
	return 0;
}
