/* SPDX-License-Identifier: Apache-2.0 */
/* Proves: x87, SSE and AVX registers, rounding modes and control words survive every move of a thread. */
#include <fenv.h>
#include <immintrin.h>

#include "check.h"

static const int modes[4] = { FE_TONEAREST, FE_DOWNWARD, FE_UPWARD, FE_TOWARDZERO };
static uint64_t results[MAX_THREADS], again[MAX_THREADS];
static uint64_t *into;

static unsigned short x87_control(void)
{
	unsigned short word;

	__asm__ volatile("fnstcw %0" : "=m"(word));
	return word;
}

/* Keeps eight 256-bit accumulators in registers for the whole loop. */
__attribute__((target("avx"))) static uint64_t avx_sum(long rounds, double step)
{
	__m256d sum[8], add = _mm256_set_pd(step, step * 3, step * 5, step * 7);
	uint64_t hash = HASH_START;

	for (int i = 0; i < 8; i++)
		sum[i] = _mm256_set1_pd(i);
	for (long r = 0; r < rounds; r++) {
		for (int i = 0; i < 8; i++)
			sum[i] = _mm256_add_pd(_mm256_mul_pd(sum[i], _mm256_set1_pd(0.999)), add);
		__asm__ volatile("" : "+x"(sum[0]), "+x"(sum[1]), "+x"(sum[2]), "+x"(sum[3]), "+x"(sum[4]),
				      "+x"(sum[5]), "+x"(sum[6]), "+x"(sum[7]));
	}
	for (int i = 0; i < 8; i++) {
		double out[4];

		_mm256_storeu_pd(out, sum[i]);
		hash = hash_bytes(hash, out, sizeof(out));
	}
	return hash;
}

static uint64_t run(int me)
{
	long double extended = 1.0L / 3.0L + me;
	float single = 0.1f;
	double step = 1.0 / (me + 3);
	unsigned short control;
	unsigned int mxcsr;
	uint64_t hash = HASH_START;

	CHECK(fesetround(modes[me % 4]) == 0);
	control = x87_control();
	mxcsr = _mm_getcsr() & ~0x3fu;
	for (long i = 0; i < iterations; i++) {
		extended = extended * 0.999999999L + 1.0L / (long double)(i + 7);
		single = single * 0.9999f + 0.1f;
		if (i % 4096 == 0) {
			CHECK(fegetround() == modes[me % 4] && x87_control() == control);
			CHECK((_mm_getcsr() & ~0x3fu) == mxcsr);
		}
	}
	hash = hash_bytes(hash, &extended, 10);
	hash = hash_bytes(hash, &single, sizeof(single));
	if (__builtin_cpu_supports("avx")) {
		uint64_t part = avx_sum(iterations / 4, step);

		hash = hash_bytes(hash, &part, sizeof(part));
	}
	fesetround(FE_TONEAREST);
	return hash;
}

static void *worker(void *arg)
{
	settle();
	into[(intptr_t)arg] = run((int)(intptr_t)arg);
	return NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv, 2000000);
	into = results;
	run_threads(threads, worker);
	into = again;
	for (int i = 0; i < threads; i++)
		again[i] = run(i);
	for (int i = 0; i < threads; i++) {
		CHECK(results[i] == again[i]);
		printf("thread %d mode %d %016llx\n", i, i % 4, (unsigned long long)results[i]);
	}
	return 0;
}
