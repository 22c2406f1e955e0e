/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: one gather instruction reads its words from pages that different threads wrote last, and faults at a closed one. */
#include <immintrin.h>

#include "memory.h"

#define LANES 8

static unsigned char *area;

__attribute__((target("avx2"))) static void gather(int *result, const int *places)
{
	__m256i at = _mm256_loadu_si256((const __m256i *)places);

	_mm256_storeu_si256((__m256i *)result, _mm256_i32gather_epi32((const int *)area, at, 4));
}

/* The same by eight loads, where the processor has no such instruction. */
static void load(int *result, const int *places)
{
	for (int lane = 0; lane < LANES; lane++)
		result[lane] = ((volatile int *)area)[places[lane]];
}

static void *worker(void *arg)
{
	intptr_t me = (intptr_t)arg;
	int places[LANES], got[LANES], avx2 = __builtin_cpu_supports("avx2");

	settle();
	for (long i = 0; i < iterations; i++) {
		for (int lane = 0; lane < LANES; lane++)
			places[lane] = lane * (PAGE / 4) + (int)(i * 13 + me) % (PAGE / 4);
		for (int lane = (int)me; lane < LANES; lane += threads)
			for (int k = 0; k < PAGE / 4; k++)
				((int *)area)[lane * (PAGE / 4) + k] = (int)i * 10000 + lane * 1000 + k % 100;
		meet();
		if (avx2)
			gather(got, places);
		else
			load(got, places);
		for (int lane = 0; lane < LANES; lane++)
			CHECK(got[lane] == (int)i * 10000 + lane * 1000 + places[lane] % (PAGE / 4) % 100);
		meet();
	}
	if (me == 0)
		CHECK(mprotect(area + 5 * PAGE, PAGE, PROT_NONE) == 0);
	meet();
	CHECK(FAULT(avx2 ? gather(got, places) : load(got, places)) == SEGV_ACCERR);
	CHECK((unsigned char *)fault_address == area + 4 * places[5]);
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 12);
	catch_faults();
	area = new_pages(LANES);
	run_workers(threads, worker);
	printf("rounds %ld\n", iterations);
	return 0;
}
