/* SPDX-License-Identifier: Apache-2.0 */
/* Times by the processor's own counter, which needs neither a system call nor the vDSO, and their median. */
#ifndef SAMPLE_H
#define SAMPLE_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <x86intrin.h>

static double ticks_per_ns;

/* Compares the counter with the clock for 20 ms. */
static inline void calibrate(void)
{
	struct timespec start, now;
	uint64_t first, last;
	double ns;

	clock_gettime(CLOCK_MONOTONIC, &start);
	first = __rdtsc();
	do {
		clock_gettime(CLOCK_MONOTONIC, &now);
		last = __rdtsc();
		ns = (double)(now.tv_sec - start.tv_sec) * 1e9 + (double)(now.tv_nsec - start.tv_nsec);
	} while (ns < 2e7);
	ticks_per_ns = (double)(last - first) / ns;
}

static int by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

/* Median of `count` samples in ticks, in ns. Sorts them. */
static inline double median_ns(uint64_t *samples, size_t count)
{
	qsort(samples, count, sizeof(*samples), by_value);
	return (double)samples[count / 2] / ticks_per_ns;
}

#endif
