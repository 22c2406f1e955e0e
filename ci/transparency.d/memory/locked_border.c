/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: a locked addition to a word that lies over the border of two pages is whole, although all threads add to it. */
#include "memory.h"

static unsigned char *area;

static void *worker(void *arg)
{
	intptr_t me = (intptr_t)arg;
	/* Few rounds: kernels slow a processor down that locks the bus for this. */
	uint64_t *word = (uint64_t *)(area + PAGE - 4);

	settle();
	for (long i = 0; i < iterations; i++) {
		__asm__ volatile("lock addq %1, %0" : "+m"(*word) : "r"(0x100000001ull + (uint64_t)me) : "memory");
		area[PAGE - 16 - me]++;
		area[PAGE + 16 + me]++;
	}
	return NULL;
}

int main(int argc, char **argv)
{
	uint64_t sum, wanted = 0;

	arguments(argc, argv, 6);
	area = new_pages(2);
	run_workers(threads, worker);
	for (int k = 0; k < threads; k++) {
		wanted += (uint64_t)iterations * (0x100000001ull + (uint64_t)k);
		CHECK(area[PAGE - 16 - k] == (unsigned char)iterations && area[PAGE + 16 + k] == (unsigned char)iterations);
	}
	memcpy(&sum, area + PAGE - 4, 8);
	CHECK(sum == wanted);
	printf("sum %llx\n", (unsigned long long)sum);
	return 0;
}
