/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Prints how many kHz this machine's time stamp counter has: what rdtsc counts, and so in a guest that is emulated, against
 * CLOCK_MONOTONIC_RAW over 200 ms. Of several looks at both ends those count which took least: there nothing came in between.
 */
#include <stdint.h>
#include <stdio.h>
#include <time.h>
#include <x86intrin.h>

#define LOOKS 1000
#define LEAST_NS 200000000

struct look {
	uint64_t ticks, ns;
};

static uint64_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC_RAW, &time);
	return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

static struct look look(void)
{
	struct look best = { 0, 0 };
	uint64_t least = UINT64_MAX;

	for (int i = 0; i < LOOKS; i++) {
		uint64_t before = __rdtsc();
		uint64_t ns = now();
		uint64_t took = __rdtsc() - before;

		if (took < least) {
			least = took;
			best = (struct look){ before + took / 2, ns };
		}
	}
	return best;
}

int main(void)
{
	struct look first = look();
	struct timespec between = { 0, LEAST_NS };
	struct look last;

	nanosleep(&between, NULL);
	last = look();
	printf("%.0f\n", (double)(last.ticks - first.ticks) * 1e6 / (double)(last.ns - first.ns));
	return 0;
}
