/* SPDX-License-Identifier: Apache-2.0 */
/* What the programs on time share: times as nanoseconds, and clocks that never run backwards. */
#ifndef TRANSPARENCY_TIME_H
#define TRANSPARENCY_TIME_H

#include <signal.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/times.h>

#include "check.h"

#define MILLISECOND 1000000l
#define SECOND 1000000000l

/* Clocks of the whole system that nobody sets back while the tests run. */
static const clockid_t steady[] = { CLOCK_MONOTONIC, CLOCK_MONOTONIC_RAW, CLOCK_BOOTTIME, CLOCK_MONOTONIC_COARSE,
				    CLOCK_REALTIME,  CLOCK_REALTIME_COARSE, CLOCK_TAI };
#define STEADY ((int)(sizeof(steady) / sizeof(steady[0])))

static inline long nanoseconds(const struct timespec *time)
{
	return time->tv_sec * SECOND + time->tv_nsec;
}

static inline struct timespec timespec_of(long ns)
{
	return (struct timespec){ ns / SECOND, ns % SECOND };
}

/* What a clock says now, in nanoseconds. */
static inline long now(clockid_t clock)
{
	struct timespec time;

	CHECK(clock_gettime(clock, &time) == 0 && time.tv_nsec >= 0 && time.tv_nsec < SECOND);
	return nanoseconds(&time);
}

#endif
