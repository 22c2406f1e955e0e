/* SPDX-License-Identifier: Apache-2.0 */
/* What the programs share whose threads write memory, perhaps elsewhere, that keeps it when a call is refused. */
#ifndef KEPT_H
#define KEPT_H

#include "memory.h"

static unsigned char *area;

/* Bytes of it. */
static inline size_t area_size(void)
{
	return 2 * (size_t)threads * PAGE;
}

static inline void *write_part(void *arg)
{
	intptr_t me = (intptr_t)arg;

	settle();
	paint(area + 2 * me * PAGE, 2 * PAGE, (uint64_t)me);
	meet();
	/* Where it was written: it has to be fetched from there. */
	settle();
	return arg;
}

/* Whether all is there that write_part has written. */
static inline int is_kept(void)
{
	for (int i = 0; i < threads; i++)
		if (!painted(area + 2 * i * PAGE, 2 * PAGE, (uint64_t)i))
			return 0;
	return 1;
}

/* The advice to drop what is locked is refused, and has dropped nothing. */
static inline void keeps_locked(const char *how)
{
	run_workers(threads, write_part);
	CHECK(madvise(area, area_size(), MADV_DONTNEED) == -1 && errno == EINVAL);
	CHECK(is_kept());
	printf("%s %d\n", how, threads);
}

#endif
